// Root fields that write and delete points.
#include <cstring>

#include "frontends/codec/expiry.hpp"
#include "frontends/graphql/resolvers.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

vz_write_request* new_write(RootCall& call, uint32_t kind, uint64_t count) {
    auto* request = call.make<vz_write_request>();
    request->struct_size = sizeof *request;
    request->kind = kind;
    request->count = count;
    request->request_id = call.request_id();
    request->deadline_ns = call.view->deadline_ns;
    return request;
}

void submit_write(RootCall& call, std::string_view collection, const vz_write_request* request) {
    call.names.collection = collection;
    call.expect(1);
    call.set(0, VZ_OP_WRITE, collection, request, &call.engine_calls[0].written);
}

FieldValue mutation_value(RootCall& call, bool success, std::string_view message, int64_t affected, uint64_t lsn) {
    return FieldValue::of_object(
        call.arena->make<MutationView>(success, call.arena->copy_text(message), affected, lsn));
}

bool refuse_public_key(RootCall& call, const Input& key) {
    if (key.empty()) return false;
    call.fail(codec::unimplemented("publicKey"));
    return true;
}

vz_str payload_of(const Input& payload) { return payload.empty() ? vz_str{} : text::borrowed(payload.text); }

int64_t expiry_of(vz_str payload) { return codec::expiry_of({payload.data, payload.size}).value_or(0); }

void set_expiry(RootCall& call, vz_write_request& request) {
    if (const int64_t expiry = expiry_of(request.payloads[0]); expiry != 0)
        request.expires_ms = call.arena->make<int64_t>(expiry);
}

// True: the call has failed.
bool refuse_expiry(RootCall& call, vz_str payload, const std::string& place = {}) {
    const char* reason = codec::refuse_expiry({payload.data, payload.size});
    if (reason == nullptr) return false;
    call.fail(codec::validation(place + "payload." + std::string(codec::kExpiryKey), reason));
    return true;
}

// ---- upserts ----

void upsert_one_begin(RootCall& call) {
    const Input& input = call.argument("input");
    if (refuse_public_key(call, input["publicKey"])) return;
    call.names.vector = "data";
    call.names.point = input["id"].text;
    if (call.refused_id(call.names.point, "id")) return;
    const std::span<const float> numbers = input["data"].floats;
    if (numbers.empty()) return call.fail(codec::validation("data", "must not be empty"));
    vz_write_request* request = new_write(call, VZ_UPSERT, 1);
    request->ids = call.arena->make<vz_str>(text::borrowed(input["id"].text));
    request->payloads = call.arena->make<vz_str>(payload_of(input["payload"]));
    request->vectors = {numbers.data(), 1, 0, static_cast<uint32_t>(numbers.size()), VZ_F32};
    if (refuse_expiry(call, request->payloads[0])) return;
    set_expiry(call, *request);
    submit_write(call, call.argument("collection").text, request);
}
FieldValue upsert_one_finish(RootCall& call) {
    if (call.failed(call.engine_calls[0])) return FieldValue::null();
    const Input& input = call.argument("input");
    const std::span<const float> numbers = input["data"].floats;
    PointView* point = call.make<PointView>();
    point->id = input["id"].text;
    point->payload = input["payload"].text_or({});
    point->vector = numbers.data();
    point->given = numbers.size();
    point->dimension = numbers.size();
    point->version = call.engine_calls[0].written.lsn;
    call.bytes_estimate += numbers.size() * 12;
    return FieldValue::of_object(point);
}

