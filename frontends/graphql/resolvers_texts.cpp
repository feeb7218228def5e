// Root fields that store texts and search by them.
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "frontends/codec/request_id.hpp"
#include "frontends/codec/scores.hpp"
#include "frontends/codec/text_collection.hpp"
#include "frontends/codec/text_record.hpp"
#include "frontends/codec/uuid.hpp"
#include "frontends/graphql/resolvers.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

json::Arena arena_of(RootCall& call) { return borrow(*call.arena); }

// False: the field has failed.
bool read_texts(RootCall& call, std::string_view collection, codec::TextCollection& texts) {
    call.names.collection = collection;
    const codec::Failure failure = texts.read(call.engine(), collection, call.names);
    if (codec::is_failure(failure)) call.fail(failure);
    return call.failure == nullptr;
}

// ---- searches ----

struct TextSearch {
    vz_search_request request;
    vz_parts parts;
    vz_metric metric;  // how scores read
    // No score can pass the threshold: it is searched all the same, so that the query is checked as any other.
    bool empty;
    vz_str text;
    vz_text_query words;
};

bool read_options(RootCall& call, const Input& input, TextSearch& search) {
    int64_t limit = 0;
    if (!read_number(call, input["limit"], "limit", 1, static_cast<int64_t>(call.frontend->results_max), 10, limit))
        return false;
    search.request.struct_size = sizeof search.request;
    search.request.k = static_cast<uint32_t>(limit);
    search.request.deadline_ns = call.view->deadline_ns;
    search.request.filter = filter_of(call, input["filter"]);
    search.parts.struct_size = sizeof search.parts;
    search.parts.flags = wanted_parts(*call.planned, input["includeVectors"].boolean_or(true));
    if (search.parts.flags != 0) search.request.parts = &search.parts;
    return call.failure == nullptr;
}

void limit_scores(const Input& threshold, TextSearch& search) {
    if (threshold.empty()) return;
    const codec::ScoreLimit bound = codec::limit_of(search.metric, static_cast<float>(threshold.number));
    search.empty = bound.empty;
    if (bound.limited) search.request.flags |= VZ_SEARCH_SCORE_LIMIT;
    search.request.score_limit = bound.limited ? bound.value : 0;
}

// False: the field has failed.
bool embed(RootCall& call, codec::TextCollection& texts, std::string_view text, TextSearch& search) {
    codec::Failure failure = texts.refusal();
    float* const vector = static_cast<float*>(call.arena->allocate(texts.dimension() * sizeof(float), 64));
    if (!codec::is_failure(failure)) failure = texts.embed_query(call.engine(), "query", text, vector);
    if (codec::is_failure(failure)) call.fail(failure);
    search.request.queries = {vector, 1, 0, texts.dimension(), VZ_F32};
    return call.failure == nullptr;
}

void submit_search(RootCall& call, std::string_view collection, TextSearch& search) {
    call.state = &search;
    call.expect(1);
    call.set(0, VZ_OP_SEARCH, collection, &search.request, &call.engine_calls[0].result);
}

FieldValue search_text_finish(RootCall& call) {
    const auto& search = *static_cast<const TextSearch*>(call.state);
    std::span<const PointView> points;
    if (call.failed(call.engine_calls[0])) return FieldValue::null();
    if (!search.empty && !read_points(call, call.engine_calls[0], search.metric, points)) return FieldValue::null();
    return points_value(points);
}

void search_text_begin(RootCall& call) {
    const Input& input = call.argument("input");
    auto* const search = call.make<TextSearch>();
    codec::TextCollection texts;
    if (!read_options(call, input, *search) || !read_texts(call, input["collection"].text, texts)) return;
    if (!embed(call, texts, input["query"].text, *search)) return;
    search->metric = texts.metric();
    limit_scores(input["scoreThreshold"], *search);
    submit_search(call, input["collection"].text, *search);
}

bool read_fusion(RootCall& call, const Input& input, vz_text_query& words) {
    int64_t dense = 0;
    int64_t text = 0;
    const auto most = static_cast<int64_t>(call.frontend->results_max);
    if (!read_number(call, input["denseK"], "denseK", 1, most, 20, dense) ||
        !read_number(call, input["textK"], "textK", 1, most, 20, text))
        return false;
    const double alpha = input["alpha"].empty() ? 0.7 : input["alpha"].number;
    if (!(alpha >= 0 && alpha <= 1)) call.fail(codec::validation("alpha", "must be 0 to 1"));
    const bool is_weighted = input["fusion"].text_or("RRF") == "WEIGHTED";
    words.fusion = is_weighted ? VZ_FUSION_WEIGHTED : VZ_FUSION_RRF;
    words.alpha = is_weighted ? static_cast<float>(alpha) : 0;
    words.dense_k = static_cast<uint32_t>(dense);
    words.text_k = static_cast<uint32_t>(text);
    return call.failure == nullptr;
}

