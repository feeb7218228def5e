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
    // Everything in it, in one canonical text; equal texts, equal stores. Expired points that nobody has deleted yet
    // are there.
    std::string dump() const;
    // When the last operation was done; later, if the store was down meanwhile.
    int64_t now_ms() const { return now_ms_; }
    void set_clock(int64_t now_ms) { now_ms_ = now_ms; }
    // As a name or an alias.
    bool is_taken(const std::string& name) const;
    // The collection of an alias; empty: there is none.
    std::string owner_of(const std::string& alias) const;

    struct Point {
        std::map<uint32_t, std::vector<float>> vectors;  // by the id of their field; one that was dropped may stay
        std::string payload;
        uint64_t version = 0;
        int64_t expiry = 0;  // as the log holds it

        // Not expired: clients see it.
        bool lives(int64_t now_ms) const;
    };
    struct Collection {
        Schema schema;
        std::map<std::string, Point> points;
        std::set<std::string> aliases;
    };
    const std::map<std::string, Collection>& collections() const { return collections_; }
    // What collections held, by name; of a snapshot that is the one of now.
    using Copies = std::vector<std::pair<std::string, Collection>>;
    const std::map<std::string, Copies>& snapshots() const { return snapshots_; }
    // Files beside the store, by name.
    const std::map<std::string, Copies>& archives() const { return archives_; }
    const std::map<std::string, std::pair<std::string, uint64_t>>& values() const { return values_; }

 private:
    void apply_to_points(const Operation& operation, uint64_t lsn);
    void rename(const Operation& operation);
    void apply_to_copies(const Operation& operation, uint64_t lsn);
    Copies copies_of(const std::string& collection) const;
    void put(const Collection& copy, const std::string& name, uint64_t lsn);

    int64_t now_ms_ = kClockBegins;
    std::map<std::string, Collection> collections_;
    std::map<std::string, std::pair<std::string, uint64_t>> values_;
    std::map<std::string, Copies> snapshots_;
    std::map<std::string, Copies> archives_;
};

// What the change makes of it; it fits.
void apply_change(const SchemaChange& change, Schema* schema);

}  // namespace vz
