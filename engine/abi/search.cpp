// Searches: what the request means, the queries one by one, and what explains them.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "engine/abi/guard.hpp"
#include "engine/abi/points.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/collection/search.hpp"
#include "engine/index/kernels.hpp"

namespace vz {
namespace {

using Clock = std::chrono::steady_clock;

struct SearchPlan {
    const VectorFieldSchema* field = nullptr;
    uint64_t stride = 0;

    const float* query(const vz_matrix& queries, uint64_t i) const {
        return reinterpret_cast<const float*>(static_cast<const char*>(queries.data) + i * stride);
    }
};

Result<SearchPlan> check_search(const vz_search_request& request, const Schema& schema) {
    VZ_TRY(no_flags(request.flags, VZ_SEARCH_EXACT | VZ_SEARCH_SCORE_LIMIT | VZ_SEARCH_EXPLAIN));
    if (request.text != nullptr) return failure(VZ_UNSUPPORTED, "text queries are not implemented yet").field("text");
    if (request.k < 1 || request.k > kHitsMax) return out_of_range("k", "k is 1 to 65,536", kHitsMax, request.k);
    if (request.effort > kHitsMax) return out_of_range("effort", "effort is at most 65,536", kHitsMax, request.effort);
    if (request.recall_target != 0 && !(request.recall_target >= 0.5F && request.recall_target < 1.0F)) {
        return out_of_range("recall_target", "a recall target is 0.5 to below 1", 0, 0);
    }
    if (request.recall_target != 0 && request.effort != 0) {
        return failure(VZ_INVALID_ARGUMENT, "effort and recall_target exclude each other")
            .field("recall_target")
            .reason(VZ_REASON_CONFLICTING);
    }
    if ((request.flags & VZ_SEARCH_EXACT) != 0 && (request.effort != 0 || request.recall_target != 0)) {
        return failure(VZ_INVALID_ARGUMENT, "an exact search takes neither effort nor recall_target")
            .field("flags")
            .reason(VZ_REASON_CONFLICTING);
    }
    if (std::isnan(request.score_limit))
        return failure(VZ_INVALID_ARGUMENT, "the score limit is no number")
            .field("score_limit")
            .reason(VZ_REASON_NOT_FINITE);
    SearchPlan plan;
    plan.field = schema.field(view(request.field));
    if (plan.field == nullptr) {
        return failure(VZ_NOT_FOUND, "there is no such vector field").field("field").reason(VZ_REASON_VECTOR_FIELD);
    }
    const vz_matrix& queries = request.queries;
    if (queries.rows == 0 || queries.data == nullptr)
        return failure(VZ_INVALID_ARGUMENT, "there are no queries").field("queries").reason(VZ_REASON_REQUIRED);
    if (queries.rows > kHitsMax)
        return out_of_range("queries.rows", "one request has at most 65,536 queries", kHitsMax,
                            static_cast<int64_t>(queries.rows));
    if (queries.element != VZ_F32)
        return failure(VZ_UNSUPPORTED, "queries are float32 in this release").field("queries.element");
    if (queries.dim != plan.field->dim) {
        return failure(VZ_INVALID_ARGUMENT, "vector dimension %u does not match collection dimension %u", queries.dim,
                       plan.field->dim)
            .field("queries.dim")
            .reason(VZ_REASON_DIMENSION)
            .expected(plan.field->dim)
            .actual(queries.dim);
    }
    plan.stride = queries.stride_bytes != 0 ? queries.stride_bytes : uint64_t{queries.dim} * sizeof(float);
    if (plan.stride < uint64_t{queries.dim} * sizeof(float) || plan.stride % sizeof(float) != 0) {
        return out_of_range("queries.stride_bytes", "rows of queries overlap or are not aligned", 0,
                            static_cast<int64_t>(plan.stride));
    }
    for (uint64_t i = 0; i < queries.rows; ++i) {
        const float* row = plan.query(queries, i);
        if (!std::all_of(row, row + queries.dim, [](float value) { return std::isfinite(value); })) {
            return failure(VZ_INVALID_ARGUMENT, "a query has a number that is not finite")
                .field("queries")
                .reason(VZ_REASON_NOT_FINITE)
                .item(i);
        }
    }
    return plan;
}

const char* source_name(FilterSource source) {
    switch (source) {
        case FilterSource::kRowByRow:
            return "row by row";
        case FilterSource::kCache:
            return "known";
        case FilterSource::kIndex:
            return "index";
        default:
            return "payloads";
    }
}

// As the inside of a JSON string.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) {
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", c);
            out += code;
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

const char* plan_name(uint32_t plan) {
    switch (plan) {
        case VZ_PLAN_FILTER_FIRST:
            return "filter_first";
        case VZ_PLAN_GRAPH:
            return "graph";
        case VZ_PLAN_EXPAND:
            return "expand";
        case VZ_PLAN_MIXED:
            return "mixed";
        default:
            return "exact";
    }
}

// For people; grows freely.
std::string explain(const NearestQuery& query, const SearchReport& report, uint64_t total_ns) {
    std::string text = "{\"k\":" + std::to_string(query.k);
    char number[32];
    const auto add = [&](const char* key, uint64_t value) {
        text += std::string(",\"") + key + "\":" + std::to_string(value);
    };
    const auto add_share = [&](const char* key, float value) {
        std::snprintf(number, sizeof number, "%.4g", static_cast<double>(value));
        text += std::string(",\"") + key + "\":" + number;
    };
    if (query.recall != 0) add_share("recall_target", query.recall);
    text += std::string(",\"kernels\":\"") + kernels().name + "\",\"parts\":[";
    for (size_t i = 0; i < report.parts.size(); ++i) {
        const PartReport& part = report.parts[i];
        text += i == 0 ? "{\"segment\":" : ",{\"segment\":";
        text += part.file != 0 ? std::to_string(part.file) : part.is_tail ? "\"tail\"" : "\"growing\"";
        add("rows", part.rows);
        text += std::string(",\"plan\":\"") + plan_name(part.plan) + "\"";
        if (part.plan != VZ_PLAN_EXACT) {
            add("effort", part.effort);
            if (part.estimate != 0) add_share("recall_estimate", part.estimate);
            add("hops", part.hops);
            add("reranked", part.reranked);
        }
        add("scored", part.scored);
        if (part.is_filtered) {
            text += std::string(",\"filter\":\"") + source_name(part.filter_source) + "\"";
            if (part.filter_source != FilterSource::kRowByRow) add("passing", part.passing);
            if (!part.wanted_index.empty()) text += ",\"wants_index\":\"" + escaped(part.wanted_index) + "\"";
            add("us_filter", part.filter_ns / 1000);
        }
        add("us", part.ns / 1000);
        text += "}";
    }
    text += "],\"us\":{\"merge\":" + std::to_string(report.merge_ns / 1000);
    add("total", total_ns / 1000);
    return text + "}}";
}

void fill_profile(const NearestQuery& query, const SearchReport& report, uint64_t total_ns, RowSet* set) {
    vz_profile& profile = set->profile;
    profile.struct_size = sizeof(profile);
    for (const PartReport& part : report.parts) {
        profile.plan = profile.plan == 0 || profile.plan == part.plan ? part.plan : VZ_PLAN_MIXED;
        profile.effort = std::max(profile.effort, part.effort);
        profile.visited += part.plan == VZ_PLAN_EXACT ? part.rows : part.hops;
        profile.scored += part.scored;
        profile.reranked += part.reranked;
        if (!part.is_tail) profile.filter_passed += part.passing;
        if (!part.is_tail) profile.filter_ns += part.filter_ns;
        (part.plan == VZ_PLAN_EXACT ? profile.exact_ns : profile.graph_ns) += part.ns;
        if (!part.is_tail) ++profile.segments;
    }
    if (profile.plan == 0) profile.plan = VZ_PLAN_EXACT;
    profile.total_ns = total_ns;
    set->explain = explain(query, report, total_ns);
    profile.explain = to_vz_str(set->explain);
}

Status answer_query(NearestQuery query, const float* values, uint32_t skip, const WantedParts& parts,
                    const Interruption& until, const vz_result& result, RowSet* set) {
    query.values = values;
    const auto began = Clock::now();
    SearchReport report;
    VZ_ASSIGN(const std::vector<Hit> hits,
              search_nearest(result.view, query, until, result.explained ? &report : nullptr));
    set->has_scores = true;
    std::vector<RowRef> rows;
    rows.reserve(hits.size());
    set->scores.reserve(hits.size());
    for (size_t hit = skip; hit < hits.size(); ++hit) {
        rows.push_back(hits[hit].row);
        set->scores.push_back(hits[hit].score);
    }
    fill_rows(rows, nullptr, parts, set);
    if (result.explained)
        fill_profile(query, report, static_cast<uint64_t>(std::chrono::nanoseconds(Clock::now() - began).count()), set);
    return {};
}

// Fewer are done before another thread is awake.
constexpr uint64_t kQueriesToShare = 8;

// The first error in the order of the queries; those behind it may be left out.
template <class Answer>
Status answer_together(Workers& workers, uint64_t queries, const Answer& answer) {
    std::vector<Status> answered(queries);
    std::atomic<bool> has_failed = false;
    run_on(workers, static_cast<uint32_t>(queries), [&](uint32_t i, uint32_t) {
        if (has_failed.load(std::memory_order_relaxed)) return;
        answered[i] = within_memory([&] { return answer(i); });
        if (!answered[i].ok()) has_failed.store(true, std::memory_order_relaxed);
    });
    for (Status& status : answered) VZ_TRY(std::move(status));
    return {};
}

}  // namespace

Status read_search(vz_engine* engine, vz_str name, const vz_search_request* in, const Interruption& stop,
                   vz_result** out) {
    vz_search_request request;
    VZ_TRY(take_in(in, &request));
    VZ_ASSIGN(const std::shared_ptr<Collection> collection, engine->engine->catalogue().resolve(view(name)));
    VZ_TRY(collection->health());
    auto result = std::make_unique<vz_result>(&engine->results_held);
    result->schema = collection->schema();
    VZ_ASSIGN(const SearchPlan plan, check_search(request, *result->schema));
    VZ_ASSIGN(const WantedParts parts, want_parts(request.parts, *result->schema));
    VZ_ASSIGN(const std::unique_ptr<const RowFilter> filter, RowFilter::read(view(request.filter)));
    const WorkerPool::Yield others_yield(engine->engine->workers());
    result->view = collection->pin();
    result->explained = (request.flags & VZ_SEARCH_EXPLAIN) != 0;
    Interruption until = stop;
    until.deadline_ns = request.deadline_ns;
    NearestQuery query;
    query.field = plan.field;
    query.k = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{request.k} + request.skip, UINT32_MAX));
    query.exact = (request.flags & VZ_SEARCH_EXACT) != 0;
    query.effort = request.effort;
    query.recall = request.recall_target;
    query.rerank = request.rerank;
    query.filter = filter.get();
    if ((request.flags & VZ_SEARCH_SCORE_LIMIT) != 0) query.score_limit = request.score_limit;
    result->sets.resize(request.queries.rows);
    const auto answer = [&](uint64_t i) {
        return answer_query(query, plan.query(request.queries, i), request.skip, parts, until, *result,
                            &result->sets[i]);
    };
    if (request.queries.rows < kQueriesToShare) {
        for (uint64_t i = 0; i < request.queries.rows; ++i) VZ_TRY(answer(i));
    } else {
        VZ_TRY(answer_together(engine->engine->query_workers(), request.queries.rows, answer));
    }
    *out = result.release();
    return {};
}

}  // namespace vz
