// Root fields that read points.
#include "frontends/graphql/resolvers.hpp"

#include "frontends/codec/points.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

struct Get {
    vz_get_request request;
    vz_parts parts;
    vz_str id;
};

void get_begin(RootCall& call) {
    call.names.collection = call.argument("collection").text;
    call.names.point = call.argument("id").text;
    if (call.refused_id(call.names.point, "id")) return;
    Get* get = call.make<Get>();
    get->id = text::borrowed(call.names.point);
    get->parts.struct_size = sizeof get->parts;
    get->parts.flags = wanted_parts(*call.planned, true);
    get->request.struct_size = sizeof get->request;
    get->request.count = 1;
    get->request.ids = &get->id;
    get->request.deadline_ns = call.view->deadline_ns;
    if (get->parts.flags != 0) get->request.parts = &get->parts;
    call.expect(1);
    call.set(0, VZ_OP_GET, call.names.collection, &get->request, &call.engine_calls[0].result);
}
FieldValue get_finish(RootCall& call) {
    const EngineCall& got = call.engine_calls[0];
    if (got.op.status == VZ_NOT_FOUND || call.failed(got)) return FieldValue::null();
    std::span<const PointView> points;
    if (!read_points(call, got, VZ_COSINE, points) || points.empty() || points[0].version == 0)
        return FieldValue::null();
    return FieldValue::of_object(points.data());
}

struct Scan {
    vz_scan_request request;
    vz_count_request count;
    vz_parts parts;
};

const PlannedField* selected(const PlannedField& field, std::string_view name) {
    for (const PlannedSelection& selection : field.below) {
        for (const PlannedField& candidate : selection.fields) {
            if (candidate.field->name == name) return &candidate;
        }
    }
    return nullptr;
}

// Every selection of `items`, under whichever alias.
uint32_t item_parts(const PlannedField& page, bool vectors) {
    uint32_t flags = 0;
    for (const PlannedSelection& selection : page.below) {
        for (const PlannedField& candidate : selection.fields) {
            if (candidate.field->name == "items") flags |= wanted_parts(candidate, vectors);
        }
    }
    return flags;
}

void scan_begin(RootCall& call) {
    const Input& input = call.argument("input");
    Scan* scan = call.make<Scan>();
    int64_t limit = 0;
    if (!read_number(call, input["limit"], "limit", 1, static_cast<int64_t>(call.frontend->results_max), 100, limit))
        return;
    const std::string_view collection = input["collection"].text;
    call.names.collection = collection;
    const bool vectors = input["includeVectors"].boolean_or(true);
    scan->parts.struct_size = sizeof scan->parts;
    scan->parts.flags = item_parts(*call.planned, vectors);
    scan->request.struct_size = sizeof scan->request;
    scan->request.limit = static_cast<uint32_t>(limit);
    scan->request.deadline_ns = call.view->deadline_ns;
    if (scan->parts.flags != 0) scan->request.parts = &scan->parts;
    if (!input["cursor"].empty()) scan->request.cursor = text::borrowed(input["cursor"].text);
    scan->request.filter = filter_of(call, input["filter"]);
    const bool counted = selected(*call.planned, "totalCount") != nullptr;
    call.expect(counted ? 2 : 1);
    call.set(0, VZ_OP_SCAN, collection, &scan->request, &call.engine_calls[0].result);
    if (!counted) return;
    scan->count.struct_size = sizeof scan->count;
    scan->count.filter = scan->request.filter;
    scan->count.deadline_ns = call.view->deadline_ns;
    call.set(1, VZ_OP_COUNT, collection, &scan->count, &call.engine_calls[1].number);
}
FieldValue scan_finish(RootCall& call) {
    const EngineCall& scanned = call.engine_calls[0];
    if (call.failed(scanned)) return FieldValue::null();
    PageView* page = call.make<PageView>();
    const bool is_counted = call.engine_calls.size() == 2;
    if (is_counted && call.failed(call.engine_calls[1])) return FieldValue::null();
    if (!read_points(call, scanned, VZ_COSINE, page->points)) return FieldValue::null();
    vz_rows rows{};
    rows.struct_size = sizeof rows;
    if (vz_result_rows(scanned.result, 0, &rows, nullptr) == VZ_OK) page->cursor = text::view(rows.cursor);
    const auto before = call.argument("input")["cursor"].empty() ? std::optional<uint64_t>(0) : std::nullopt;
    if (is_counted) page->total = codec::total_of(rows, call.engine_calls[1].number, before);
    if (call.argument("input")["includeVectors"].boolean_or(true)) return FieldValue::of_object(page);
    // Vectors may have been read for `dimension` alone.
    const std::span<PointView> bare = call.arena->array<PointView>(page->points.size());
    for (size_t i = 0; i < bare.size(); ++i) {
        bare[i] = page->points[i];
        bare[i].vector = nullptr;
        bare[i].given = 0;
    }
    page->points = bare;
    return FieldValue::of_object(page);
}

void count_begin(RootCall& call) {
    auto* request = call.make<vz_count_request>();
    request->struct_size = sizeof *request;
    request->deadline_ns = call.view->deadline_ns;
    request->filter = filter_of(call, call.argument("filter"));
    call.names.collection = call.argument("collection").text;
    call.expect(1);
    call.set(0, VZ_OP_COUNT, call.names.collection, request, &call.engine_calls[0].number);
}
FieldValue count_finish(RootCall& call) {
    return call.failed(call.engine_calls[0]) ? FieldValue::null() : FieldValue::of_count(call.engine_calls[0].number);
}

constexpr RootResolver kReadRoots[] = {
    {"QueryRoot", "vector", "Failed to get vector: ", "collection", get_begin, get_finish},
    {"QueryRoot", "vectors", "Failed to list vectors: ", "input.collection", scan_begin, scan_finish},
    {"QueryRoot", "countVectors", "Failed to count vectors: ", "collection", count_begin, count_finish},
};

}  // namespace

std::span<const RootResolver> read_roots() { return kReadRoots; }

}  // namespace vz::graphql
