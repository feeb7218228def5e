// What vz_result points at: row sets over a pinned view, and lists of descriptions.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/abi/caller.hpp"
#include "engine/abi/outstanding.hpp"
#include "engine/collection/part.hpp"
#include "engine/collection/search.hpp"
#include "vectorizer/engine.h"

namespace vz {

// What few row sets have.
struct RowSetExtras {
    std::string cursor;
    vz_profile profile = {};
    std::string explain;
    std::list<std::string> texts;  // ids that were asked for in vain, payloads that were cut
};

// The rows of one query. Addresses stay valid while it lives.
struct RowSet {
    vz_rows rows = {sizeof(vz_rows), 0,       0,       nullptr,      nullptr, nullptr, nullptr,
                    nullptr,         nullptr, nullptr, {nullptr, 0}, 0,       0};
    std::span<std::byte> room;             // of its result, for the columns of few rows
    std::unique_ptr<std::byte[]> columns;  // those of more, all in one block
    std::unique_ptr<RowSetExtras> extras;

    // Once.
    std::byte* make_columns(size_t bytes) {
        if (bytes <= room.size()) return room.data();
        columns = std::make_unique_for_overwrite<std::byte[]>(bytes);
        return columns.get();
    }
    RowSetExtras& more() {
        if (!extras) extras = std::make_unique<RowSetExtras>();
        return *extras;
    }
};

// What the caller wants of each point, resolved against the schema.
struct WantedParts {
    bool payload = false;
    bool vectors = false;
    bool exclude = false;
    std::vector<std::string_view> payload_keys;
    std::vector<const VectorFieldSchema*> fields;
};
Result<WantedParts> want_parts(const vz_parts* parts, const Schema& schema);

// Fill every column. A null part is a point that does not exist: `asked` names it.
void fill_rows(std::span<const Hit> hits, const WantedParts& parts, RowSet* set);
void fill_rows(std::span<const RowRef> rows, const vz_str* asked, const WantedParts& parts, RowSet* set);

// Lists of descriptions; texts and nested arrays live in lists, so that addresses stay.
struct Descriptions {
    uint32_t kind = 0;
    std::vector<vz_collection_info> collections;
    std::vector<vz_persistence> persistence;
    std::vector<vz_value> values;
    std::vector<vz_finding> findings;
    std::vector<vz_snapshot_info> snapshots;
    std::list<std::string> texts;
    std::list<vz_schema> schemas;
    std::list<vz_collection_stats> stats;
    std::list<std::vector<vz_vector_field>> vector_fields;
    std::list<std::vector<vz_field_index>> field_indexes;
    std::list<std::vector<vz_str>> lists;
    std::list<std::vector<vz_segment_info>> segments;

    vz_str keep(std::string text) {
        texts.push_back(std::move(text));
        return {texts.back().data(), texts.back().size()};
    }
};

}  // namespace vz

struct vz_result {
    explicit vz_result(vz::Outstanding* held) : held_(held), made_(held->enter(vz::current_caller())) {
        first_set_.room = room_;
    }
    ~vz_result() {
        mark_ = 0;
        held_->leave(made_);
    }
    vz_result(const vz_result&) = delete;
    vz_result& operator=(const vz_result&) = delete;

    // False for one that was released, as long as its memory has not become another result.
    bool is_held() const { return mark_ == kHeld; }

 private:
    static constexpr uint64_t kHeld = 0x746c757365725a56;  // "VZresult"
    volatile uint64_t mark_ =
        kHeld;  // first, where an allocator writes over freed memory; volatile, so that it is cleared
    vz::Outstanding* held_;
    vz::Outstanding::Mark made_;

 public:
    vz::ReadView view;
    std::shared_ptr<const vz::Schema> schema;
    bool explained = false;
    std::unique_ptr<vz::Descriptions> described;

    // Once, before the first is filled.
    void make_sets(uint64_t count) {
        set_count_ = count;
        if (count > 1) further_sets_ = std::make_unique<vz::RowSet[]>(count - 1);
    }
    uint64_t set_count() const { return set_count_; }
    vz::RowSet& set(uint64_t query) { return query == 0 ? first_set_ : further_sets_[query - 1]; }
    const vz::RowSet& set(uint64_t query) const { return query == 0 ? first_set_ : further_sets_[query - 1]; }

    vz::Descriptions* describe(uint32_t kind) {
        described = std::make_unique<vz::Descriptions>();
        described->kind = kind;
        return described.get();
    }

 private:
    uint64_t set_count_ = 0;
    vz::RowSet first_set_;  // most results have no other
    std::unique_ptr<vz::RowSet[]> further_sets_;
    alignas(uint64_t) std::byte room_[736];  // ten hits without payload; allocators keep what is so large at hand
};
