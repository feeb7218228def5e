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
    // What the clock does: with one that stands nothing expires.
    enum class Time { kRuns, kStands };
    // All names, aliases and keys begin with `prefix`.
    explicit WorkloadSource(uint64_t seed, int64_t now_ms = kClockBegins, std::string prefix = {},
                            Time time = Time::kRuns)
        : random_(seed), now_ms_(now_ms), prefix_(std::move(prefix)), time_(time) {}
    Operation next(const Model& model);
    // Writes of points that go into the log together: none waits for the one before. Empty if there is no collection.
    std::vector<Operation> next_group(const Model& model);
    bool wants_group() { return random_.chance(12); }
    // All kinds, each once at least, for a store that has just recovered.
    std::vector<Operation> one_of_each(const Model& model);

 private:
    Operation draw(const Model& model);
    void tick();
    int64_t expiry();
    int64_t ttl();
    Operation expire(const std::string& name);
    Operation points(Operation::Kind kind, const std::string& name, const Model::Collection& collection);
    Operation chain(const Model& model, const std::string& name);
    void set_condition(const Model::Collection& collection, Operation* operation);
    Operation write_per_item(Operation::Kind kind, const std::string& name, const Model::Collection& collection);
    Operation write(Operation::Kind kind, const std::string& name, const Model::Collection& collection);
    std::vector<FieldVectors> vectors(const Schema& schema, size_t rows);
    Operation create(const Model& model);
    VectorFieldSchema vector_field(const Schema& schema);
    std::string fresh_name(const Model& model);
    std::string payload();
    void set_request_id(Operation* operation);
    Operation snapshot(const Model& model, const std::string& collection);
    SchemaChange index_change(const Schema& schema);
    SchemaChange change_of(uint32_t kind, const Schema& schema);
    void tune(VectorFieldSchema* field);
    uint32_t any_change();
    Operation alter(uint32_t kind, const std::string& name, const Schema& schema);
    Operation drop(const std::string& name, const Model::Collection& collection);
    Operation alter_if_empty(const std::string& name, const Model::Collection& collection);
    Operation alter_several(const std::string& name, const Schema& schema);
    Operation clone(const Model& model);
    Operation archive(const Model& model, const std::string& collection);
    Operation import(const Model& model, const std::string& over);
    const std::pair<const std::string, Model::Copies>& any_of(const std::map<std::string, Model::Copies>& copies);
    Operation idle() const;

    Random random_;
    int64_t now_ms_;
    std::string prefix_;
    Time time_;
    std::vector<Operation> repeatable_;
    uint64_t requests_ = 0;
    uint64_t snapshots_ = 0;
};

}  // namespace vz
