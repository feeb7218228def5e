// In how many points each component of a vector is not zero: what a sparse use of dense vectors (hashed words) weighs
// its queries by.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "engine/base/schema.hpp"
#include "engine/collection/interruption.hpp"
#include "engine/segment/sealed_segment.hpp"
#include "engine/segment/sealed_writer.hpp"

namespace vz {

class Part;
struct ReadView;

// Of one vector field in one part: rows once counted stay counted, so a call costs what has changed. Any thread.
class ComponentCounts {
 public:
    explicit ComponentCounts(const VectorFieldSchema& field) : field_id_(field.id), counts_(field.dim) {}
    // Begins with what the file says of all its rows, if it does.
    static std::unique_ptr<ComponentCounts> of(const SealedSegment& segment, const VectorFieldSchema& field);

    uint32_t field_id() const { return field_id_; }
    // Adds the rows that the view shows to `counts`, one number for each component.
    Status add_shown(const ReadView& view, const Part& part, const Interruption& stop, std::span<uint64_t> counts);

 private:
    const uint32_t field_id_;
    std::mutex mutex_;
    std::vector<uint32_t> counts_;
    std::vector<bool> is_counted_;
};

// Of what the view shows in all parts.
Status count_components(const ReadView& view, const VectorFieldSchema& field, const Interruption& stop,
                        std::span<uint64_t> counts);

// The counts of a new segment's rows, as its derived sections.
class BuiltCounts {
 public:
    BuiltCounts(const Schema& schema, const SegmentRows& rows);
    void add_to(std::vector<SegmentRows::Derived>* derived) const;

 private:
    struct Section {
        uint32_t field_id;
        std::vector<uint32_t> counts;
    };
    std::vector<Section> sections_;
};

}  // namespace vz
