// Searches by text: nearest to the text's vector, and hybrid with a ranking by words.
#include <algorithm>

#include "frontends/codec/points.hpp"
#include "frontends/codec/scores.hpp"
#include "frontends/codec/text_collection.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/query.hpp"

namespace vz::rest {
namespace {

constexpr std::string_view kAlgorithms[] = {"rrf", "weighted", "alpha"};

enum TextSearchId : uint32_t { kModel = 8, kAlpha, kAlgorithm, kDenseK, kSparseK, kSparseQuery };

constexpr auto kTextFields =
    joined(std::array<json::Field, 3>{{{"collection", kQueryCollection}, {"query", kQueryText}, {"model", kModel}}},
           kSearchOptionFields);
constexpr auto kHybridFields = joined(std::array<json::Field, 8>{{{"collection", kQueryCollection},
                                                                  {"alpha", kAlpha},
                                                                  {"algorithm", kAlgorithm},
                                                                  {"dense_k", kDenseK},
                                                                  {"sparse_k", kSparseK},
                                                                  {"final_k", kLimit},
                                                                  {"query_sparse", kSparseQuery},
                                                                  {"model", kModel}}},
                                      kQueryMembers, kSearchOptionFields);

struct TextSearchCall : Call {
    Query query;
    std::string_view model;
    vz_metric metric;  // how scores read
    vz_parts parts;
    vz_search_request wanted;
    vz_rows rows;

