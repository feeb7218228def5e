// Random histories of operations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/crash/model.hpp"
#include "tests/support/random.hpp"

namespace vz {

// Draws operations that fit what the model holds. Some name what is not there: the store must refuse them without a
// trace.
class WorkloadSource {
 public:
    // All names, aliases and keys begin with `prefix`.
    explicit WorkloadSource(uint64_t seed, std::string prefix = {}) : random_(seed), prefix_(std::move(prefix)) {}
    Operation next(const Model& model);
    // Writes of points that go into the log together: none waits for the one before. Empty if there is no collection.
    std::vector<Operation> next_group(const Model& model);
    bool wants_group() { return random_.chance(12); }
    // One of each kind, for a store that has just recovered.
    std::vector<Operation> one_of_each(const Model& model);

 private:
    Operation write(Operation::Kind kind, const std::string& name, const Model::Collection& collection);
    std::vector<FieldVectors> vectors(const Schema& schema, size_t rows);
    Operation create(const Model& model);
    VectorFieldSchema vector_field(const Schema& schema);
    std::string fresh_name(const Model& model);
    std::string payload();
    void set_request_id(Operation* operation);
    Operation snapshot(const Model& model, const std::string& collection);
    Operation index(const std::string& name, const Model::Collection& collection);
    Operation clone(const Model& model);

    Random random_;
    std::string prefix_;
    std::vector<Operation> repeatable_;
    uint64_t requests_ = 0;
    uint64_t snapshots_ = 0;
};

}  // namespace vz
