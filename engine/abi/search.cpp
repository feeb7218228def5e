// Searches: what the request means, and its queries one by one or together.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>

#include "engine/abi/cancellation.hpp"
#include "engine/abi/checks.hpp"
#include "engine/abi/explain.hpp"
#include "engine/abi/guard.hpp"
#include "engine/abi/points.hpp"
#include "engine/abi/text_ranking.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/collection/search.hpp"

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
    if (request.k < 1 || request.k > kHitsMax) return out_of_range("k", "k is 1 to 65,536", kHitsMax, request.k);
    if (request.effort > kHitsMax) return out_of_range("effort", "effort is at most 65,536", kHitsMax, request.effort);
    if (request.rerank > kRerankMax)
        return out_of_range("rerank", "rerank is at most 262,144", kRerankMax, request.rerank);
    if (request.recall_target != 0 && !(request.recall_target >= 0.5F && request.recall_target < 1.0F)) {
        return out_of_range("recall_target", "a recall target is 0.5 to below 1", 0, 0);
    }
    if (request.recall_target != 0 && request.effort != 0) {
        return failure(VZ_INVALID_ARGUMENT, "an effort and a recall target exclude each other")
            .field("recall_target")
            .reason(VZ_REASON_CONFLICTING);
    }
    const bool is_exact = (request.flags & VZ_SEARCH_EXACT) != 0;
    if (is_exact && (request.effort != 0 || request.recall_target != 0 || request.rerank != 0)) {
        return failure(VZ_INVALID_ARGUMENT, "an exact search takes no effort, recall target or rerank")
            .field("flags")
            .reason(VZ_REASON_CONFLICTING);
    }
    if (std::isnan(request.score_limit))
        return failure(VZ_INVALID_ARGUMENT, "the score limit is no number")
            .field("score_limit")
            .reason(VZ_REASON_NOT_FINITE);
    if (request.score_limit != 0 && (request.flags & VZ_SEARCH_SCORE_LIMIT) == 0) {
        return failure(VZ_INVALID_ARGUMENT, "a score limit needs its flag")
            .field("score_limit")
            .reason(VZ_REASON_CONFLICTING);
    }
    SearchPlan plan;
    plan.field = schema.field(view(request.field));
    if (plan.field == nullptr) {
        return failure(VZ_NOT_FOUND, "there is no such vector field").field("field").reason(VZ_REASON_VECTOR_FIELD);
    }
    const vz_matrix& queries = request.queries;
    if (queries.rows == 0 || (queries.data == nullptr && request.text == nullptr))
        return failure(VZ_INVALID_ARGUMENT, "there are no queries").field("queries").reason(VZ_REASON_REQUIRED);
    if (queries.rows > kHitsMax)
        return out_of_range("queries.rows", "one request has at most 65,536 queries", kHitsMax,
                            static_cast<int64_t>(queries.rows));
    if (queries.rows * request.k > kHitsOfRequestMax)
        return out_of_range("k", "one request has at most 16,777,216 hits: queries times k", kHitsOfRequestMax,
                            static_cast<int64_t>(queries.rows * request.k));
    if (queries.data == nullptr) return plan;
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
        if (!are_finite(row, queries.dim)) {
            return failure(VZ_INVALID_ARGUMENT, "a query has a number that is not finite")
                .field("queries")
                .reason(VZ_REASON_NOT_FINITE)
                .item(i);
        }
    }
    return plan;
}

