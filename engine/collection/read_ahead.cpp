#include "engine/collection/read_ahead.hpp"

#include "engine/base/limits.hpp"

namespace vz {
namespace {

void admit_section(MemoryBudget& budget, const Mapping& mapping, std::span<const std::byte> section,
                   ReadAhead::Admission* admission) {
    if (section.empty()) return;
    if (auto share = budget.take(section.size())) {
        admission->shares.push_back(std::move(*share));
    } else {
        admission->has_all = false;
        mapping.advise(Mapping::Advice::kRandom, static_cast<uint64_t>(section.data() - mapping.bytes().data()),
                       section.size());
    }
}

}  // namespace

ReadAhead::ReadAhead(uint64_t memory_bytes)
    : graphs_(memory_bytes / kReadAheadGraphsDivisor), vectors_(memory_bytes / kReadAheadVectorsDivisor) {}

ReadAhead::Admission ReadAhead::admit(const SealedSegment& segment) {
    Admission admission;
    for (const VectorFieldSchema& field : segment.metadata().schema.fields) {
        admit_section(graphs_, segment.mapping(), segment.derived(SectionKind::kGraph, field.id), &admission);
        admit_section(vectors_, segment.mapping(), segment.vectors(field.id), &admission);
    }
    return admission;
}

}  // namespace vz
