// One point: read, put, change, delete.
#include "frontends/codec/points.hpp"
#include "frontends/codec/expiry.hpp"

#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/text/names.hpp"

namespace vz::rest {
namespace {

using json::Value;

constexpr uint32_t kRacesMax = 8;

enum PointId : uint32_t { kCollection, kId, kVector, kPayload, kWait, kFormat, kPublicKey };

constexpr json::Field kPutFields[] = {{"id", kId},           {"vector", kVector},    {"data", kVector},
                                      {"payload", kPayload}, {"metadata", kPayload}, {"public_key", kPublicKey},
                                      {"wait", kWait}};
constexpr json::Field kUpdateFields[] = {
    {"collection", kCollection}, {"id", kId},    {"vector", kVector}, {"data", kVector}, {"payload", kPayload},
    {"metadata", kPayload},      {"wait", kWait}};
constexpr json::Field kDeleteFields[] = {{"collection", kCollection}, {"id", kId}, {"wait", kWait}};
constexpr json::Field kGetFields[] = {{"collection", kCollection}, {"id", kId}, {"vector_format", kFormat}};

struct PointCall : Call {
    vz_str id;
    vz_str payload;
    int64_t expires_ms;
    const float* floats;
    uint64_t dimension;
    uint32_t tries;
    bool encrypts;
    codec::VectorFormat format;
    vz_write_request wanted;
    vz_write_answer answer;
    vz_get_request asked;
    vz_parts parts;
    vz_rows rows;
    const void* given_vector;
    vz_vector_column given;
};

// ---- reading ----

void write_point(Call& base, json::Writer& out) {
    auto& call = static_cast<PointCall&>(base);
    const vz_vector_column* column = codec::default_column(call.rows);
    out.begin_object();
    out.field("id", view(call.rows.ids[0]));
    for (const std::string_view name : {"vector", "data"}) {
        out.key(name);
        codec::write_vector(out, column, 0, call.format);
    }
    for (const std::string_view name : {"payload", "metadata"}) {
        out.key(name);
        codec::write_payload(out, call.rows, 0);
    }
    out.field("collection", call.names.collection);
    out.field("dimension", uint64_t{column == nullptr ? 0 : column->dim});
    out.field("version", call.rows.versions[0]);
    if (call.rows.expires_ms == nullptr || call.rows.expires_ms[0] == 0) {
        out.field_null("expires_at");
    } else {
        out.field_integer("expires_at", call.rows.expires_ms[0]);
    }
    out.end_object();
}

// A point that was written and cannot be shown as it is stored: what the request says of it.
void show_given(PointCall& call) {
    call.rows = vz_rows{};
    call.rows.count = 1;
    call.rows.ids = &call.id;
    call.rows.versions = &call.answer.lsn;
    call.rows.expires_ms = call.wanted.expires_ms;
    if (call.payload.data != nullptr || call.answer.created != 0) call.rows.payloads = &call.payload;
    if (call.floats != nullptr) {
        call.given_vector = call.floats;
        call.given = {sizeof call.given, 0, {}, static_cast<uint32_t>(call.dimension), VZ_F32, &call.given_vector};
        call.rows.vectors = &call.given;
        call.rows.vector_count = 1;
    }
    deliver(call, 2 * codec::estimate(call.rows, call.format), &write_point);
}

void got(Call& base) {
    auto& call = static_cast<PointCall&>(base);
    call.rows.struct_size = sizeof(vz_rows);
    const vz_status status =
        call.op.status == VZ_OK ? vz_result_rows(call.result, 0, &call.rows, &call.error) : call.op.status;
    const bool is_there = status == VZ_OK && call.rows.count != 0 && call.rows.versions[0] != 0;
    // Written, and gone again: it has expired, or another client has deleted it, or the whole collection.
    const bool was_written = call.wanted.struct_size != 0;
    if (!is_there && was_written) return show_given(call);
    if (status != VZ_OK) return fail_status(call, status);
    if (!is_there) return fail(call, codec::vector_not_found(view(call.id)));
    deliver(call, 2 * codec::estimate(call.rows, call.format), &write_point);
}

void read_back(PointCall& call) {
    call.parts.struct_size = sizeof(vz_parts);
    call.parts.flags = VZ_PARTS_PAYLOAD | VZ_PARTS_VECTORS;
    call.asked.struct_size = sizeof(vz_get_request);
    call.asked.count = 1;
    call.asked.ids = &call.id;
    call.asked.parts = &call.parts;
    // Behind a write the time is over for nothing any more.
    if (call.wanted.struct_size == 0) call.asked.deadline_ns = call.view->deadline_ns;
    submit(call, VZ_OP_GET, call.names.collection, &call.asked, &call.result, &got);
}

// False: the request was answered.
bool take_id(PointCall& call, std::string_view id) {
    if (const char* reason = text::refuse_id(id)) {
        fail(call, codec::validation("id", reason));
        return false;
    }
    call.id = borrowed(id);
    call.names.point = id;
    return true;
}

// ---- writing ----

// Collection, id, vector and payload of a body. False: the request was answered.
bool read_body(PointCall& call, std::span<const json::Field> fields, std::string_view& collection,
               std::string_view& id) {
    json::Reader reader(view(call.view->body), call.arena);
    json::Floats floats;
    const bool good = reader.read(fields, [&](uint32_t field, Value value) {
        std::string_view text;
        if (field == kWait) return reader.skip(value);
        if (reader.is_null(value)) {
            if (field == kPayload) call.payload = borrowed("{}");
            return true;
        }
        switch (field) {
            case kCollection: return reader.string(value, collection);
            case kId: return reader.id(value, id);
            case kVector:
                if (!reader.floats(value, floats, call.dimension)) return false;
                call.floats = floats.data;
                call.names.vector = reader.spelling();
                return true;
            case kFormat:
                if (!reader.string(value, text)) return false;
                if (text != "array" && text != "base64") return reader.mistake("must be \"array\" or \"base64\"");
                call.format = text == "base64" ? codec::VectorFormat::kBase64 : codec::VectorFormat::kArray;
                return true;
            case kPublicKey: call.encrypts = true; return true;
            default:
                if (!reader.raw_object(value, text)) return false;
                if (const char* reason = codec::refuse_expiry(text)) return reader.mistake(codec::kExpiryKey, reason);
                call.payload = borrowed(text);
                call.names.payload = reader.spelling();
                return true;
        }
    });
    if (!good) {
        fail_reading(call, reader);
    } else if (call.encrypts) {
        fail(call, codec::unimplemented("payload_encryption"));
    }
    return good && !call.encrypts;
}

void write_one(PointCall& call, uint32_t kind, uint32_t condition, Continue next) {
    call.wanted = vz_write_request{};
    call.wanted.struct_size = sizeof(vz_write_request);
    call.wanted.kind = kind;
    call.wanted.condition = condition;
    call.wanted.count = 1;
    call.wanted.ids = &call.id;
    if (call.dimension != 0) call.wanted.vectors = {call.floats, 1, 0, static_cast<uint32_t>(call.dimension), VZ_F32};
    if (call.payload.data != nullptr) {
        call.wanted.payloads = &call.payload;
        if (const auto expiry = codec::expiry_of(view(call.payload))) {
            call.expires_ms = *expiry;
            call.wanted.expires_ms = &call.expires_ms;
        }
    }
    call.wanted.deadline_ns = call.view->deadline_ns;
    call.wanted.request_id = request_id(call, 0);
    call.answer = vz_write_answer{};
    call.answer.struct_size = sizeof(vz_write_answer);
    submit(call, VZ_OP_WRITE, call.names.collection, &call.wanted, &call.answer, next);
}

void write_done(Call& base, json::Writer& out, const char* verb) {
    auto& call = static_cast<PointCall&>(base);
    out.field("message",
              std::string("Vector '").append(view(call.id)).append("' ").append(verb).append(" successfully"));
}

void write_updated(Call& base, json::Writer& out) {
    auto& call = static_cast<PointCall&>(base);
    out.begin_object();
    write_done(call, out, "updated");
    out.field("id", view(call.id));
    out.field("collection", call.names.collection);
    out.end_object();
}

void write_deleted(Call& base, json::Writer& out) {
    out.begin_object();
    write_done(base, out, "deleted");
    out.field_boolean("success", true);
    out.end_object();
}

void updated(Call& base) {
    auto& call = static_cast<PointCall&>(base);
    if (call.op.status != VZ_OK) return fail_op(call);
    note_outcome(call, call.answer.outcome);
    deliver(call, 0, &write_updated);
}

void deleted(Call& base) {
    auto& call = static_cast<PointCall&>(base);
    if (call.op.status != VZ_OK) return fail_op(call);
    note_outcome(call, call.answer.outcome);
    deliver(call, 0, &write_deleted);
}

// PUT: update; if the point is absent insert it; if another writer was faster, update again.
void put_updated(Call& base);

void put_inserted(Call& base) {
    auto& call = static_cast<PointCall&>(base);
    if (call.op.status == VZ_ALREADY_EXISTS && ++call.tries < kRacesMax)
        return write_one(call, VZ_UPDATE, VZ_IF_ALWAYS, &put_updated);
    if (call.op.status != VZ_OK) return fail_op(call);
    note_outcome(call, call.answer.outcome);
    read_back(call);
}

void put_updated(Call& base) {
    auto& call = static_cast<PointCall&>(base);
    const bool absent = call.op.status == VZ_NOT_FOUND && call.error.reason == VZ_REASON_POINT;
    if (absent && call.dimension != 0) return write_one(call, VZ_UPSERT, VZ_IF_ABSENT, &put_inserted);
    if (call.op.status != VZ_OK) return fail_op(call);
    note_outcome(call, call.answer.outcome);
    read_back(call);
}

void remove(PointCall& call, std::string_view collection, std::string_view id) {
    if (!take_id(call, id) || !enter(call, collection, VZH_WRITE)) return;
    write_one(call, VZ_DELETE, VZ_IF_PRESENT, &deleted);
}

PointCall* begin_point(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<PointCall>(request, view_in);
    if (call != nullptr) call->format = codec::VectorFormat::kArray;
    return call;
}

// False: the request was answered.
bool require(Call& call, std::string_view collection, std::string_view id) {
    if (collection.data() != nullptr && id.data() != nullptr) return true;
    fail(call, codec::validation(collection.data() == nullptr ? "collection" : "id", "required"));
    return false;
}

}  // namespace

void get_vector(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_point(request, view_in);
    if (call == nullptr || !query_format(*call, call->format) || !take_id(*call, call->param(1))) return;
    if (enter(*call, call->param(0), VZH_READ)) read_back(*call);
}

void get_vector_by_body(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_point(request, view_in);
    std::string_view collection;
    std::string_view id;
    if (call == nullptr || !read_body(*call, kGetFields, collection, id) || !require(*call, collection, id) ||
        !take_id(*call, id))
        return;
    if (enter(*call, collection, VZH_READ)) read_back(*call);
}

void put_vector(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_point(request, view_in);
    std::string_view collection;
    std::string_view id;
    if (call == nullptr || !read_body(*call, kPutFields, collection, id)) return;
    if (id.data() != nullptr && id != call->param(1))
        return fail(*call, codec::validation("id", "differs from the id in the path"));
    if (call->dimension == 0 && call->payload.data == nullptr) {
        return fail(*call, codec::validation("vector", "required, unless there is a payload"));
    }
    if (!take_id(*call, call->param(1)) || !enter(*call, call->param(0), VZH_WRITE)) return;
    write_one(*call, VZ_UPDATE, VZ_IF_ALWAYS, &put_updated);
}

void update_vector(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_point(request, view_in);
    std::string_view collection;
    std::string_view id;
    if (call == nullptr || !read_body(*call, kUpdateFields, collection, id) || !require(*call, collection, id)) return;
    if (call->dimension == 0 && call->payload.data == nullptr) {
        return fail(*call, codec::validation("vector", "required, unless there is a payload"));
    }
    if (!take_id(*call, id) || !enter(*call, collection, VZH_WRITE)) return;
    write_one(*call, VZ_UPDATE, VZ_IF_ALWAYS, &updated);
}

void delete_vector(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_point(request, view_in);
    if (call != nullptr) remove(*call, call->param(0), call->param(1));
}

void delete_vector_by_body(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_point(request, view_in);
    std::string_view collection;
    std::string_view id;
    if (call == nullptr || !read_body(*call, kDeleteFields, collection, id) || !require(*call, collection, id)) return;
    remove(*call, collection, id);
}

}  // namespace vz::rest
