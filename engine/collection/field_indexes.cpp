#include "engine/collection/field_indexes.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"

namespace vz {
namespace {

bool is_text(const FieldIndexSchema& declared) { return declared.kind == VZ_FIELD_INDEX_TEXT; }

bool is_declared(const Schema& schema, const FieldIndexSchema& declared) {
    return std::find(schema.field_indexes.begin(), schema.field_indexes.end(), declared) != schema.field_indexes.end();
}

template <class Index>
std::shared_ptr<const Index> find_in(const std::vector<std::shared_ptr<const Index>>& indexes,
                                     const FieldIndexSchema& declared) {
    const auto found =
        std::find_if(indexes.begin(), indexes.end(), [&](const auto& index) { return index->declared() == declared; });
    return found == indexes.end() ? nullptr : *found;
}

template <class Index>
void load_sections(const Schema& schema, const SealedSegment& segment, SectionKind kind,
                   std::vector<std::shared_ptr<const Index>>* indexes) {
    for (uint32_t number = 0; number < kFieldIndexesMax; ++number) {
        const auto bytes = segment.derived(kind, number);
        if (bytes.empty()) continue;
        Result<Index> index = Index::view(bytes, segment.row_count());
        if (!index.ok() || !is_declared(schema, index->declared())) continue;
        indexes->push_back(std::make_shared<const Index>(index.take()));
    }
}

std::vector<std::string_view> payloads_of(const SealedSegment& segment) {
    std::vector<std::string_view> payloads;
    payloads.reserve(segment.row_count());
    for (uint32_t row = 0; row < segment.row_count(); ++row) payloads.push_back(segment.payload(row));
    return payloads;
}

// What is read from a map that fails makes no index.
template <class Index>
std::shared_ptr<const Index> taken(Result<Index> built, const SealedSegment& segment) {
    if (!built.ok() || segment.mapping().failed()) return nullptr;
    return std::make_shared<const Index>(built.take());
}

// Of those that are declared: the known ones, else what `make` makes. Returns whether something changed.
template <class Index, class Make>
bool refresh(const Schema& schema, bool texts, const std::vector<std::shared_ptr<const Index>>& known,
             std::vector<std::shared_ptr<const Index>>* fresh, Make make) {
    for (const FieldIndexSchema& declared : schema.field_indexes) {
        if (is_text(declared) != texts) continue;
        std::shared_ptr<const Index> index = find_in(known, declared);
        if (index == nullptr) index = make(declared);
        if (index != nullptr) fresh->push_back(std::move(index));
    }
    return *fresh != known;
}

}  // namespace

std::shared_ptr<const TextIndex> IndexList::text(const FieldIndexSchema& declared) const {
    return find_in(texts, declared);
}

std::shared_ptr<const IndexList> load_indexes(const Schema& schema, const SealedSegment& segment) {
    auto indexes = std::make_shared<IndexList>();
    if (schema.field_indexes.empty()) return indexes;
    load_sections(schema, segment, SectionKind::kFieldIndex, &indexes->values);
    load_sections(schema, segment, SectionKind::kTextIndex, &indexes->texts);
    return indexes;
}

bool are_those_declared(const Schema& schema, const IndexList& indexes) {
    const auto known = [&](const FieldIndexSchema& declared) {
        return is_text(declared) ? find_in(indexes.texts, declared) != nullptr
                                 : find_in(indexes.values, declared) != nullptr;
    };
    return schema.field_indexes.size() == indexes.values.size() + indexes.texts.size() &&
           std::all_of(schema.field_indexes.begin(), schema.field_indexes.end(), known);
}

std::shared_ptr<const IndexList> refresh_indexes(const Schema& schema, const SealedSegment& segment,
                                                 std::shared_ptr<const IndexList> known) {
    auto fresh = std::make_shared<IndexList>();
    std::vector<std::string_view> payloads;
    const bool values_changed =
        refresh(schema, false, known->values, &fresh->values, [&](const FieldIndexSchema& declared) {
            if (payloads.empty()) payloads = payloads_of(segment);
            return taken(FieldIndex::own(build_field_index(declared, payloads), segment.row_count()), segment);
        });
    const bool texts_changed =
        refresh(schema, true, known->texts, &fresh->texts,
                [&](const FieldIndexSchema& declared) { return make_text_index(declared, segment); });
    return values_changed || texts_changed ? fresh : known;
}

std::shared_ptr<const TextIndex> make_text_index(const FieldIndexSchema& declared, const SealedSegment& segment) {
    return taken(TextIndex::own(build_text_index(declared, payloads_of(segment)), segment.row_count()), segment);
}

BuiltIndexes::BuiltIndexes(const Schema& schema, const SegmentRows& rows) {
    uint32_t values = 0;
    uint32_t texts = 0;
    for (const FieldIndexSchema& declared : schema.field_indexes) {
        if (is_text(declared)) {
            sections_.push_back({SectionKind::kTextIndex, texts++, build_text_index(declared, rows.payloads)});
        } else {
            sections_.push_back({SectionKind::kFieldIndex, values++, build_field_index(declared, rows.payloads)});
        }
    }
}

void BuiltIndexes::add_to(std::vector<SegmentRows::Derived>* derived) const {
    for (const Section& section : sections_) derived->push_back({section.kind, section.number, section.bytes});
}

std::shared_ptr<GrowingTextIndex> GrowingTexts::at(const FieldIndexSchema& declared) {
    const std::scoped_lock lock(mutex_);
    for (const auto& index : indexes_) {
        if (index->declared() == declared) return index;
    }
    return indexes_.emplace_back(std::make_shared<GrowingTextIndex>(declared));
}

void GrowingTexts::keep_declared(const Schema& schema) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(indexes_, [&](const auto& index) { return !is_declared(schema, index->declared()); });
}

uint64_t GrowingTexts::bytes() const {
    const std::scoped_lock lock(mutex_);
    uint64_t bytes = 0;
    for (const auto& index : indexes_) bytes += index->bytes();
    return bytes;
}

}  // namespace vz
