// What a request's head decides: who may talk to us, where the request goes, whether its body is welcome.
#include <arpa/inet.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "frontends/http/clock.hpp"
#include "frontends/http/connection.hpp"
#include "frontends/http/gzip.hpp"
#include "frontends/http/listener.hpp"
#include "frontends/text/spelling.hpp"

namespace vz::http {
namespace {

constexpr uint64_t kInlineBodyBytes = 64 * 1024;
constexpr uint64_t kTimeoutMsMax = 600000;
constexpr size_t kSentIdBytesMax = 128;
constexpr std::string_view kQueryKey = "api_key";

bool is_visible(std::string_view text, size_t most) {
    return !text.empty() && text.size() <= most &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

uint64_t random_bits() {
    thread_local uint64_t state = [] {
        uint64_t seed = 0;
        if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = static_cast<uint64_t>(clock_ns());
        return seed;
    }();
    // splitmix64: ids must differ, not be secret.
    state += 0x9e3779b97f4a7c15U;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

// A version 7 UUID.
std::string_view make_id(std::array<char, 36>& out) {
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    const auto ms = static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
    const uint64_t high = ms << 16 | 0x7000 | (random_bits() & 0xfff);
    const uint64_t low = (random_bits() >> 2) | 0x8000000000000000U;
    size_t at = 0;
    for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) out[at++] = '-';
        const auto part = i < 16 ? high >> (60 - 4 * i) : low >> (60 - 4 * (i - 16));
        out[at++] = "0123456789abcdef"[part & 15];
    }
    return {out.data(), out.size()};
}

std::string_view without_port(std::string_view host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.find(':'));
}

// Whether `host` is the address at which this very client reached us: no name, so no rebinding either.
bool is_local_address(std::string_view host, int descriptor) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
    char text[INET6_ADDRSTRLEN] = {};
    if (address.ss_family == AF_INET) {
        inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&address)->sin_addr, text, sizeof text);
        return host == text;
    }
    inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr, text, sizeof text);
    return host.starts_with('[') && host.ends_with(']') && host.substr(1, host.size() - 2) == text;
}

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const auto end = list.find(' ');
        if (list.substr(0, end) == word) return true;
        list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
    }
    return false;
}

std::string unknown_parameter_reason(std::string_view name, std::string_view allowed) {
    std::string best;
    size_t best_distance = 3;
    std::string names(allowed);
    names.append(" timeout_ms");
    for (std::string_view rest = names; !rest.empty() && name.size() <= 64;) {
        const auto end = rest.find(' ');
        const auto word = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        const auto distance = word.empty() ? best_distance : text::edit_distance(name, word);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = word;
    }
    return best.empty() ? "unknown field" : "unknown field; did you mean \"" + best + "\"?";
}

Refusal invalid_field(std::string_view field, std::string_view reason) {
    std::string details = "{\"field\":";
    append_json_string(field, details);
    details.append(",\"reason\":");
    append_json_string(reason, details);
    details.push_back('}');
    return {400, "validation_error", std::string("Invalid ").append(field).append(": ").append(reason),
            std::move(details)};
}

Refusal bad_request(std::string_view reason) {
    return {400, "bad_request", std::string("The request is malformed: ").append(reason),
            json_object("reason", reason)};
}

Refusal unavailable(std::string_view reason, std::string_view message) {
    return {503, "service_unavailable", std::string(message), json_object("reason", reason)};
}

Refusal forbidden(uint32_t required, std::string_view message) {
    return {403, "authorization_error", std::string(message),
            json_object("required", access::permission_name(required))};
}

// The key of an Authorization field: "Bearer K", or K itself.
std::string_view without_scheme(std::string_view value) {
    constexpr std::string_view kBearer = "bearer ";
    if (value.size() < kBearer.size() || !text::same_but_for_case(value.substr(0, kBearer.size()), kBearer))
        return value;
    value.remove_prefix(kBearer.size());
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
}