// One query of a request, whichever rankings it takes.
class Answering {
 public:
    Answering(const vz_search_request& request, const SearchPlan& plan, const TextRanking& words,
              const RowFilter* filter, const Interruption& until)
        : request_(request), plan_(plan), words_(words), until_(until) {
        const auto wanted = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{request.k} + request.skip, UINT32_MAX));
        query_.field = plan.field;
        query_.k = words.has_vectors ? words.dense_k : wanted;
        query_.exact = (request.flags & VZ_SEARCH_EXACT) != 0;
        query_.effort = request.effort;
        query_.recall = request.recall_target;
        query_.rerank = request.rerank;
        query_.filter = filter;
        text_query_.index = words.index;
        text_query_.k = words.has_vectors ? words.text_k : wanted;
        text_query_.filter = filter;
        if ((request.flags & VZ_SEARCH_SCORE_LIMIT) == 0) return;
        if (!words.is_wanted) query_.score_limit = request.score_limit;
        if (words.is_wanted && !words.has_vectors) text_query_.score_limit = request.score_limit;
        fused_limit_ = words.has_vectors;
    }

    // `place` gives the row set to fill; it is asked for when the search is over.
    template <class Place>
    Status answer(uint64_t i, const ReadView& view, const WantedParts& parts, const Place& place) const {
        const bool is_explained = (request_.flags & VZ_SEARCH_EXPLAIN) != 0;
        const auto began = is_explained ? Clock::now() : Clock::time_point();
        SearchReport report;
        report.has_parts = is_explained;
        TextReport text_report;
        VZ_ASSIGN(const std::vector<Hit> hits, rank(i, view, &report, is_explained ? &text_report : nullptr));
        const size_t end = std::min<size_t>(hits.size(), uint64_t{request_.k} + request_.skip);
        const size_t begin = std::min<size_t>(end, request_.skip);
        RowSet* const set = place();
        fill_rows(std::span<const Hit>(hits).subspan(begin, end - begin), parts, set);
        set->rows.plan = report.plan;
        set->rows.effort = report.effort;
        if (!is_explained) return {};
        fill_profile(query_, report, words_.is_wanted ? &text_report : nullptr, queue_ns_,
                     static_cast<uint64_t>(std::chrono::nanoseconds(Clock::now() - began).count()), set);
        return {};
    }

 private:
    Result<std::vector<Hit>> rank(uint64_t i, const ReadView& view, SearchReport* report,
                                  TextReport* text_report) const {
        NearestQuery query = query_;
        query.values = words_.is_wanted && !words_.has_vectors ? nullptr : plan_.query(request_.queries, i);
        if (!words_.is_wanted) return search_nearest(view, query, until_, report);
        TextQuery text_query = text_query_;
        text_query.text = vz::view(request_.text->texts[i]);
        Result<std::vector<Hit>> texts = search_texts(view, text_query, until_, text_report);
        if (!texts.ok()) return std::move(texts.take_status()).item(i);
        if (!words_.has_vectors) return texts;
        VZ_ASSIGN(const std::vector<Hit> dense, search_nearest(view, query, until_, report));
        std::vector<Hit> fused = words_.fuse(query.field->metric, dense, *texts);
        if (fused_limit_) std::erase_if(fused, [&](const Hit& hit) { return !(hit.score >= request_.score_limit); });
        return fused;
    }

    const vz_search_request& request_;
    const SearchPlan& plan_;
    const TextRanking& words_;
    const Interruption& until_;
    const uint64_t queue_ns_ = queue_ns();  // here, for other threads may answer
    NearestQuery query_;
    TextQuery text_query_;
    bool fused_limit_ = false;
};

// Fewer are done before another thread is awake.
constexpr uint64_t kQueriesToShare = 8;

// The first error in the order of the queries; those behind it may be left out.
template <class Answer>
Status answer_together(Workers& workers, uint64_t queries, const Answer& answer) {
    std::vector<Status> answered(queries);
    std::atomic<bool> has_failed = false;
    run_on(workers, static_cast<uint32_t>(queries), [&](uint32_t i, uint32_t) {
        if (has_failed.load(std::memory_order_relaxed)) return;
        answered[i] = or_out_of_memory([&] { return answer(i); });
        if (!answered[i].ok()) has_failed.store(true, std::memory_order_relaxed);
    });
    for (Status& status : answered) VZ_TRY(std::move(status));
    return {};
}

}  // namespace

Status read_search(vz_engine* engine, vz_str name, const vz_search_request* in, vz_result** out) {
    vz_search_request request;
    VZ_TRY(take_in(in, &request));
    VZ_ASSIGN(const std::shared_ptr<Collection> collection, engine->engine->catalogue().resolve(view(name)));
    VZ_TRY(collection->health());
    std::shared_ptr<const Schema> schema = collection->schema();
    VZ_ASSIGN(const SearchPlan plan, check_search(request, *schema));
    VZ_ASSIGN(const TextRanking words, check_text(request, *schema));
    VZ_ASSIGN(const WantedParts parts, want_parts(request.parts, *schema));
    VZ_ASSIGN(const std::unique_ptr<const RowFilter> filter, RowFilter::read(view(request.filter)));
    const WorkerPool::Yield others_yield(engine->engine->workers());
    ReadView pinned = collection->pin();
    const Interruption until = interruption(request.deadline_ns);
    const Answering answering(request, plan, words, filter.get(), until);
    std::unique_ptr<vz_result> result;
    const auto make_result = [&] {
        result = std::make_unique<vz_result>(&engine->results);
        result->explained = (request.flags & VZ_SEARCH_EXPLAIN) != 0;
        result->make_sets(request.queries.rows);
    };
    if (request.queries.rows == 1) {
        // Behind the search, which leaves little in the caches of what was touched before it.
        VZ_TRY(answering.answer(0, pinned, parts, [&] {
            make_result();
            return &result->set(0);
        }));
    } else {
        make_result();
        const auto answer = [&](uint64_t i) {
            return answering.answer(i, pinned, parts, [&] { return &result->set(i); });
        };
        if (request.queries.rows < kQueriesToShare) {
            for (uint64_t i = 0; i < request.queries.rows; ++i) VZ_TRY(answer(i));
        } else {
            VZ_TRY(answer_together(engine->engine->query_workers(), request.queries.rows, answer));
        }
    }
    VZ_TRY(collection->check_readable(*pinned.parts));
    result->view = std::move(pinned);
    result->schema = std::move(schema);
    *out = result.release();
    return {};
}

}  // namespace vz
