#include "frontends/rest/query.hpp"

#include "frontends/codec/scores.hpp"

namespace vz::rest {

bool read_query_member(json::Reader& reader, uint32_t id, json::Value value, const vz_frontend& frontend,
                       json::Floats& floats, Query& query) {
    if (reader.is_null(value)) return true;
    if (id == kQueryText) return reader.string(value, query.text);
    if (id != kQueryVector) return read_option(reader, id, value, frontend, query.options);
    query.first = floats.count;
    query.field = reader.spelling();
    return reader.floats(value, floats, query.dimension);
}

void fill_search(const Query& query, const float* floats, vz_metric metric, int64_t deadline_ns, vz_parts& parts,
                 vz_search_request& request) {
    const Options& options = query.options;
    fill_parts(options, parts);
    request = vz_search_request{};
    request.struct_size = sizeof request;
    request.queries = {query.embedded != nullptr ? query.embedded : floats + query.first, 1, 0,
                       static_cast<uint32_t>(query.dimension), VZ_F32};
    request.filter = borrowed(options.filter);
    request.parts = &parts;
    request.deadline_ns = deadline_ns;
    request.k = options.limit;
    request.effort = options.effort;
    request.recall_target = options.recall;
    if (options.exact != 0) request.flags |= VZ_SEARCH_EXACT;
    if (options.has(kThreshold)) {
        const codec::ScoreLimit limit = codec::limit_of(metric, options.threshold);
        // Where no hit can pass, the nearest ones are fetched and dropped by write_hits: the query is checked as any
        // other.
        if (limit.limited && !limit.empty) {
            request.flags |= VZ_SEARCH_SCORE_LIMIT;
            request.score_limit = limit.value;
        }
    }
}

codec::Failure check_model(std::string_view model) {
    if (model.data() == nullptr || model == "bm25") return {};
    return codec::unsupported("unsupported_model", "model", model);
}

codec::Failure embed_query(const Call& call, codec::TextCollection& texts, Query& query) {
    if (codec::Failure refusal = texts.refusal(); codec::is_failure(refusal)) return refusal;
    auto* const vector = call.arena.make<float>(texts.dimension());
    if (vector == nullptr) return codec::overloaded();
    codec::Failure failure =
        texts.embed_query(call.frontend->engine, std::string(call.names.place) + "query", query.text, vector);
    if (codec::is_failure(failure)) return failure;
    query.embedded = vector;
    query.dimension = texts.dimension();
    return {};
}

bool embed_query(Call& call, Query& query, vz_metric& metric) {
    codec::TextCollection texts;
    codec::Failure failure = texts.read(call.frontend->engine, call.names.collection, call.names);
    if (!codec::is_failure(failure)) failure = embed_query(call, texts, query);
    metric = texts.metric();
    if (!codec::is_failure(failure)) return true;
    fail(call, failure);
    return false;
}

uint64_t write_hit_list(json::Writer& out, const vz_rows& rows, const Query& query, vz_metric metric) {
    const vz_vector_column* column = codec::default_column(rows);
    const bool is_text = query.embedded != nullptr;
    constexpr const char* kNames[] = {"vector", "data", "payload", "metadata"};
    const std::span<const char* const> names(kNames);
    uint64_t hits = 0;
    out.key("results");
    out.begin_array();
    for (uint64_t row = 0; row < rows.count; ++row) {
        const float score = codec::score_of(metric, rows.scores[row]);
        if (query.options.has(kThreshold) && score < query.options.threshold) continue;
        ++hits;
        out.begin_object();
        out.field("id", view(rows.ids[row]));
        out.key("score");
        out.float32(score);
        for (const char* name : names.subspan(0, is_text ? 2 : 1)) {
            out.key(name);
            codec::write_vector(out, column, row, query.options.vectors());
        }
        for (const char* name : names.subspan(2, is_text ? 2 : 1)) {
            out.key(name);
            write_payload(out, query.options, rows, row);
        }
        out.end_object();
    }
    out.end_array();
    return hits;
}

void write_hits(json::Writer& out, const vz_rows& rows, const Query& query, vz_metric metric,
                std::string_view collection) {
    const uint64_t hits = write_hit_list(out, rows, query, metric);
    out.field("query_type", query.embedded != nullptr ? "text" : "vector");
    out.field("limit", uint64_t{query.options.limit});
    out.field("collection", collection);
    out.field("total_results", hits);
    out.field("total", hits);
}

}  // namespace vz::rest