// Lower case, without parameters.
std::string_view media_type(std::string_view text, std::string& out) {
    text = text::trim(text.substr(0, text.find(';')));
    if (std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return text;
    out.assign(text);
    std::transform(out.begin(), out.end(), out.begin(), text::lower);
    return out;
}

bool is_empty_object(std::string_view text) {
    std::string_view rest = text;
    if (constexpr std::string_view kMark = "\xEF\xBB\xBF"; rest.starts_with(kMark)) rest.remove_prefix(kMark.size());
    const auto skip = [&] { rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size())); };
    skip();
    if (rest.empty()) return true;
    if (rest.front() != '{') return false;
    rest.remove_prefix(1);
    skip();
    if (rest.empty() || rest.front() != '}') return false;
    rest.remove_prefix(1);
    skip();
    return rest.empty();
}

std::string_view text_or_empty(const char* text) {
    return text != nullptr ? std::string_view(text) : std::string_view();
}

}  // namespace

void Listener::identify(vzh_request& r) {
    if (r.begun_ns == 0) r.begun_ns = clock_ns();
    if (r.view.request_id.data != nullptr) return;
    if (is_visible(r.head.request_id, kSentIdBytesMax)) {
        r.view.request_id = to_str(r.head.request_id);
    } else if (is_visible(r.head.correlation_id, kSentIdBytesMax)) {
        r.view.request_id = to_str(r.head.correlation_id);
    } else {
        r.view.request_id = to_str(make_id(r.made_id));
    }
}

void Listener::admit(vzh_request& r, uint64_t body_bytes, int descriptor) {
    identify(r);
    r.view.method = to_str(r.head.method);
    r.view.deadline_ns = r.begun_ns + static_cast<int64_t>(settings_.default_timeout_ms) * 1'000'000;
    r.refusal = check(r, body_bytes, descriptor);
    if (!r.refusal) {
        r.counted = true;
        r.view.route = r.endpoint->route;
        auto* mount = r.mount();
        if (mount != nullptr) {
            r.view.user = mount->user;
            mount->in_flight.fetch_add(1, std::memory_order_relaxed);
        }
        // Counted first, so that two that come together cannot both take the last place.
        if (in_flight_.fetch_add(1, std::memory_order_relaxed) >= static_cast<int64_t>(settings_.limits.requests) &&
            mount != nullptr) {
            r.refusal = unavailable("overloaded", "Too many requests are in flight");
        } else if (mount != nullptr && mount->state.load(std::memory_order_acquire) != MountState::kServing) {
            const bool starting = mount->state.load() == MountState::kDeclared;
            r.refusal = starting ? unavailable("starting", "This part of the server is starting")
                                 : unavailable("draining", "The server is shutting down");
            r.refusal.close = true;
        }
    }
}

// Finds who answers. The request holds the mount from here on, also when it is refused; whoever takes the mount away
// waits for those that are between the router and the mount.
Router::Match Listener::route(vzh_request& r, std::string_view path) {
    routing_.fetch_add(1);
    const auto match = router_.load()->find(path, r.arena, r.params.data());
    if (match.found == Router::Found::kPath) r.endpoint = Router::endpoint(*match.node, r.head.method);
    if (auto* mount = r.mount()) mount->held.fetch_add(1, std::memory_order_relaxed);
    routing_.fetch_sub(1);
    return match;
}

bool Listener::serves(vzh_request& r, std::string_view path) {
    std::array<vz_kv, kSegmentsMax> params;
    routing_.fetch_add(1);
    const auto match = router_.load()->find(path, r.arena, params.data());
    const bool is_served = match.found == Router::Found::kPath && Router::endpoint(*match.node, "GET") != nullptr;
    routing_.fetch_sub(1);
    return is_served;
}

Refusal Listener::nothing_at(std::string_view path) const {
    Refusal refusal{404, "not_found", std::string("There is nothing at ").append(path), json_object("path", path)};
    const std::string near = router_.load(std::memory_order_acquire)->nearest(path);
    if (near.empty()) return refusal;
    refusal.details.pop_back();
    refusal.details.append(",\"did_you_mean\":");
    append_json_string(near, refusal.details);
    refusal.details.push_back('}');
    return refusal;
}

