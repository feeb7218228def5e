#include "engine/collection/stats.hpp"

#include <algorithm>

#include "engine/collection/compaction.hpp"

namespace vz {

void fill_stats(const Collection& collection, vz_collection_stats* stats) {
    const auto parts = collection.parts();
    const auto schema = collection.schema();
    stats->points = collection.live_points();
    uint64_t rows = 0;
    for (const auto& part : *parts) {
        rows += part->row_count();
        if (part->growing() != nullptr) stats->growing_rows += part->row_count();
        if (part->sealed() != nullptr) ++stats->sealed_segments;
        stats->memory_bytes += part->memory_bytes() + (part->growing() != nullptr ? part->index_bytes() : 0);
        stats->index_bytes += part->index_bytes();
        stats->unindexed_rows += unindexed_rows(*schema, *part);
        stats->mapped_bytes += part->mapped_bytes();
        stats->disk_bytes += part->mapped_bytes();
        stats->payload_bytes += part->payload_bytes();
    }
    if (!collection.damage().empty()) stats->state = VZ_STATE_QUARANTINED;
    stats->deleted_rows = rows > stats->points ? rows - stats->points : 0;
    stats->last_lsn = collection.last_lsn();
    stats->checkpoint_lsn = collection.through_lsn();
    stats->updated_ms = collection.updated_ms();
}

uint64_t unsealed_points(const Collection& collection) {
    uint64_t rows = 0;
    for (const auto& part : *collection.parts()) {
        if (part->growing() == nullptr) continue;
        const uint32_t ended = part->ended_rows();  // first: rows come before they end
        rows += part->row_count() - ended;
    }
    // Those of batches on their way are not live yet.
    return std::min(rows, collection.points());
}

}  // namespace vz
