// A search that tells what it did: hits, counters and times, and the engine's own account.
#include "frontends/codec/points.hpp"
#include "frontends/codec/scores.hpp"
#include "frontends/rest/describe.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/query.hpp"

namespace vz::rest {
namespace {

constexpr auto kExplainFields = joined(std::array<json::Field, 2>{{{"collection", kQueryCollection}, {"k", kLimit}}},
                                       kQueryMembers, kSearchOptionFields);

struct ExplainCall : Call {
    Query query;
    vz_metric metric;
    vz_parts parts;
    vz_search_request wanted;
    vz_rows rows;
    vz_profile profile;
};

double ms(uint64_t ns) { return static_cast<double>(ns) / 1e6; }

void write_explained(Call& base, json::Writer& out) {
    const auto& call = static_cast<ExplainCall&>(base);
    const vz_profile& profile = call.profile;
    out.begin_object();
    out.field("collection", call.names.collection);
    out.field("k", uint64_t{call.wanted.k});
    out.key("results");
    out.begin_array();
    for (uint64_t i = 0; i < call.rows.count; ++i) {
        out.begin_object();
        out.field("id", view(call.rows.ids[i]));
        out.key("score");
        out.float32(codec::score_of(call.metric, call.rows.scores[i]));
        out.key("payload");
        codec::write_payload(out, call.rows, i);
        if (const codec::VectorFormat format = call.query.options.vectors(); format != codec::VectorFormat::kNone) {
            out.key("vector");
            codec::write_vector(out, call.rows.vectors, i, format);
        }
        out.end_object();
    }
    out.end_array();
    out.key("trace");
    out.begin_object();
    out.field("visited_nodes", profile.visited);
    out.field("ef_search", uint64_t{profile.effort});
    out.key("hnsw_search_ms");
    out.float64(ms(profile.graph_ns));
    out.field("payload_filter_evals", profile.filter_passed);
    out.key("quantization_score_ms");
    out.float64(ms(profile.rerank_ns));
    out.key("total_ms");
    out.float64(ms(profile.total_ns));
    out.field("plan", codec::plan_name(profile.plan));
    out.field("segments", uint64_t{profile.segments});
    out.field("scored", profile.scored);
    out.field("reranked", profile.reranked);
    out.end_object();
    out.field_raw("explain", profile.explain.size == 0 ? std::string_view("{}") : view(profile.explain));
    out.end_object();
}

void explained(Call& base) {
    auto& call = static_cast<ExplainCall&>(base);
    if (call.op.status != VZ_OK) return fail_op(call);
    call.rows.struct_size = sizeof(vz_rows);
    vz_status status = vz_result_rows(call.result, 0, &call.rows, &call.error);
    if (status != VZ_OK) return fail_status(call, status);
    note_search(call, call.rows);
    call.profile.struct_size = sizeof(vz_profile);
    status = vz_result_profile(call.result, 0, &call.profile, &call.error);
    if (status != VZ_OK) return fail_status(call, status);
    deliver(call, codec::estimate(call.rows, call.query.options.vectors()), &write_explained);
}

void run(ExplainCall& call, const float* floats) {
    fill_search(call.query, floats, call.metric, call.view->deadline_ns, call.parts, call.wanted);
    vzh_searches(call.request, call.wanted.k);
    call.wanted.flags |= VZ_SEARCH_EXPLAIN;
    submit(call, VZ_OP_SEARCH, call.names.collection, &call.wanted, &call.result, &explained);
}

void embed(Call& base) {
    auto& call = static_cast<ExplainCall&>(base);
    if (!embed_query(call, call.query, call.metric)) return;
    run(call, nullptr);
}

}  // namespace

void explain(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<ExplainCall>(request, view_in);
    if (call == nullptr) return;
    call->query.options = default_options(*call->frontend);
    json::Floats floats;
    json::Reader reader(view(view_in->body), call->arena);
    std::string_view named;
    const bool good = reader.read(kExplainFields, [&](uint32_t id, json::Value value) {
        if (id != kQueryCollection) return read_query_member(reader, id, value, *call->frontend, floats, call->query);
        return reader.is_null(value) || reader.string(value, named);
    });
    if (!good || !check_options(reader, call->query.options)) return fail_reading(*call, reader);
    // Unlike a search, it shows vectors only to those who ask for them.
    if (!call->query.options.has(kWithVector)) call->query.options.with_vector = 0;
    const std::string_view target = call->param(0);
    if (named.data() != nullptr && named != target)
        return fail(*call, codec::validation("collection", "differs from the collection in the path"));
    if (call->query.dimension == 0 && !call->query.is_text())
        return fail(*call, codec::validation("vector", "required"));
    if (call->query.dimension != 0) call->names.vector = call->query.field;
    name_options(*call, call->query.options);
    if (!enter(*call, target, VZH_READ)) return;
    if (call->query.is_text()) return on_worker(*call, &embed);
    if (find_metric(*call, target, call->metric)) run(*call, floats.data);
}

}  // namespace vz::rest
