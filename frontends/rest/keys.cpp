// API keys made over the API: durable values of the database, of which only hashes are kept.
#include <sys/random.h>

#include <array>
#include <ctime>
#include <mutex>
#include <span>
#include <string>

#include "frontends/codec/element.hpp"
#include "frontends/http/stored_keys.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/list.hpp"
#include "frontends/text/hex.hpp"

namespace vz::rest {
namespace {

constexpr int64_t kExpiresInMax = int64_t{100} * 366 * 86400;
constexpr size_t kNameBytesMax = 128;

enum FieldId : uint32_t { kName, kPermissions, kExpiresIn, kScopes, kWait };
constexpr json::Field kFields[] = {
    {"name", kName}, {"permissions", kPermissions}, {"expires_in", kExpiresIn}, {"scopes", kScopes}, {"wait", kWait}};
constexpr json::Field kScopeFields[] = {{"collection", 0}, {"permissions", 1}};

struct KeyCall : Call {
    vzh_key key;
    vz_str plain;
    int64_t expires_in;
};

const char* name_of(uint32_t permission) {
    if (permission == VZH_READ) return "read";
    return permission == VZH_WRITE ? "write" : "admin";
}

constexpr size_t kIdBytes = 8;
constexpr size_t kSecretBytes = 32;

// Empty: there is no randomness.
std::string random_text(size_t bytes) {
    std::array<unsigned char, kSecretBytes> bits{};
    if (::getrandom(bits.data(), bytes, 0) != static_cast<ssize_t>(bytes)) return "";
    return text::hex(std::span(bits).first(bytes));
}

// Under an Idempotency-Key the id follows from it, so that a repeat can name the key that was made.
std::string id_of_new_key(const Call& call) {
    if (call.view->idempotency_key.size == 0) return random_text(kIdBytes);
    const vz_uuid request = request_id(call, 1);
    return text::hex(std::span(request.bytes).first(kIdBytes));
}

// ---- reading ----

bool read_permissions(json::Reader& reader, json::Value value, uint32_t& highest, uint32_t& named) {
    const bool good = reader.array(value, [&](uint64_t, json::Value element) {
        std::string_view name;
        if (!reader.string(element, name)) return false;
        const uint32_t permission = name == "read"    ? VZH_READ
                                    : name == "write" ? VZH_WRITE
                                    : name == "admin" ? VZH_ADMIN
                                                      : VZH_OPEN;
        if (permission == VZH_OPEN) return reader.mistake("must be read, write or admin");
        highest = std::max(highest, permission);
        named |= 1U << permission;
        return true;
    });
    return good && (highest != VZH_OPEN || reader.mistake("must not be empty"));
}

bool is_plain(std::string_view text, size_t most) {
    return !text.empty() && text.size() <= most &&
           text.find_first_of(std::string_view("\n\r\0", 3)) == std::string_view::npos;
}

bool read_scope(json::Reader& reader, json::Value value, vzh_key_scope& scope) {
    std::string_view pattern;
    const bool good = reader.object(value, kScopeFields, [&](uint32_t id, json::Value member) {
        if (reader.is_null(member)) return true;
        return id == 0 ? reader.string(member, pattern)
                       : read_permissions(reader, member, scope.permission, scope.named);
    });
    if (!good) return false;
    if (vzh_is_scope(borrowed(pattern)) == 0) {
        return reader.mistake("collection",
                              "must be the name of a collection, or the beginning of names and one final *");
    }
    scope.collection = borrowed(pattern);
    return true;
}

bool read_field(json::Reader& reader, uint32_t id, json::Value value, KeyCall& call, List<vzh_key_scope>& scopes) {
    if (id == kWait || reader.is_null(value)) return reader.skip(value);
    std::string_view name;
    switch (id) {
        case kName:
            if (!reader.string(value, name)) return false;
            call.key.name = borrowed(name);
            return is_plain(name, kNameBytesMax) || reader.mistake("must be one line of 1 to 128 bytes");
        case kPermissions: return read_permissions(reader, value, call.key.permission, call.key.named);
        case kExpiresIn: return reader.integer(value, 1, kExpiresInMax, call.expires_in);
        default:
            return reader.array(value, [&](uint64_t, json::Value element) {
                vzh_key_scope* scope = scopes.add();
                return scope == nullptr ? reader.out_of_memory() : read_scope(reader, element, *scope);
            });
    }
}

// ---- writing ----

void write_permissions(json::Writer& out, uint32_t highest, uint32_t named) {
    out.key("permissions");
    out.begin_array();
    for (const uint32_t permission : {VZH_READ, VZH_WRITE, VZH_ADMIN}) {
        if (permission == highest || (named >> permission & 1) != 0) out.string(name_of(permission));
    }
    out.end_array();
}

void write_key(json::Writer& out, const vzh_key& key) {
    out.field("id", view(key.id));
    out.field("name", view(key.name));
    write_permissions(out, key.permission, key.named);
    out.key("scopes");
    out.begin_array();
    for (uint32_t i = 0; i < key.scope_count; ++i) {
        out.begin_object();
        out.field("collection", view(key.scopes[i].collection));
        write_permissions(out, key.scopes[i].permission, key.scopes[i].named);
        out.end_object();
    }
    out.end_array();
    out.field_integer("created_at", key.created_s);
}

void write_expiry(json::Writer& out, const vzh_key& key) {
    if (key.expires_s == 0) {
        out.field_null("expires_at");
    } else {
        out.field_integer("expires_at", key.expires_s);
    }
}

void write_created(Call& base, json::Writer& out) {
    const auto& call = static_cast<KeyCall&>(base);
    out.begin_object();
    out.field("api_key", view(call.plain));
    write_key(out, call.key);
    write_expiry(out, call.key);
    out.field("warning", "Store this key now; it is not shown again.");
    out.end_object();
}

void write_list(Call& call, json::Writer& out) {
    out.begin_object();
    out.key("keys");
    out.begin_array();
    vzh_each_key(
        call.frontend->mount,
        [](void* user, const vzh_key* key) VZ_NOEXCEPT {
            auto& to = *static_cast<json::Writer*>(user);
            to.begin_object();
            write_key(to, *key);
            if (key->uses == 0) {
                to.field_null("last_used");
            } else {
                to.field_integer("last_used", key->last_used_s);
            }
            write_expiry(to, *key);
            to.field_boolean("active", key->expires_s == 0 || key->expires_s > std::time(nullptr));
            to.field("usage_count", key->uses);
            to.field("source", key->stored != 0 ? "api" : "config");
            to.end_object();
        },
        &out);
    out.end_array();
    out.end_object();
}

void write_deleted(Call& call, json::Writer& out) {
    out.begin_object();
    out.field("message", "Key '" + std::string(call.param(0)) + "' revoked");
    out.field_boolean("success", true);
    out.end_object();
}

// ---- doing ----

// What is known of the keys in force.
struct Census {
    std::string_view id;  // asked for
    bool found = false;
    bool stored = false;
    bool is_admin = false;
    size_t keys = 0;
    size_t other_admins = 0;  // that can make keys for good when `id` is gone
};

Census take_census(vzh_mount* mount, std::string_view id) {
    Census census;
    census.id = id;
    vzh_each_key(
        mount,
        [](void* user, const vzh_key* key) VZ_NOEXCEPT {
            auto& seen = *static_cast<Census*>(user);
            const bool is_admin = key->permission == VZH_ADMIN && key->scope_count == 0;
            ++seen.keys;
            if (view(key->id) == seen.id) {
                seen.found = true;
                seen.stored = key->stored != 0;
                seen.is_admin = is_admin;
            } else if (is_admin && key->expires_s == 0) {
                ++seen.other_admins;
            }
        },
        &census);
    return census;
}

// One durable edit, then the keys in force are what the database says. False: the request was answered.
bool put(Call& call, std::string_view id, vz_str text) {
    const std::string name = std::string(VZH_STORED_KEYS) + std::string(id);
    vz_value value{};
    value.struct_size = sizeof value;
    value.key = borrowed(name);
    value.value = text;
    vz_value_request request{};
    request.struct_size = sizeof request;
    request.value_count = 1;
    request.values = &value;
    call.change.request_id = request_id(call, 0);
    call.submitted_ns = steady_ns();
    vz_status status = vz_value_put(call.frontend->engine, &request, &call.change, &call.error);
    ended(call);
    if (status == VZ_OK) status = http::load_stored_keys(call.frontend->engine, &call.error);
    if (status == VZ_OK) return true;
    fail_status(call, status);
    return false;
}

void refuse_repeat(Call& call, const std::string& id) {
    note_outcome(call, VZ_REPLAYED);
    fail(call, codec::conflict("this request has made the key '" + id + "' before; its secret is not shown again"));
}

void create(Call& base) {
    auto& call = static_cast<KeyCall&>(base);
    const std::scoped_lock lock(call.frontend->keys_mutex);
    const std::string id = id_of_new_key(call);
    const std::string secret = random_text(kSecretBytes);
    if (id.empty() || secret.empty()) return fail(call, codec::overloaded());
    const Census census = take_census(call.frontend->mount, id);
    if (census.found) return refuse_repeat(call, id);
    const bool is_useful = call.key.permission == VZH_ADMIN && call.key.scope_count == 0 && call.expires_in == 0;
    if (census.keys == 0 && !is_useful) {
        return fail(call,
                    codec::validation(
                        "permissions",
                        "the first key must have admin, no scopes and no expiry: from then on keys are required"));
    }
    call.key.id = borrowed(call.arena.copy(id));
    call.plain = borrowed(call.arena.copy("vz_" + secret));
    if (call.key.id.data == nullptr || call.plain.data == nullptr) return fail(call, codec::overloaded());
    call.key.created_s = std::time(nullptr);
    call.key.expires_s = call.expires_in == 0 ? 0 : call.key.created_s + call.expires_in;
    vzh_hash_key(call.plain, call.key.hash);
    std::string text;
    vzh_encode_key(
        &call.key, [](void* user, vz_str part) VZ_NOEXCEPT { static_cast<std::string*>(user)->assign(view(part)); },
        &text);
    if (!put(call, id, borrowed(text))) return;
    if (call.change.outcome == VZ_REPLAYED) return refuse_repeat(call, id);  // though the key is revoked by now
    deliver(call, 0, &write_created);
}

void answer_gone(Call& call) {
    const auto was_revoked = was_done(call, 0);
    if (!was_revoked) return;
    if (!*was_revoked) return fail(call, codec::key_not_found(call.param(0)));
    note_outcome(call, VZ_REPLAYED);
    deliver(call, 0, &write_deleted);
}

void revoke(Call& call) {
    const std::scoped_lock lock(call.frontend->keys_mutex);
    const Census census = take_census(call.frontend->mount, call.param(0));
    if (!census.found) return answer_gone(call);
    if (!census.stored) return fail(call, codec::conflict("key from the configuration"));
    if (census.is_admin && census.other_admins == 0) return fail(call, codec::conflict("last admin key"));
    if (!put(call, call.param(0), vz_str{})) return;
    // Nobody may believe a key revoked that is not.
    if (call.change.outcome == VZ_REPLAYED)
        return fail(call,
                    codec::conflict(
                        "this request has revoked a key of that id before; the one that is there now was not revoked"));
    deliver(call, 0, &write_deleted);
}

}  // namespace

void create_key(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<KeyCall>(request, view_in);
    if (call == nullptr) return;
    List<vzh_key_scope> scopes(call->arena);
    json::Reader reader(view(view_in->body), call->arena);
    if (!reader.read(kFields,
                     [&](uint32_t id, json::Value value) { return read_field(reader, id, value, *call, scopes); })) {
        return fail_reading(*call, reader);
    }
    if (call->key.name.data == nullptr) return fail(*call, codec::validation("name", "required"));
    if (call->key.permission == VZH_OPEN) return fail(*call, codec::validation("permissions", "required"));
    for (uint64_t i = 0; i < scopes.size(); ++i) {
        if (scopes[i].permission > call->key.permission) {
            return fail(*call, codec::validation("scopes[" + std::to_string(i) + "].permissions",
                                                 "name more than the key itself may"));
        }
        if (scopes[i].permission != VZH_OPEN) continue;
        scopes[i].permission = call->key.permission;
        scopes[i].named = call->key.named;
    }
    call->key.scopes = scopes.data();
    call->key.scope_count = static_cast<uint32_t>(scopes.size());
    on_worker(*call, &create);
}

void list_keys(vzh_request* request, const vzh_view* view_in) {
    if (auto* call = begin<Call>(request, view_in)) deliver(*call, 64 * 1024, &write_list);
}

void revoke_key(vzh_request* request, const vzh_view* view_in) {
    if (auto* call = begin<Call>(request, view_in)) on_worker(*call, &revoke);
}

}  // namespace vz::rest