void hybrid_begin(RootCall& call) {
    const Input& input = call.argument("input");
    const std::span<const float> vector = input["vector"].floats;
    auto* const search = call.make<TextSearch>();
    codec::TextCollection texts;
    vz_text_query fused{};
    if (!read_options(call, input, *search) || !read_fusion(call, input, fused) ||
        !read_texts(call, input["collection"].text, texts))
        return;
    const bool has_words = !texts.lexical_path().empty();
    if (!has_words && !vector.empty()) {
        return call.fail(
            codec::not_for_texts("a vector needs a ranking by words beside it; create the collection with `lexical`"));
    }
    search->metric = has_words ? VZ_DOT : texts.metric();
    search->request.queries = {vector.data(), 1, 0, static_cast<uint32_t>(vector.size()), VZ_F32};
    const bool is_embedded = vector.empty() && (texts.is_bound() || !has_words);
    if (is_embedded && !embed(call, texts, input["query"].text, *search)) return;
    if (has_words) {
        const bool has_dense = is_embedded || !vector.empty();
        if (has_dense) search->words = fused;
        search->words.struct_size = sizeof search->words;
        search->words.path = text::borrowed(call.arena->copy_text(texts.lexical_path()));
        search->text = text::borrowed(input["query"].text);
        search->words.texts = &search->text;
        search->request.text = &search->words;
        if (!has_dense) search->request.queries = {nullptr, 1, 0, 0, 0};
    }
    limit_scores(input["scoreThreshold"], *search);
    submit_search(call, input["collection"].text, *search);
}

// ---- upserts ----

constexpr uint32_t kBeginsMax = 128;  // races lost to other writers of these ids, and a binding

struct TextUpsert {
    bool binds;  // the operation under way binds the collection
    // Set: the texts cannot be stored now, which is told unless the operation under way says that they were before.
    const FieldError* refusal;
    // Made for collections of this kind; empty: not yet.
    std::span<const codec::TextChange> changes;
    uint32_t dimension;
    std::string_view stemmer;
    uint64_t vectors;
    codec::TextRecord record;
};

bool read_options(RootCall& call, const Input& input, codec::TextOptions& options) {
    int64_t size = 0;
    int64_t overlap = 0;
    if (!read_number(call, input["chunkSize"], "chunkSize", codec::kChunkBytesMin, codec::kChunkBytesMax,
                     codec::kChunkBytes, size) ||
        !read_number(call, input["chunkOverlap"], "chunkOverlap", 0, codec::kChunkBytesMax,
                     codec::default_overlap(static_cast<uint32_t>(size)), overlap)) {
        return false;
    }
    if (overlap > size / 2) {
        call.fail(codec::validation("chunkOverlap", "must be at most half of chunkSize"));
        return false;
    }
    options = {input["autoChunk"].boolean_or(true), static_cast<uint32_t>(size), static_cast<uint32_t>(overlap)};
    return true;
}

// The texts as changes, once for a kind of collection, however often that is looked at; a later text of an id replaces
// an earlier one. False: the field has failed.
bool make_changes(RootCall& call, uint32_t dimension, std::string_view stemmer, TextUpsert& upsert) {
    if (!upsert.changes.empty() && upsert.dimension == dimension && upsert.stemmer == stemmer) return true;
    const Input& input = call.argument("input");
    codec::TextOptions options;
    if (!read_options(call, input, options)) return false;
    codec::Embedder embedder(dimension, stemmer);
    std::vector<codec::TextChange> changes;
    std::unordered_map<std::string_view, size_t> place_of;
    const std::span<const Input> texts = input["texts"].items;
    for (size_t i = 0; i < texts.size(); ++i) {
        codec::TextEntry entry;
        const bool is_new = texts[i]["id"].empty();
        entry.id = is_new ? call.arena->copy_text(codec::new_uuid().view()) : texts[i]["id"].text;
        entry.text = texts[i]["text"].text;
        if (!texts[i]["metadata"].empty()) entry.metadata = texts[i]["metadata"].text;
        entry.options = options;
        codec::TextChange change{entry.id, {}, i, is_new};
        const codec::Failure failure =
            codec::make_points(entry, codec::place_of_text(i), embedder, arena_of(call), change.points);
        if (codec::is_failure(failure)) {
            call.fail(codec::with_item(failure, i));
            return false;
        }
        const auto [known, is_first] = place_of.try_emplace(entry.id, changes.size());
        if (is_first) {
            changes.push_back(change);
        } else {
            changes[known->second] = change;
        }
    }
    upsert.changes = call.arena->copy(changes);
    upsert.vectors = 0;
    for (const codec::TextChange& change : changes) upsert.vectors += change.points.size();
    upsert.dimension = dimension;
    upsert.stemmer = call.arena->copy_text(stemmer);
    return true;
}

