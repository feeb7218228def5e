// Random histories of operations, and the model that says what a store must hold after each of them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/random.hpp"
#include "vectorizer/types.h"

namespace vz {

struct Operation {
    enum class Kind {
        kCreate,
        kDrop,
        kRename,
        kSetAlias,
        kDropAlias,
        kPutValue,
        kDropValue,
        kUpsert,
        kUpdatePayloads,
        kUpdateVectors,
        kDelete,
        kClear,
        kCheckpoint,
        kCompact,
        kSnapshot,
        kDropSnapshot,
        kRestore,
        kIdle,
        kDeleteFiltered,
        kPatchFiltered,
        kAddIndex,
        kDropIndex,
        kClone
    };
    Kind kind = Kind::kCreate;
    std::string collection;
    std::string name;   // new name; alias; key; snapshot
    std::string value;  // of a filtered write: the bound below which `n` passes; of an index: its path
    uint32_t dim = 0;
    vz_metric metric = VZ_EUCLIDEAN;
    std::vector<std::string> ids;
    std::vector<float> vectors;  // a row of `dim` per id
    std::vector<std::string> payloads;
    vz_uuid request_id = {};
    bool repeated = false;  // the same request a second time: answered, not done again
};
const char* operation_name(Operation::Kind kind);

// What was acknowledged. A value.
class Model {
 public:
    // `lsn` is the one that the store answered; 0: nothing was applied.
    void apply(const Operation& operation, uint64_t lsn);
    // Everything a client can see, in one canonical text; equal texts, equal stores.
    std::string dump() const;

    struct Point {
        std::vector<float> vector;
        std::string payload;
        uint64_t version = 0;
    };
    struct Collection {
        uint32_t dim = 0;
        vz_metric metric = 0;
        std::map<std::string, Point> points;
        std::set<std::string> aliases;
        std::set<std::string> indexes;  // paths
    };
    const std::map<std::string, Collection>& collections() const { return collections_; }
    // Snapshots of one collection each: its name now, and what it held.
    const std::map<std::string, std::pair<std::string, Collection>>& snapshots() const { return snapshots_; }

 private:
    std::map<std::string, Collection> collections_;
    std::map<std::string, std::pair<std::string, uint64_t>> values_;
    std::map<std::string, std::pair<std::string, Collection>> snapshots_;
};

// The pieces of dump(), for whoever reads them out of a store: collections by name, each with its points by id, then
// snapshots by name, then values by key.
void dump_collection(std::string* text, const std::string& name, uint32_t dim, vz_metric metric,
                     const std::set<std::string>& aliases, const std::set<std::string>& indexes);
void dump_point(std::string* text, const std::string& id, uint64_t version, const float* vector, uint32_t dim,
                const std::string& payload);
// What a filtered patch applies.
inline constexpr const char* kFilteredPatch = R"({"seen":true,"t":null})";

void dump_snapshot(std::string* text, const std::string& name, const std::string& collection);
void dump_value(std::string* text, const std::string& key, const std::string& value, uint64_t lsn);

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
    Operation create(const Model& model);
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