// Probes, metrics and OPTIONS: they cost little, and who watches the server is not shut out.
bool Listener::is_answered_here(const vzh_request& r, const Router::Match& match) {
    if (match.found != Router::Found::kPath) return false;
    return r.endpoint == nullptr ? r.head.method == "OPTIONS" : r.endpoint->mount == nullptr;
}

Refusal Listener::check(vzh_request& r, uint64_t body_bytes, int descriptor) {
    if (body_bytes != UINT64_MAX && body_bytes > body_bytes_max()) {
        return {413, "payload_too_large", "The request body is too large", json_limit(body_bytes_max()), true};
    }
    if (r.head.expect == Expect::kOther) {
        return {417, "bad_request", "The only expectation here is 100-continue",
                json_object("reason", "unknown expectation"), true};
    }
    const auto target = split_target(r.head.target);
    if (!target) return bad_request("the target is neither a path nor an http URL");
    r.view.path = to_str(target->path);
    if (auto refusal = check_access(r, *target, descriptor)) return refusal;

    if (target->path == "*") {
        if (r.head.method != "OPTIONS") return bad_request("only OPTIONS has the target *");
        r.field("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        return {204, "", "", ""};
    }
    if (auto refusal = split_parameters(r, target->query)) return refusal;
    auto unknown = r.head.method == "OPTIONS" ? Refusal() : identify_key(r);
    const auto match = route(r, target->path);
    const auto* endpoint = r.endpoint;  // whatever is refused from here on is counted for its route
    const bool lacks_key = unknown && (endpoint == nullptr || endpoint->route->permission != VZH_OPEN);
    if (lacks_key || !is_answered_here(r, match)) {
        if (auto refusal = check_rate(r)) return refusal;
    }
    if (match.found == Router::Found::kBadEscape) return bad_request("the path holds a bad percent-escape");
    if (match.found == Router::Found::kNoPath) {
        if (unknown) return unknown;
        return nothing_at(target->path);
    }
    if (r.head.method == "OPTIONS" && endpoint == nullptr) {
        if (body_bytes != 0) return bad_request("OPTIONS has no body here");
        r.field("Allow", Router::allow(*match.node));
        if (r.cors) {
            r.field("Access-Control-Allow-Methods", Router::allow(*match.node));
            if (!r.head.requested_headers.empty()) r.field("Access-Control-Allow-Headers", r.head.requested_headers);
            r.field("Access-Control-Max-Age", "600");
        }
        return {204, "", "", ""};
    }
    if (lacks_key) return unknown;
    if (endpoint == nullptr) {
        r.field("Allow", Router::allow(*match.node));
        return {405, "method_not_allowed", std::string(r.head.method) + " is not possible here",
                json_object("allow", Router::allow(*match.node))};
    }
    Router::name_params(*match.node, *endpoint, r.params.data());
    r.view.params = r.params.data();
    r.view.param_count = match.param_count;
    const auto permission = endpoint->route->permission & ~VZH_WHOLE;
    if (!r.may(permission)) return forbidden(permission, "The key lacks a permission");
    if (r.is_limited() && (endpoint->route->permission & VZH_WHOLE) != 0) {
        return forbidden(permission, "This route speaks of the whole server, the key of some collections only");
    }
    if (auto refusal = check_query(r)) return refusal;
    return check_body_rules(r, body_bytes);
}

// Without keys, whoever reaches us must have meant us: a page of another site must not, and neither must a name that
// was bound to our address.
Refusal Listener::check_access(vzh_request& r, const Target& target, int descriptor) {
    const auto authority = target.authority.empty() ? r.head.host : target.authority;
    const auto name = without_port(authority);
    if (!name.empty() && !ring_.load()) {
        const auto& allowed = settings_.allowed_hosts;
        const bool ours = text::same_but_for_case(name, "127.0.0.1") || text::same_but_for_case(name, "localhost") ||
                          name == "[::1]" || text::same_but_for_case(name, settings_.host) ||
                          std::any_of(allowed.begin(), allowed.end(),
                                      [&](const auto& each) { return text::same_but_for_case(name, each); }) ||
                          is_local_address(name, descriptor);
        if (!ours) {
            return {421, "misdirected_request",
                    "This server does not answer to this host name; see server.http.allowed_hosts",
                    json_object("host", authority)};
        }
    }
    const auto origin = r.head.origin;
    if (origin.empty()) return {};
    const auto& configured = settings_.cors_origins;
    r.cors = std::any_of(configured.begin(), configured.end(),
                         [&](const auto& each) { return each == "*" || each == origin; });
    const bool own = origin.starts_with("http://") && text::same_but_for_case(origin.substr(7), authority);
    if (r.cors || own) return {};
    return {403, "origin_not_allowed",
            "Requests from pages of this origin are not allowed; see server.http.cors_origins",
            json_object("origin", origin)};
}

Refusal Listener::split_parameters(vzh_request& r, std::string_view query) {
    if (query.empty()) return {};
    const auto count = split_query(query, r.arena, r.query.data());
    if (!count) return bad_request("the query holds a bad percent-escape or too many parameters");
    r.view.query = r.query.data();
    r.view.query_count = *count;
    return {};
}

Refusal Listener::identify_key(vzh_request& r) {
    r.ring = ring_.load();
    if (!r.ring) return {};
    const auto unauthorized = [](std::string_view message) {
        return Refusal{401, "authentication_error", std::string(message), ""};
    };
    if (r.head.repeated_key) return unauthorized("The field that carries the API key came twice");
    auto key = r.head.api_key.empty() ? without_scheme(r.head.authorization) : r.head.api_key;
    for (uint32_t i = 0; i < r.view.query_count; ++i) {
        if (to_view(r.query[i].key) != kQueryKey) continue;
        if (!settings_.allow_query_key) {
            return unauthorized(
                "A key in a URL ends up in logs: send it as X-API-Key, or see server.auth.allow_query_key");
        }
        if (key.empty()) key = to_view(r.query[i].value);
    }
    if (key.empty()) return unauthorized("An API key is needed: send it as X-API-Key or as Authorization: Bearer");
    const auto now_s = clock_unix_s();
    const auto* entry = r.ring->find(key, now_s);
    if (entry == nullptr) return unauthorized("The API key is unknown or has expired");
    entry->use->add(now_s);
    r.key = &entry->key;
    r.view.key_id = to_str(entry->key.id);
    return {};
}

Refusal Listener::check_rate(const vzh_request& r) {
    if (key_rate_.is_off()) return {};
    const bool by_key = r.key != nullptr;
    const bool is_open = r.endpoint != nullptr && r.endpoint->route->permission == VZH_OPEN;
    RateLimit& rate = by_key ? key_rate_ : is_open ? open_rate_ : address_rate_;
    if (rate.take(by_key ? r.key->id : network_of(r.connection->peer()), r.begun_ns)) return {};
    std::string details = by_key ? R"({"limit_type":"key","limit":)" : R"({"limit_type":"address","limit":)";
    details.append(std::to_string(settings_.limits.requests_per_second)).append("}");
    return {429, "rate_limit_exceeded", "Too many requests in a second", std::move(details)};
}

Refusal Listener::check_query(vzh_request& r) {
    const uint32_t count = r.view.query_count;
    const auto& route = *r.endpoint->route;
    const auto allowed = text_or_empty(route.query);
    bool has_timeout = false;
    for (uint32_t i = 0; i < count; ++i) {
        const auto name = to_view(r.query[i].key);
        if (name == kQueryKey && r.ring && settings_.allow_query_key) continue;
        if (name == "timeout_ms") {
            const auto value = to_view(r.query[i].value);
            uint64_t ms = 0;
            const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), ms);
            if (has_timeout || code != std::errc() || end != value.data() + value.size() || ms < 1 ||
                ms > kTimeoutMsMax) {
                return invalid_field("timeout_ms", "must be one whole number from 1 to 600000");
            }
            has_timeout = true;
            r.view.deadline_ns = r.begun_ns + static_cast<int64_t>(ms) * 1'000'000;
        } else if (route.query_any == 0 && !has_word(allowed, name)) {
            return invalid_field(name, unknown_parameter_reason(name, allowed));
        }
        const bool differs = std::any_of(r.query.begin(), r.query.begin() + i, [&](const vz_kv& earlier) {
            return to_view(earlier.key) == name && to_view(earlier.value) != to_view(r.query[i].value);
        });
        if (differs) return invalid_field(name, "given twice with different values");
    }
    return {};
}