// A batch is one matrix, so its first row that differs from the collection is named here, in the engine's words.
bool check_lengths(RootCall& call, std::string_view collection, std::span<const Input> points) {
    const size_t first = points[0]["data"].floats.size();
    bool alike = first != 0;
    for (const Input& point : points) alike = alike && point["data"].floats.size() == first;
    if (alike) return true;
    const vz_collection_info* info = describe(call, collection);
    if (info == nullptr) return false;
    const vz_vector_field* field = default_vector(*info);
    const uint64_t dimension = field == nullptr ? first : field->dim;
    for (size_t i = 0; i < points.size(); ++i) {
        const size_t length = points[i]["data"].floats.size();
        if (length == dimension) continue;
        vz_error error{};
        error.status = VZ_INVALID_ARGUMENT;
        error.reason = VZ_REASON_DIMENSION;
        error.item = i;
        error.expected = static_cast<int64_t>(dimension);
        error.actual = static_cast<int64_t>(length);
        std::memcpy(error.field, "vectors", sizeof "vectors");
        call.fail(error.status, error);
        return false;
    }
    return true;
}

void upsert_many_begin(RootCall& call) {
    const Input& input = call.argument("input");
    const std::string_view collection = input["collection"].text;
    const std::span<const Input> points = input["vectors"].items;
    call.names.collection = collection;
    call.names.items = "vectors";
    call.names.vector = "data";
    if (refuse_public_key(call, input["publicKey"])) return;
    for (const Input& point : points) {
        if (refuse_public_key(call, point["publicKey"])) return;
    }
    if (points.empty()) return call.fail(codec::validation("vectors", "must not be empty"));
    if (points.size() > call.frontend->batch_points_max) {
        return call.fail(codec::validation(
            "vectors", "must be at most " + std::to_string(call.frontend->batch_points_max) + " points"));
    }
    for (size_t i = 0; i < points.size(); ++i) {
        if (call.refused_id(points[i]["id"].text, "vectors[" + std::to_string(i) + "].id", i)) return;
    }
    if (!check_lengths(call, collection, points)) return;
    const size_t dim = points[0]["data"].floats.size();
    float* rows = static_cast<float*>(call.arena->allocate(points.size() * dim * sizeof(float), 64));
    const std::span<vz_str> ids = call.arena->array<vz_str>(points.size());
    const std::span<vz_str> payloads = call.arena->array<vz_str>(points.size());
    const std::span<int64_t> expires = call.arena->array<int64_t>(points.size());
    for (size_t i = 0; i < points.size(); ++i) {
        std::memcpy(rows + i * dim, points[i]["data"].floats.data(), dim * sizeof(float));
        ids[i] = text::borrowed(points[i]["id"].text);
        payloads[i] = payload_of(points[i]["payload"]);
        if (refuse_expiry(call, payloads[i], "vectors[" + std::to_string(i) + "].")) return;
        expires[i] = expiry_of(payloads[i]);
    }
    // One record; a part of it names a time for each of its points, or for none.
    vz_write_request* first = nullptr;
    vz_write_request* last = nullptr;
    for (size_t from = 0; from < points.size();) {
        size_t to = from + 1;
        while (to < points.size() && (expires[to] != 0) == (expires[from] != 0)) ++to;
        vz_write_request* request = new_write(call, VZ_UPSERT, to - from);
        request->ids = &ids[from];
        request->payloads = &payloads[from];
        request->vectors = {rows + from * dim, to - from, 0, static_cast<uint32_t>(dim), VZ_F32};
        if (expires[from] != 0) request->expires_ms = &expires[from];
        if (first == nullptr) first = request;
        if (last != nullptr) last->next = request;
        last = request;
        from = to;
    }
    submit_write(call, collection, first);
}
FieldValue upsert_many_finish(RootCall& call) {
    if (call.failed(call.engine_calls[0])) return FieldValue::null();
    const vz_write_answer& written = call.engine_calls[0].written;
    const std::string message = "Upserted " + std::to_string(written.applied) + " vectors";
    return mutation_value(call, true, message, static_cast<int64_t>(written.applied), written.lsn);
}

// ---- deletes ----

