// When points expire: the collection's TTL, and the time of one point.
#include <string>

#include "frontends/codec/expiry.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/text/names.hpp"

namespace vz::rest {
namespace {

using json::Value;

struct TtlCall : Call {
    int64_t seconds;  // 0: never
    vz_alter_change wanted;
    vz_alter_request request_;
};

void write_ttl(Call& base, json::Writer& out) {
    const auto& call = static_cast<TtlCall&>(base);
    out.begin_object();
    out.field("collection", call.names.collection);
    if (call.seconds == 0) {
        out.field_null("ttl_secs");
    } else {
        out.field_integer("ttl_secs", call.seconds);
    }
    out.field("status", "ok");
    out.end_object();
}

void ttl_set(Call& base) {
    if (base.op.status != VZ_OK) return fail_op(base);
    note_outcome(base, base.change.outcome);
    deliver(base, 0, &write_ttl);
}

struct ExpiryCall : Call {
    vz_str id;
    int64_t expires_ms;  // 0: never
    vz_str payload;
    vz_write_request wanted;
    vz_write_answer answer;
};

void write_expiry(Call& base, json::Writer& out) {
    const auto& call = static_cast<ExpiryCall&>(base);
    out.begin_object();
    out.field("id", view(call.id));
    out.field("collection", call.names.collection);
    if (call.expires_ms == 0) {
        out.field_null("expires_at");
    } else {
        out.field_integer("expires_at", call.expires_ms);
    }
    out.field("status", "ok");
    out.end_object();
}

void expiry_set(Call& base) {
    auto& call = static_cast<ExpiryCall&>(base);
    if (call.op.status != VZ_OK) return fail_op(call);
    note_outcome(call, call.answer.outcome);
    deliver(call, 0, &write_expiry);
}

// The one member of a body: an integer of at least 1, or null. False: the request was answered.
bool read_time(Call& call, const char* name, int64_t most, int64_t& time) {
    json::Reader reader(view(call.view->body), call.arena);
    const json::Field fields[] = {{name, 0}, {"wait", 1}};
    bool given = false;
    const bool good = reader.read(fields, [&](uint32_t id, Value value) {
        if (id == 1) return reader.skip(value);
        given = true;
        return reader.is_null(value) || reader.integer(value, 1, most, time);
    });
    if (!good) {
        fail_reading(call, reader);
    } else if (!given) {
        fail(call, codec::validation(name, "required: an integer, or null for never"));
    }
    return good && given;
}

}  // namespace

void set_ttl(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<TtlCall>(request, view_in);
    if (call == nullptr || !read_time(*call, "ttl_secs", codec::kTtlSecondsMax, call->seconds) ||
        !enter(*call, call->param(0), VZH_WRITE))
        return;
    call->wanted.struct_size = sizeof call->wanted;
    call->wanted.kind = VZ_ALTER_SET_TTL;
    call->wanted.ttl_ms = call->seconds * 1000;
    call->request_.struct_size = sizeof call->request_;
    call->request_.change_count = 1;
    call->request_.changes = &call->wanted;
    call->change.request_id = request_id(*call, 0);
    submit(*call, VZ_OP_COLLECTION_ALTER, call->names.collection, &call->request_, &call->change, &ttl_set);
}

void set_expiry(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<ExpiryCall>(request, view_in);
    if (call == nullptr || !read_time(*call, "expires_at", INT64_MAX, call->expires_ms)) return;
    const std::string_view id = call->param(1);
    if (const char* reason = text::refuse_id(id)) return fail(*call, codec::validation("id", reason));
    call->id = borrowed(id);
    call->names.point = id;
    if (!enter(*call, call->param(0), VZH_WRITE)) return;
    // The key of the payload is kept in step, for clients that look there.
    const std::string time = call->expires_ms == 0 ? "null" : std::to_string(call->expires_ms);
    const std::string_view patch = call->arena.copy("{\"" + std::string(codec::kExpiryKey) + "\":" + time + "}");
    if (patch.data() == nullptr) return fail(*call, codec::overloaded());
    call->payload = borrowed(patch);
    call->wanted.struct_size = sizeof call->wanted;
    call->wanted.kind = VZ_UPDATE;
    call->wanted.payload_mode = VZ_PAYLOAD_PATCH;
    call->wanted.count = 1;
    call->wanted.ids = &call->id;
    call->wanted.payloads = &call->payload;
    call->wanted.expires_ms = &call->expires_ms;
    call->wanted.deadline_ns = view_in->deadline_ns;
    call->wanted.request_id = request_id(*call, 0);
    call->answer.struct_size = sizeof call->answer;
    submit(*call, VZ_OP_WRITE, call->names.collection, &call->wanted, &call->answer, &expiry_set);
}

}  // namespace vz::rest
