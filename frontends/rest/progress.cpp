// How far the graphs of all collections are.
#include <algorithm>
#include <cstring>

#include "frontends/codec/element.hpp"
#include "frontends/codec/time.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"

namespace vz::rest {
namespace {

struct Progress {
    vz_collection_stats stats;
    uint64_t indexed;
    bool is_complete;
};

Progress progress_of(const vz_collection_info& info) {
    Progress progress{};
    if (info.stats != nullptr)
        std::memcpy(&progress.stats, info.stats, std::min<size_t>(info.stats->struct_size, sizeof progress.stats));
    progress.indexed = progress.stats.points - std::min(progress.stats.points, progress.stats.unindexed_rows);
    progress.is_complete = progress.stats.unindexed_rows == 0;
    return progress;
}

void write_progress(Call& call, json::Writer& out) {
    uint64_t count = 0;
    uint64_t seen = 0;
    uint64_t complete = 0;
    const auto* infos =
        static_cast<const vz_collection_info*>(vz_result_items(call.result, VZ_RESULT_COLLECTIONS, &count));
    for (uint64_t i = 0; infos != nullptr && i < count; ++i) {
        const vz_collection_info& info = *codec::element_at(infos, i);
        if (!sees(call, info.name)) continue;
        ++seen;
        complete += progress_of(info).is_complete ? 1 : 0;
    }
    out.begin_object();
    out.field("overall_status", complete == seen ? "completed" : "indexing");
    out.field_boolean("is_indexing", complete != seen);
    out.key("collections");
    out.begin_array();
    for (uint64_t i = 0; infos != nullptr && i < count; ++i) {
        const vz_collection_info& info = *codec::element_at(infos, i);
        if (!sees(call, info.name)) continue;
        const Progress progress = progress_of(info);
        out.begin_object();
        out.field("name", view(info.name));
        out.field("collection_name", view(info.name));
        out.field("status", progress.is_complete ? "completed" : "indexing");
        out.key("progress");
        if (progress.is_complete) {
            out.raw("1.0");
        } else {
            out.float64(static_cast<double>(progress.indexed) /
                        static_cast<double>(std::max<uint64_t>(progress.stats.points, 1)));
        }
        out.field("vector_count", progress.stats.points);
        out.field("total_documents", progress.stats.points);
        out.field("processed_documents", progress.indexed);
        out.field("errors", uint64_t{info.damage.size == 0 ? 0u : 1u});
        out.field("last_updated",
                  codec::rfc3339(progress.stats.updated_ms == 0 ? info.created_ms : progress.stats.updated_ms));
        out.end_object();
    }
    out.end_array();
    out.field("total_collections", seen);
    out.field("completed_collections", complete);
    out.field("processing_collections", seen - complete);
    out.end_object();
}

void list(Call& call) {
    const vz_status status = vz_collection_list(call.frontend->engine, &call.result, &call.error);
    if (status == VZ_OK) return deliver(call, 0, &write_progress);
    call.result = nullptr;
    fail_status(call, status);
}

}  // namespace

void indexing_progress(vzh_request* request, const vzh_view* view_in) {
    if (auto* call = begin<Call>(request, view_in)) on_worker(*call, &list);
}

}  // namespace vz::rest
