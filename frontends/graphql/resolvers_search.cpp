// Root fields that search.
#include "frontends/codec/scores.hpp"
#include "frontends/graphql/resolvers.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

struct Search {
    vz_search_request request;
    vz_parts parts;
    vz_metric metric;
    // No score can pass the threshold: it is searched all the same, so that the query is checked as any other.
    bool empty;
};

struct Searches {
    std::span<Search> all;
};

// False: the field has failed.
bool read_recall(RootCall& call, const Input& input, const std::string& at, float& recall) {
    if (input.empty()) return true;
    recall = static_cast<float>(input.number);
    if (input.number >= 0.5 && recall < 1) return true;
    call.fail(codec::validation(at + "recall", "must be at least 0.5 and below 1"));
    return false;
}

// Fills one search from a SearchInput. False: the field has failed.
bool read_search(RootCall& call, const Input& input, Search& search) {
    const std::string at(call.names.place);
    int64_t limit = 0;
    int64_t effort = 0;
    if (!read_number(call, input["limit"], at + "limit", 1, static_cast<int64_t>(call.frontend->results_max), 10,
                     limit) ||
        !read_number(call, input["effort"], at + "effort", 1, VZ_EFFORT_MAX, 0, effort)) {
        return false;
    }
    const vz_collection_info* info = describe(call, input["collection"].text);
    if (info == nullptr) return false;
    const vz_vector_field* field = default_vector(*info);
    search.metric = field == nullptr ? VZ_COSINE : field->metric;
    const std::span<const float> vector = input["vector"].floats;
    if (vector.empty()) {
        call.fail(codec::validation(at + "vector", "must not be empty"));
        return false;
    }
    vz_search_request& request = search.request;
    request.struct_size = sizeof request;
    request.queries = {vector.data(), 1, 0, static_cast<uint32_t>(vector.size()), VZ_F32};
    request.k = static_cast<uint32_t>(limit);
    request.effort = static_cast<uint32_t>(effort);
    request.deadline_ns = call.view->deadline_ns;
    request.filter = filter_of(call, input["filter"]);
    if (input["exact"].boolean_or(false)) request.flags |= VZ_SEARCH_EXACT;
    if (!read_recall(call, input["recall"], at, request.recall_target)) return false;
    if (!input["scoreThreshold"].empty()) {
        const codec::ScoreLimit bound =
            codec::limit_of(search.metric, static_cast<float>(input["scoreThreshold"].number));
        search.empty = bound.empty;
        if (bound.limited) request.flags |= VZ_SEARCH_SCORE_LIMIT;
        request.score_limit = bound.limited ? bound.value : 0;
    }
    search.parts.struct_size = sizeof search.parts;
    search.parts.flags = wanted_parts(*call.planned, input["includeVectors"].boolean_or(true));
    if (search.parts.flags != 0) request.parts = &search.parts;
    return true;
}

// What fails from here on is of this input.
void name_input(RootCall& call, size_t i) {
    call.names.place = call.arena->copy_text("inputs[" + std::to_string(i) + "].");
    const Input& filter = call.argument("inputs").items[i]["filter"];
    call.names.filter = filter.empty() ? std::string_view() : filter.text;
}

void begin(RootCall& call, std::span<const Input> inputs, bool batch) {
    Searches* searches = call.make<Searches>();
    searches->all = call.arena->array<Search>(inputs.size());
    call.state = searches;
    for (size_t i = 0; i < inputs.size(); ++i) {
        if (batch) name_input(call, i);
        if (!read_search(call, inputs[i], searches->all[i])) return;
    }
    call.expect(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
        call.set(i, VZ_OP_SEARCH, inputs[i]["collection"].text, &searches->all[i].request,
                 &call.engine_calls[i].result);
    }
}

// The hits of a search. False: the field has failed.
bool hits(RootCall& call, size_t place, std::span<const PointView>& points) {
    const Search& search = static_cast<const Searches*>(call.state)->all[place];
    const EngineCall& searched = call.engine_calls[place];
    call.names.collection = text::view(searched.op.collection);
    return !call.failed(searched) && (search.empty || read_points(call, searched, search.metric, points));
}

void search_begin(RootCall& call) {
    call.names.collection = call.argument("input")["collection"].text;
    begin(call, {&call.argument("input"), 1}, false);
}
FieldValue search_finish(RootCall& call) {
    std::span<const PointView> points;
    if (!hits(call, 0, points)) return FieldValue::null();
    return points_value(points);
}

void batch_begin(RootCall& call) { begin(call, call.argument("inputs").items, true); }
FieldValue batch_finish(RootCall& call) {
    const std::span<std::span<const PointView>> lists =
        call.arena->array<std::span<const PointView>>(call.engine_calls.size());
    for (size_t i = 0; i < lists.size(); ++i) {
        name_input(call, i);
        if (!hits(call, i, lists[i])) return FieldValue::null();
    }
    constexpr ListItem kItem = [](const Source& list, uint64_t index) {
        return points_value(static_cast<const std::span<const PointView>*>(list.object)[index]);
    };
    return FieldValue::of_list(lists.size(), kItem, lists.data());
}

constexpr RootResolver kSearchRoots[] = {
    {"QueryRoot", "search", "Search failed: ", "input.collection", search_begin, search_finish},
    {"QueryRoot", "searchBatch", "Search failed: ", "inputs[].collection", batch_begin, batch_finish},
};

}  // namespace

std::span<const RootResolver> search_roots() { return kSearchRoots; }

}  // namespace vz::graphql
