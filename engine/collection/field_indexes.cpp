#include "engine/collection/field_indexes.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"

namespace vz {
namespace {

// Text indexes are of another kind of section.
bool is_value_index(const FieldIndexSchema& declared) {
    return declared.kind != VZ_FIELD_INDEX_TEXT;
}

bool has(const IndexList& indexes, const FieldIndexSchema& declared) {
    return std::any_of(indexes.begin(), indexes.end(),
                       [&](const auto& index) { return index->declared() == declared; });
}

bool is_declared(const Schema& schema, const FieldIndexSchema& declared) {
    return std::find(schema.field_indexes.begin(), schema.field_indexes.end(), declared) != schema.field_indexes.end();
}

}  // namespace

std::shared_ptr<const IndexList> load_indexes(const Schema& schema, const SealedSegment& segment) {
    auto indexes = std::make_shared<IndexList>();
    for (uint32_t number = 0; number < kFieldIndexesMax && !schema.field_indexes.empty(); ++number) {
        const auto bytes = segment.derived(SectionKind::kFieldIndex, number);
        if (bytes.empty()) continue;
        Result<FieldIndex> index = FieldIndex::view(bytes, segment.row_count());
        if (!index.ok() || !is_declared(schema, index->declared())) continue;
        indexes->push_back(std::make_shared<const FieldIndex>(index.take()));
    }
    return indexes;
}

bool are_those_declared(const Schema& schema, const IndexList& indexes) {
    const auto wanted = std::count_if(schema.field_indexes.begin(), schema.field_indexes.end(), is_value_index);
    return static_cast<size_t>(wanted) == indexes.size() &&
           std::all_of(indexes.begin(), indexes.end(),
                       [&](const auto& index) { return is_declared(schema, index->declared()); });
}

std::shared_ptr<const IndexList> refresh_indexes(const Schema& schema, const SealedSegment& segment,
                                                 std::shared_ptr<const IndexList> known) {
    auto indexes = std::make_shared<IndexList>();
    bool has_changed = false;
    for (const auto& index : *known) {
        if (is_declared(schema, index->declared())) {
            indexes->push_back(index);
        } else {
            has_changed = true;
        }
    }
    std::vector<std::string_view> payloads;
    for (const FieldIndexSchema& declared : schema.field_indexes) {
        if (!is_value_index(declared) || has(*indexes, declared)) continue;
        for (uint32_t row = static_cast<uint32_t>(payloads.size()); row < segment.row_count(); ++row)
            payloads.push_back(segment.payload(row));
        Result<FieldIndex> built = FieldIndex::own(build_field_index(declared, payloads), segment.row_count());
        // What is read from a map that fails makes no index.
        if (!built.ok() || segment.mapping().failed()) continue;
        indexes->push_back(std::make_shared<const FieldIndex>(built.take()));
        has_changed = true;
    }
    return has_changed ? indexes : known;
}

BuiltIndexes::BuiltIndexes(const Schema& schema, const SegmentRows& rows) {
    for (const FieldIndexSchema& declared : schema.field_indexes) {
        if (is_value_index(declared)) sections_.push_back(build_field_index(declared, rows.payloads));
    }
}

void BuiltIndexes::add_to(std::vector<SegmentRows::Derived>* derived) const {
    for (size_t i = 0; i < sections_.size(); ++i)
        derived->push_back({SectionKind::kFieldIndex, static_cast<uint32_t>(i), sections_[i]});
}

}  // namespace vz