void bind(RootCall& call, const codec::TextCollection& collection, TextUpsert& upsert) {
    if (!call.in_turn(call.names.collection)) return;
    const vz_alter_request* const change = collection.bind("none", arena_of(call));
    upsert.binds = true;
    call.expect(1);
    call.engine_calls[0].change.flags = VZ_IF_EMPTY;
    call.set(0, VZ_OP_COLLECTION_ALTER, call.names.collection, change, &call.engine_calls[0].change);
}

// The engine is asked whether the request was done before.
void ask_before(RootCall& call, TextUpsert& upsert) {
    if (call.view->idempotency_key.size == 0) return;
    upsert.refusal = std::exchange(call.failure, nullptr);
    if (!make_changes(call, codec::kTextDimension, "none", upsert)) return;
    auto* const request = call.make<vz_write_request>();
    *request = codec::question_of(call.request_id());
    call.expect(1);
    call.set(0, VZ_OP_WRITE, call.names.collection, request, &call.engine_calls[0].written);
}

void upsert_begin(RootCall& call) {
    const Input& input = call.argument("input");
    const std::span<const Input> texts = input["texts"].items;
    if (texts.empty()) return call.fail(codec::validation("texts", "must not be empty"));
    if (texts.size() > call.frontend->batch_points_max) {
        return call.fail(codec::validation(
            "texts", "must be at most " + std::to_string(call.frontend->batch_points_max) + " texts"));
    }
    auto& upsert = *call.make<TextUpsert>();
    if (call.state != nullptr) upsert = *static_cast<const TextUpsert*>(call.state);  // begun before
    upsert.binds = false;
    call.state = &upsert;
    codec::TextCollection collection;
    if (!read_texts(call, input["collection"].text, collection)) return ask_before(call, upsert);
    const bool may_bind =
        !collection.is_bound() && collection.is_empty() && collection.dimension() >= codec::kTextDimensionMin;
    if (const codec::Failure refusal = collection.refusal(); !may_bind && codec::is_failure(refusal)) {
        call.fail(refusal);
        return ask_before(call, upsert);
    }
    const std::string_view stemmer = collection.is_bound() ? std::string_view(collection.stemmer()) : "none";
    if (!make_changes(call, collection.dimension(), stemmer, upsert)) return;
    if (may_bind) return bind(call, collection, upsert);
    const codec::Failure failure =
        codec::make_record(call.engine(), call.names.collection, upsert.changes, collection.dimension(), call.names,
                           arena_of(call), upsert.record);
    if (codec::is_failure(failure)) return call.fail(failure);
    upsert.record.chain->request_id = call.request_id();
    upsert.record.chain->deadline_ns = call.view->deadline_ns;
    call.expect(1);
    call.set(0, VZ_OP_WRITE, call.names.collection, upsert.record.chain, &call.engine_calls[0].written);
}

FieldValue upsert_finish(RootCall& call) {
    const auto& upsert = *static_cast<const TextUpsert*>(call.state);
    EngineCall& done = call.engine_calls[0];
    if (upsert.refusal != nullptr && !done.ok()) {
        call.failure = upsert.refusal;
        return FieldValue::null();
    }
    // What the collection, or what is stored under the ids, is now decides.
    const bool is_outdated =
        !done.ok() && (upsert.binds ? done.op.status == VZ_CONFLICT : codec::has_lost_race(done.op.status, done.error));
    call.begins_again = (is_outdated || (upsert.binds && done.ok())) && call.begun < kBeginsMax;
    if (call.begins_again) return FieldValue::null();
    if (!upsert.binds && done.error.item < upsert.record.item_count)
        done.error.item = upsert.record.entries[done.error.item];
    call.names.items = "texts";
    if (call.failed(done)) return FieldValue::null();
    const std::string message = "Upserted " + std::to_string(call.argument("input")["texts"].items.size()) + " texts";
    return FieldValue::of_object(call.arena->make<MutationView>(
        true, call.arena->copy_text(message), static_cast<int64_t>(upsert.vectors), done.written.lsn));
}

constexpr RootResolver kTextRoots[] = {
    {"QueryRoot", "searchText", "Search failed: ", "input.collection", search_text_begin, search_text_finish},
    {"QueryRoot", "hybridSearch", "Search failed: ", "input.collection", hybrid_begin, search_text_finish},
    {"MutationRoot", "upsertTexts", "Failed to upsert texts: ", "input.collection", upsert_begin, upsert_finish},
};

}  // namespace

std::span<const RootResolver> text_roots() { return kTextRoots; }

}  // namespace vz::graphql
