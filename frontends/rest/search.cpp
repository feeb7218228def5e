#include <sys/resource.h>

#include <utility>

#include "frontends/codec/collection.hpp"
#include "frontends/rest/describe.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/query.hpp"

namespace vz::rest {
namespace {

constexpr uint32_t kModel = kQueryList + 1;
constexpr auto kSearchFields = joined(std::array<json::Field, 2>{{{"collection", kQueryCollection}, {"model", kModel}}},
                                      kQueryMembers, kSearchOptionFields);

struct SearchCall : Call {
    Query query;
    vz_metric metric;
    bool is_small;
    vz_parts parts;
    vz_search_request wanted;
    vz_rows rows;
};

void write_search(Call& base, json::Writer& out) {
    auto& call = static_cast<SearchCall&>(base);
    out.begin_object();
    write_hits(out, call.rows, call.query, call.metric, call.names.collection);
    out.end_object();
}

void searched(Call& base) {
    auto& call = static_cast<SearchCall&>(base);
    if (call.op.status != VZ_OK) return fail_op(call);
    call.rows.struct_size = sizeof(vz_rows);
    const vz_status status = vz_result_rows(call.result, 0, &call.rows, &call.error);
    if (status != VZ_OK) return fail_status(call, status);
    note_search(call, call.rows);
    deliver(call, codec::estimate(call.rows, call.query.options.vectors()), &write_search);
}

// A search that is over sooner than another thread could be woken for it. What it looks at is bounded by these; and a
// collection of this size is in memory, as a rule.
constexpr uint32_t kSmallLimit = 100;
constexpr uint32_t kSmallEffort = 2048;           // each row that is met may move so many
constexpr uint64_t kSmallEffortFloats = 1 << 19;  // of the rows that are kept on the way
constexpr uint64_t kSmallScanFloats = 1 << 20;    // of rows that no graph covers
constexpr uint64_t kSmallSegments = 8;
constexpr uint64_t kSmallMappedBytes = 1 << 30;

bool is_small(const Query& query, const vz_collection_stats& stats) {
    const Options& options = query.options;
    return options.filter.data() == nullptr && options.exact == 0 && options.limit <= kSmallLimit &&
           options.effort <= kSmallEffort && uint64_t{options.effort} * query.dimension <= kSmallEffortFloats &&
           options.recall <= 0.98F && stats.unindexed_rows * query.dimension <= kSmallScanFloats &&
           stats.sealed_segments <= kSmallSegments && stats.mapped_bytes <= kSmallMappedBytes;
}

int64_t pages_from_disk() {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_majflt;
}

// On this thread. One that takes long after all sends the next ones to the engine's threads, unless it only had to wait
// for a core: they would wait for it, too.
void run_here(SearchCall& call) {
    thread_local int64_t pages_seen = pages_from_disk();  // asked for again after a search that took long
    const int64_t begun_ns = steady_ns();
    call.error = vz_error{};
    call.error.item = VZ_NO_ITEM;
    call.op.status =
        vz_search(call.frontend->engine, borrowed(call.names.collection), &call.wanted, &call.result, &call.error);
    if (call.op.status != VZ_OK) call.result = nullptr;
    const int64_t ended_ns = steady_ns();
    vzh_engine_took(call.request, ended_ns - begun_ns);
    if (ended_ns - begun_ns > kInlineTooLongNs) {
        const int64_t pages = pages_from_disk();
        if (std::exchange(pages_seen, pages) != pages)
            call.frontend->inline_again_ns.store(ended_ns + kInlinePauseNs, std::memory_order_relaxed);
    }
    searched(call);
}

void run(SearchCall& call, const float* floats) {
    fill_search(call.query, floats, call.metric, call.view->deadline_ns, call.parts, call.wanted);
    vzh_searches(call.request, call.wanted.k);
    if (call.is_small && call.frontend->inline_again_ns.load(std::memory_order_relaxed) <= call.begun_ns)
        return run_here(call);
    submit(call, VZ_OP_SEARCH, call.names.collection, &call.wanted, &call.result, &searched);
}

void embed(Call& base) {
    auto& call = static_cast<SearchCall&>(base);
    if (!embed_query(call, call.query, call.metric)) return;
    run(call, nullptr);
}

// `collection` is absent where the body has to name it.
void start_search(vzh_request* request, const vzh_view* view_in, std::optional<std::string_view> collection) {
    auto* call = begin<SearchCall>(request, view_in);
    if (call == nullptr) return;
    call->query.options = default_options(*call->frontend);
    json::Floats floats;
    json::Reader reader(view(view_in->body), call->arena);
    std::string_view named;
    std::string_view model;
    const bool good = reader.read(kSearchFields, [&](uint32_t id, json::Value value) {
        if (id != kQueryCollection && id != kModel)
            return read_query_member(reader, id, value, *call->frontend, floats, call->query);
        return reader.is_null(value) || reader.string(value, id == kModel ? model : named);
    });
    if (!good || !check_options(reader, call->query.options)) return fail_reading(*call, reader);
    if (collection && named.data() != nullptr && named != *collection) {
        return fail(*call, codec::validation("collection", "differs from the collection in the path"));
    }
    if (!collection && named.data() == nullptr) return fail(*call, codec::validation("collection", "required"));
    if (call->query.dimension == 0 && !call->query.is_text())
        return fail(*call, codec::validation("vector", "required"));
    if (const codec::Failure failure = check_model(model); codec::is_failure(failure)) return fail(*call, failure);
    if (call->query.dimension != 0) call->names.vector = call->query.field;
    name_options(*call, call->query.options);
    const std::string_view target = collection ? *collection : named;
    if (!enter(*call, target, VZH_READ)) return;
    if (call->query.is_text()) return on_worker(*call, &embed);
    const vz_collection_info* info = nullptr;
    if (!describe(*call, target, info)) return;
    const vz_vector_field* field = codec::default_field(info->schema);
    call->metric = field == nullptr ? VZ_COSINE : field->metric;
    call->is_small =
        call->frontend->searches_inline != 0 && info->stats != nullptr && is_small(call->query, *info->stats);
    vz_result_release(call->result);
    call->result = nullptr;
    run(*call, floats.data);
}

}  // namespace

void search(vzh_request* request, const vzh_view* view_in) { start_search(request, view_in, std::nullopt); }

void search_in(vzh_request* request, const vzh_view* view_in) {
    start_search(request, view_in, view(view_in->params[0].value));
}

}  // namespace vz::rest
