// The indexes over payloads: of sealed parts sections of their files, or built in memory where a file is older than the
// declaration; of a growing part those over texts alone.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/schema.hpp"
#include "engine/payload/field_index.hpp"
#include "engine/payload/growing_text_index.hpp"
#include "engine/payload/text_index.hpp"
#include "engine/segment/sealed_segment.hpp"
#include "engine/segment/sealed_writer.hpp"

namespace vz {

// Of one sealed part.
struct IndexList {
    std::vector<std::shared_ptr<const FieldIndex>> values;
    std::vector<std::shared_ptr<const TextIndex>> texts;

    // Null: none.
    std::shared_ptr<const TextIndex> text(const FieldIndexSchema& declared) const;
};

// Those that the file has and the schema declares. A damaged section is as if it were not there.
std::shared_ptr<const IndexList> load_indexes(const Schema& schema, const SealedSegment& segment);
// Whether these are the ones that the schema declares.
bool are_those_declared(const Schema& schema, const IndexList& indexes);
// `known`, without those that are no longer declared, and with those that are, built over the segment's rows. `known`
// itself: nothing changed.
std::shared_ptr<const IndexList> refresh_indexes(const Schema& schema, const SealedSegment& segment,
                                                 std::shared_ptr<const IndexList> known);
// One over the rows of a segment that has none. Null: its payloads cannot be read.
std::shared_ptr<const TextIndex> make_text_index(const FieldIndexSchema& declared, const SealedSegment& segment);

// The indexes of a new segment's rows, as its derived sections.
class BuiltIndexes {
 public:
    BuiltIndexes(const Schema& schema, const SegmentRows& rows);
    void add_to(std::vector<SegmentRows::Derived>* derived) const;

 private:
    struct Section {
        SectionKind kind;
        uint32_t number;
        std::vector<std::byte> bytes;
    };
    std::vector<Section> sections_;
};

// Of a growing part, made when they are first asked for. Any thread.
class GrowingTexts {
 public:
    std::shared_ptr<GrowingTextIndex> at(const FieldIndexSchema& declared);
    // Without those that are no longer declared.
    void keep_declared(const Schema& schema);
    uint64_t bytes() const;

 private:
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<GrowingTextIndex>> indexes_;
};

}  // namespace vz