    // Of a hybrid search.
    float alpha;
    std::string_view algorithm;
    uint32_t dense_k;
    uint32_t sparse_k;
    bool has_sparse;
    const float* floats;
    vz_str text;
    vz_str path;
    vz_text_query words;
};

void write_totals(json::Writer& out, uint64_t hits) {
    out.field("total_results", hits);
    out.field("total", hits);
}

void write_text_hits(Call& base, json::Writer& out) {
    const auto& call = static_cast<TextSearchCall&>(base);
    out.begin_object();
    const uint64_t hits = write_hit_list(out, call.rows, call.query, call.metric);
    out.field("query", call.query.text);
    out.field("limit", uint64_t{call.query.options.limit});
    out.field("collection", call.names.collection);
    write_totals(out, hits);
    out.end_object();
}

void write_hybrid_hits(Call& base, json::Writer& out) {
    const auto& call = static_cast<TextSearchCall&>(base);
    out.begin_object();
    const uint64_t hits = write_hit_list(out, call.rows, call.query, call.metric);
    out.field("query", call.query.text);
    out.field_null("query_sparse");
    out.field("limit", uint64_t{call.query.options.limit});
    out.field("collection", call.names.collection);
    out.key("alpha");
    out.float32(call.alpha);
    out.field("algorithm", call.algorithm);
    write_totals(out, hits);
    out.end_object();
}

template <Write kWrite>
void searched(Call& base) {
    auto& call = static_cast<TextSearchCall&>(base);
    if (call.op.status != VZ_OK) return fail_op(call);
    call.rows.struct_size = sizeof(vz_rows);
    const vz_status status = vz_result_rows(call.result, 0, &call.rows, &call.error);
    if (status != VZ_OK) return fail_status(call, status);
    note_search(call, call.rows);
    deliver(call, codec::estimate(call.rows, call.query.options.vectors()), kWrite);
}

void search_near(Call& base) {
    auto& call = static_cast<TextSearchCall&>(base);
    if (!embed_query(call, call.query, call.metric)) return;
    fill_search(call.query, nullptr, call.metric, call.view->deadline_ns, call.parts, call.wanted);
    vzh_searches(call.request, call.wanted.k);
    submit(call, VZ_OP_SEARCH, call.names.collection, &call.wanted, &call.result, &searched<&write_text_hits>);
}

// Which rankings there are: by vector, by words, or both.
codec::Failure choose_rankings(TextSearchCall& call, codec::TextCollection& texts) {
    const bool has_vector = call.query.dimension != 0;
    const bool has_lexical = !texts.lexical_path().empty();
    if (has_vector && !has_lexical)
        return codec::not_for_texts(
            "a vector needs a ranking by words beside it; create the collection with `lexical`");
    if (!has_vector && texts.is_bound()) {
        codec::Failure failure = embed_query(call, texts, call.query);
        if (codec::is_failure(failure)) return failure;
    } else if (!has_vector && !has_lexical) {
        return codec::not_for_texts(
            "the collection ranks no texts; create one with `embedding_provider` \"bm25\" or with `lexical`");
    }
    call.metric = texts.metric();
    fill_search(call.query, call.floats, call.metric, call.view->deadline_ns, call.parts, call.wanted);
    if (!has_lexical) return {};
    const std::string_view path = call.arena.copy(texts.lexical_path());
    if (path.data() == nullptr) return codec::overloaded();
    call.text = borrowed(call.query.text);
    call.metric = VZ_DOT;  // scores of a fusion, and of words, are shown as they are
    vz_text_query& words = call.words;
    words.struct_size = sizeof words;
    words.path = borrowed(path);
    words.texts = &call.text;
    call.wanted.text = &words;
    if (call.query.options.has(kThreshold)) {
        call.wanted.flags |= VZ_SEARCH_SCORE_LIMIT;
        call.wanted.score_limit = call.query.options.threshold;
    }
    if (call.query.dimension == 0) {
        call.wanted.queries = {nullptr, 1, 0, 0, 0};
        return {};
    }
    const bool is_by_rank = call.algorithm == "rrf";
    words.fusion = is_by_rank ? VZ_FUSION_RRF : VZ_FUSION_WEIGHTED;
    words.alpha = is_by_rank ? 0 : call.alpha;
    words.dense_k = call.dense_k;
    words.text_k = call.sparse_k;
    return {};
}

void search_hybrid(Call& base) {
    auto& call = static_cast<TextSearchCall&>(base);
    codec::TextCollection texts;
    codec::Failure failure = texts.read(call.frontend->engine, call.names.collection, call.names);
    if (!codec::is_failure(failure)) failure = choose_rankings(call, texts);
    if (codec::is_failure(failure)) return fail(call, failure);
    vzh_searches(call.request, call.wanted.k);
    submit(call, VZ_OP_SEARCH, call.names.collection, &call.wanted, &call.result, &searched<&write_hybrid_hits>);
}

bool read_hybrid_member(json::Reader& reader, uint32_t id, json::Value value, TextSearchCall& call,
                        json::Floats& floats) {
    if (reader.is_null(value)) return true;
    uint64_t number = 0;
    switch (id) {
        case kModel: return reader.string(value, call.model);
        case kAlpha:
            if (!reader.float32(value, call.alpha)) return false;
            return (call.alpha >= 0 && call.alpha <= 1) || reader.mistake("must be 0 to 1");
        case kAlgorithm:
            if (!reader.string(value, call.algorithm)) return false;
            return call.algorithm == "rrf" || call.algorithm == "weighted" || call.algorithm == "alpha" ||
                   reader.not_among(kAlgorithms);
        case kDenseK:
        case kSparseK:
            if (!reader.unsigned_integer(value, 1, call.frontend->results_max, number)) return false;
            (id == kDenseK ? call.dense_k : call.sparse_k) = static_cast<uint32_t>(number);
            return true;
        case kSparseQuery: call.has_sparse = true; return true;
        default: return read_query_member(reader, id, value, *call.frontend, floats, call.query);
    }
}

template <typename Fields>
void start(vzh_request* request, const vzh_view* view_in, const Fields& fields, Continue next) {
    auto* call = begin<TextSearchCall>(request, view_in);
    if (call == nullptr) return;
    call->query.options = default_options(*call->frontend);
    call->alpha = 0.7F;
    call->algorithm = "rrf";
    call->dense_k = call->sparse_k = static_cast<uint32_t>(std::min<uint64_t>(20, call->frontend->results_max));
    json::Floats floats;
    std::string_view named;
    json::Reader reader(view(view_in->body), call->arena);
    const bool good = reader.read(fields, [&](uint32_t id, json::Value value) {
        if (id != kQueryCollection) return read_hybrid_member(reader, id, value, *call, floats);
        return reader.is_null(value) || reader.string(value, named);
    });
    if (!good || !check_options(reader, call->query.options)) return fail_reading(*call, reader);
    const std::string_view target = call->param(0);
    if (named.data() != nullptr && named != target)
        return fail(*call, codec::validation("collection", "differs from the collection in the path"));
    if (call->query.text.data() == nullptr) return fail(*call, codec::validation("query", "required"));
    if (call->has_sparse) return fail(*call, codec::unimplemented("sparse_vectors"));
    if (const codec::Failure failure = check_model(call->model); codec::is_failure(failure))
        return fail(*call, failure);
    call->floats = floats.data;
    if (call->query.dimension != 0) call->names.vector = call->query.field;
    name_options(*call, call->query.options);
    if (enter(*call, target, VZH_READ)) on_worker(*call, next);
}

}  // namespace

void search_text(vzh_request* request, const vzh_view* view_in) { start(request, view_in, kTextFields, &search_near); }

void hybrid_search(vzh_request* request, const vzh_view* view_in) {
    start(request, view_in, kHybridFields, &search_hybrid);
}

}  // namespace vz::rest