Refusal Listener::check_body_rules(vzh_request& r, uint64_t body_bytes) {
    const auto method = r.head.method;
    r.view.accept = to_str(r.head.accept);
    if (r.head.idempotency_key.data() != nullptr) {
        if (r.head.repeated_idempotency_key) return invalid_field("Idempotency-Key", "came twice");
        if (!is_visible(r.head.idempotency_key, kSentIdBytesMax))
            return invalid_field("Idempotency-Key", "must be 1 to 128 visible ASCII characters");
        r.view.idempotency_key = to_str(r.head.idempotency_key);
    }
    if (body_bytes != 0 && (method == "GET" || method == "HEAD" || method == "OPTIONS")) {
        return bad_request(std::string(method) + " has no body here");
    }
    const auto type = media_type(r.head.content_type, r.lower_type);
    if (!type.empty()) r.view.content_type = to_str(type);
    if (body_bytes == 0) return {};
    if (r.head.repeated) return bad_request("Content-Type or Content-Encoding came twice");
    if (r.endpoint->route->body == VZH_BODY_JSON && type != "application/json") {
        return {415, "unsupported_media_type", "This route takes application/json",
                R"({"accepted":["application/json"]})"};
    }
    const auto encoding = r.head.content_encoding;
    if (!encoding.empty() && !text::same_but_for_case(encoding, "gzip") &&
        !text::same_but_for_case(encoding, "identity")) {
        return {415, "unsupported_media_type", "The only content coding here is gzip",
                R"({"accepted":["gzip","identity"]})"};
    }
    return {};
}

