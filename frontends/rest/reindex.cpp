// Graphs built anew: with other parameters, or over other codes. Searches go on with the old ones until the new ones
// are there.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "frontends/codec/collection.hpp"
#include "frontends/rest/describe.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"

namespace vz::rest {
namespace {

// Between two looks of a request that waits.
constexpr auto kLook = std::chrono::milliseconds(5);

constexpr std::string_view kEncodings[] = {"fp32", "sq8"};

enum ReindexId : uint32_t { kDegree, kBuildEffort, kSearchEffort, kEncoding, kWait };
constexpr json::Field kReindexFields[] = {{"m", kDegree},
                                          {"ef_construction", kBuildEffort},
                                          {"ef_construct", kBuildEffort},
                                          {"ef_search", kSearchEffort},
                                          {"wait", kWait}};
constexpr json::Field kReencodeFields[] = {{"target_encoding", kEncoding}, {"wait", kWait}};

struct ReindexCall : Call {
    bool encodes;
    bool waits;
    uint32_t degree;
    uint32_t build_effort;
    uint32_t search_effort;
    std::string_view encoding;
    vz_uuid collection;
    vz_vector_field field;
    vz_alter_change alteration;
    vz_alter_request wanted;
    vz_collection_stats stats;
};

JobKind kind(const ReindexCall& call) { return call.encodes ? JobKind::kReencode : JobKind::kReindex; }

bool is_done(const ReindexCall& call) { return call.stats.unindexed_rows == 0; }

void write_progress(Call& base, json::Writer& out) {
    const auto& call = static_cast<ReindexCall&>(base);
    out.begin_object();
    out.field("job_id", std::string(call.encodes ? "reencode-" : "reindex-").append(std::to_string(call.change.lsn)));
    out.field("collection", call.names.collection);
    out.field("state", is_done(call) ? "completed" : "running");
    if (call.encodes) {
        out.field("target_encoding", call.encoding);
    } else {
        out.key("params");
        out.begin_object();
        out.field("m", uint64_t{call.field.degree} / 2);
        out.field("ef_construction", uint64_t{call.field.build_effort});
        if (call.field.search_effort == 0) {
            out.field_null("ef_search");
        } else {
            out.field("ef_search", uint64_t{call.field.search_effort});
        }
        out.end_object();
    }
    const uint64_t rows = std::max<uint64_t>(call.stats.points, call.stats.unindexed_rows);
    out.key("progress");
    if (is_done(call)) {
        out.raw("1.0");
    } else {
        out.float64(1.0 - static_cast<double>(call.stats.unindexed_rows) / static_cast<double>(rows));
    }
    out.end_object();
}

bool read_stats(ReindexCall& call) {
    call.stats.struct_size = sizeof call.stats;
    return vz_collection_stats_read(call.frontend->engine, borrowed(call.names.collection), &call.stats, &call.error) ==
           VZ_OK;
}

void look(Call& base) {
    auto& call = static_cast<ReindexCall&>(base);
    const bool is_known = read_stats(call);
    const bool is_late = call.view->deadline_ns != 0 && steady_ns() + 1'000'000'000 > call.view->deadline_ns;
    // The work goes on after the next start: nobody has to wait here until it is done.
    const bool is_ending = call.frontend->is_draining.load();
    if (is_known && call.waits && !is_done(call) && !is_late && !is_ending) {
        std::this_thread::sleep_for(kLook);
        return on_worker(call, &look);
    }
    if (call.waits) call.frontend->jobs.end_waiting();
    if (!is_known) return fail_status(call, call.error.status);
    deliver(call, 0, &write_progress);
}

void begun(Call& base) {
    auto& call = static_cast<ReindexCall&>(base);
    call.frontend->jobs.begin(call.frontend->engine, call.collection, kind(call), call.change.request_id);
    // Not before: who comes next has to see the job.
    end_turn(call);
    call.waits = call.waits && call.frontend->jobs.begin_waiting();
    look(call);
}

void altered(Call& base) {
    if (base.op.status != VZ_OK) return fail_op(base);
    note_outcome(base, base.change.outcome);
    on_worker(base, &begun);
}

void alter(Call& base) {
    auto& call = static_cast<ReindexCall&>(base);
    const vz_collection_info* info = nullptr;
    if (is_told_gone(call) || !describe(call, call.names.collection, info)) return;
    const vz_vector_field* const present = codec::default_field(info->schema);
    if (present == nullptr) return fail(call, codec::validation("body", "the collection has no default vector field"));
    std::memcpy(&call.field, present, std::min<size_t>(present->struct_size, sizeof call.field));
    call.field.struct_size = sizeof call.field;
    call.field.name = {};
    if (call.degree != 0) call.field.degree = call.degree;
    if (call.build_effort != 0) call.field.build_effort = call.build_effort;
    if (call.search_effort != 0) call.field.search_effort = call.search_effort;
    call.field.quantization = !call.encodes             ? VZ_QUANTIZATION_UNCHANGED
                              : call.encoding == "fp32" ? VZ_QUANTIZATION_NONE
                                                        : VZ_QUANTIZATION_SQ8;
    call.collection = info->uuid;
    call.change.request_id = request_id(call, 0);
    const bool is_taken = info->stats != nullptr && call.frontend->jobs.is_taken(call.collection, kind(call),
                                                                                 call.change.request_id, *info->stats);
    if (is_taken) return fail(call, codec::conflict("a job of the same kind already runs"));
    vz_result_release(call.result);
    call.result = nullptr;
    call.alteration.struct_size = sizeof call.alteration;
    call.alteration.kind = VZ_ALTER_TUNE_VECTOR_FIELD;
    call.alteration.vector_field = &call.field;
    call.wanted.struct_size = sizeof call.wanted;
    call.wanted.change_count = 1;
    call.wanted.changes = &call.alteration;
    submit(call, VZ_OP_COLLECTION_ALTER, call.names.collection, &call.wanted, &call.change, &altered);
}

bool read_member(json::Reader& reader, uint32_t id, json::Value value, ReindexCall& call) {
    if (id == kWait || reader.is_null(value)) return reader.skip(value);
    uint64_t number = 0;
    switch (id) {
        case kDegree:
            if (!reader.unsigned_integer(value, VZ_DEGREE_MIN / 2, VZ_DEGREE_MAX / 2, number)) return false;
            call.degree = static_cast<uint32_t>(number) * 2;
            return true;
        case kBuildEffort:
            if (!reader.unsigned_integer(value, VZ_BUILD_EFFORT_MIN, VZ_BUILD_EFFORT_MAX, number)) return false;
            call.build_effort = static_cast<uint32_t>(number);
            return true;
        case kSearchEffort:
            if (!reader.unsigned_integer(value, 1, VZ_EFFORT_MAX, number)) return false;
            call.search_effort = static_cast<uint32_t>(number);
            return true;
        default:
            if (!reader.string(value, call.encoding)) return false;
            return call.encoding == "fp32" || call.encoding == "sq8" || reader.not_among(kEncodings);
    }
}

void start(vzh_request* request, const vzh_view* view_in, std::span<const json::Field> fields, bool encodes) {
    auto* call = begin<ReindexCall>(request, view_in);
    if (call == nullptr) return;
    call->encodes = encodes;
    call->waits = query(*call, "wait") != "false";  // any other value is accepted, as on every write
    if (view_in->body.size != 0) {
        json::Reader reader(view(view_in->body), call->arena);
        if (!reader.read(fields, [&](uint32_t id, json::Value value) { return read_member(reader, id, value, *call); }))
            return fail_reading(*call, reader);
    }
    if (encodes && call->encoding.data() == nullptr)
        return fail(*call, codec::validation("target_encoding", "required"));
    if (enter(*call, call->param(0), VZH_WRITE)) in_turn(*call, &alter);
}

}  // namespace

void reindex(vzh_request* request, const vzh_view* view_in) { start(request, view_in, kReindexFields, false); }

void reencode(vzh_request* request, const vzh_view* view_in) { start(request, view_in, kReencodeFields, true); }

}  // namespace vz::rest
