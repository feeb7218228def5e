// The field indexes of sealed parts: sections of their files, or built in memory where a file is older than the
// declaration.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/schema.hpp"
#include "engine/payload/field_index.hpp"
#include "engine/segment/sealed_segment.hpp"
#include "engine/segment/sealed_writer.hpp"

namespace vz {

using IndexList = std::vector<std::shared_ptr<const FieldIndex>>;

// Those that the file has and the schema declares. A damaged section is as if it were not there.
std::shared_ptr<const IndexList> load_indexes(const Schema& schema, const SealedSegment& segment);
// Whether these are the ones that the schema declares.
bool are_those_declared(const Schema& schema, const IndexList& indexes);
// `known`, without those that are no longer declared, and with those that are, built over the segment's rows. `known`
// itself: nothing changed.
std::shared_ptr<const IndexList> refresh_indexes(const Schema& schema, const SealedSegment& segment,
                                                 std::shared_ptr<const IndexList> known);

// The indexes of a new segment's rows, as its derived sections.
class BuiltIndexes {
 public:
    BuiltIndexes(const Schema& schema, const SegmentRows& rows);
    void add_to(std::vector<SegmentRows::Derived>* derived) const;

 private:
    std::vector<std::vector<std::byte>> sections_;
};

}  // namespace vz