void Listener::deliver(vzh_request& r) {
    if (r.refusal) {
        // However it is answered: a body that was left unread must not be taken for the next request.
        r.close = r.close || r.refusal.close;
        if (r.refusal.status == 204) return answer_options(r);
        if (std::string_view(r.refusal.type) == "tls") return r.text(400, r.refusal.message);
        return r.refuse(r.refusal);
    }
    const bool zipped = r.body.size() != 0 && text::same_but_for_case(r.head.content_encoding, "gzip");
    if (!zipped && r.body.size() <= kInlineBodyBytes) return hand_over(r);
    r.post([](vzh_request& request) {
        if (text::same_but_for_case(request.head.content_encoding, "gzip")) {
            const auto limit = request.listener.body_bytes_max();
            switch (inflate_gzip({request.body.data(), request.body.size()}, limit, request.inflated)) {
                case Inflated::kDone: break;
                case Inflated::kBad: return request.refuse(bad_request("the body is not gzip"));
                case Inflated::kTooLarge:
                    return request.refuse(
                        {413, "payload_too_large", "The inflated request body is too large", json_limit(limit)});
                case Inflated::kNoMemory:
                    return request.refuse(unavailable("overloaded", "The server is out of memory"));
            }
            request.body.reset(0);
            std::swap(request.body, request.inflated);
            if (!request.listener.budget().charge_body(request)) {
                return request.refuse(unavailable("overloaded", "Too many request bodies are in memory"));
            }
        }
        request.listener.hand_over(request);
    });
}

void Listener::answer_options(vzh_request& r) { r.reply(204, ""); }

void Listener::hand_over(vzh_request& r) {
    r.body.seal();
    const std::string_view body(r.body.data(), r.body.size());
    if (r.endpoint->route->body == VZH_BODY_NONE && !body.empty() && !is_empty_object(body)) {
        return r.refuse(bad_request("this route takes no body"));
    }
    r.view.body = to_str(body);
    if (r.endpoint->serve != nullptr) return r.endpoint->serve(r);
    r.endpoint->mount->handler(&r, &r.view);
}

}  // namespace vz::http
