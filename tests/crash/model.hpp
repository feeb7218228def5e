// What a store must hold after each operation of a history.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/crash/operation.hpp"

namespace vz {

// What was acknowledged. A value.
class Model {
 public:
    // `lsn` is the one that the store answered; 0: nothing was applied.
    void apply(const Operation& operation, uint64_t lsn);
    // Everything a client can see, in one canonical text; equal texts, equal stores.
    std::string dump() const;
    // As a name or an alias.
    bool is_taken(const std::string& name) const;
    // The collection of an alias; empty: there is none.
    std::string owner_of(const std::string& alias) const;

    struct Point {
        std::map<uint32_t, std::vector<float>> vectors;  // by the id of their field; one that was dropped may stay
        std::string payload;
        uint64_t version = 0;
    };
    struct Collection {
        Schema schema;
        std::map<std::string, Point> points;
        std::set<std::string> aliases;
    };
    const std::map<std::string, Collection>& collections() const { return collections_; }
    // Snapshots of one collection each: its name now, and what it held.
    const std::map<std::string, std::pair<std::string, Collection>>& snapshots() const { return snapshots_; }
    const std::map<std::string, std::pair<std::string, uint64_t>>& values() const { return values_; }

 private:
    void apply_to_points(const Operation& operation, uint64_t lsn);
    void apply_to_schema(const Operation& operation);
    void apply_to_copies(const Operation& operation, uint64_t lsn);

    std::map<std::string, Collection> collections_;
    std::map<std::string, std::pair<std::string, uint64_t>> values_;
    std::map<std::string, std::pair<std::string, Collection>> snapshots_;
};

bool has_index(const Schema& schema, const std::string& path);
// There are two: of numbers at "n", of texts at "t".
FieldIndexSchema index_on(const std::string& path);

}  // namespace vz