void delete_one_begin(RootCall& call) {
    call.names.point = call.argument("id").text;
    if (call.refused_id(call.names.point, "id")) return;
    vz_write_request* request = new_write(call, VZ_DELETE, 1);
    request->ids = call.arena->make<vz_str>(text::borrowed(call.names.point));
    submit_write(call, call.argument("collection").text, request);
}
FieldValue delete_one_finish(RootCall& call) {
    if (call.failed(call.engine_calls[0])) return FieldValue::null();
    const vz_write_answer& written = call.engine_calls[0].written;
    const std::string id(call.argument("id").text);
    if (written.applied == 0) return mutation_value(call, false, "Vector not found: " + id, 0, 0);
    return mutation_value(call, true, "Vector '" + id + "' deleted", 1, written.lsn);
}

void delete_many_begin(RootCall& call) {
    const Input& input = call.argument("input");
    const bool by_ids = !input["ids"].empty();
    const bool by_filter = !input["filter"].empty();
    if (by_ids == by_filter)
        return call.fail(codec::validation("ids", "exactly one of `ids` and `filter` must be given"));
    const std::span<const Input> items = input["ids"].items;
    if (by_ids && items.empty()) return call.fail(codec::validation("ids", "must not be empty"));
    if (items.size() > call.frontend->batch_points_max) {
        return call.fail(
            codec::validation("ids", "must be at most " + std::to_string(call.frontend->batch_points_max) + " ids"));
    }
    vz_write_request* request = new_write(call, VZ_DELETE, items.size());
    if (by_ids) {
        call.names.items = "ids";
        const std::span<vz_str> ids = call.arena->array<vz_str>(items.size());
        for (size_t i = 0; i < items.size(); ++i) {
            if (call.refused_id(items[i].text, "ids[" + std::to_string(i) + "]", i)) return;
            ids[i] = text::borrowed(items[i].text);
        }
        request->ids = ids.data();
    } else {
        request->filter = filter_of(call, input["filter"]);
    }
    submit_write(call, input["collection"].text, request);
}
FieldValue delete_many_finish(RootCall& call) {
    if (call.failed(call.engine_calls[0])) return FieldValue::null();
    const vz_write_answer& written = call.engine_calls[0].written;
    const std::string message = "Deleted " + std::to_string(written.applied) + " vectors";
    return mutation_value(call, true, message, static_cast<int64_t>(written.applied), written.lsn);
}

// ---- payloads ----

void payload_begin(RootCall& call) {
    if (refuse_public_key(call, call.argument("publicKey"))) return;
    call.names.point = call.argument("id").text;
    if (call.refused_id(call.names.point, "id")) return;
    vz_write_request* request = new_write(call, VZ_UPDATE, 1);
    request->ids = call.arena->make<vz_str>(text::borrowed(call.names.point));
    request->payloads = call.arena->make<vz_str>(payload_of(call.argument("payload")));
    request->payload_mode = VZ_PAYLOAD_REPLACE;
    if (refuse_expiry(call, request->payloads[0])) return;
    set_expiry(call, *request);
    submit_write(call, call.argument("collection").text, request);
}
FieldValue payload_finish(RootCall& call) {
    if (call.failed(call.engine_calls[0])) return FieldValue::null();
    return mutation_value(call, true, "Payload of '" + std::string(call.argument("id").text) + "' replaced", 1,
                          call.engine_calls[0].written.lsn);
}

constexpr RootResolver kWriteRoots[] = {
    {"MutationRoot", "upsertVector", "Failed to upsert vector: ", "collection", upsert_one_begin, upsert_one_finish},
    {"MutationRoot", "upsertVectors", "Failed to upsert vectors: ", "input.collection", upsert_many_begin,
     upsert_many_finish},
    {"MutationRoot", "deleteVector", "Failed to delete vector: ", "collection", delete_one_begin, delete_one_finish},
    {"MutationRoot", "deleteVectors", "Failed to delete vectors: ", "input.collection", delete_many_begin,
     delete_many_finish},
    {"MutationRoot", "updatePayload", "Failed to update payload: ", "collection", payload_begin, payload_finish},
};

}  // namespace

std::span<const RootResolver> write_roots() { return kWriteRoots; }

}  // namespace vz::graphql
