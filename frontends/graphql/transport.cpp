#include "frontends/graphql/transport.hpp"

#include <cstring>
#include <optional>

#include "frontends/graphql/accept.hpp"
#include "frontends/graphql/assets.hpp"
#include "frontends/graphql/embedded.hpp"
#include "frontends/graphql/exchange.hpp"
#include "frontends/graphql/introspection.hpp"
#include "frontends/graphql/within_memory.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

enum RouteId : uint32_t { kPost, kGet, kPage, kSchema };

constexpr const char* kParameters = "query operationName variables extensions";
constexpr const char* kJsonType = "application/json; charset=utf-8";

vz_frontend& frontend_of(const vzh_view* view) { return *static_cast<vz_frontend*>(view->user); }

void reply_text(vzh_request* request, uint32_t status, std::string_view text, const char* type) {
    uint64_t size = 0;
    char* space = vzh_space(request, text.size(), &size);
    if (space == nullptr) return refuse_overloaded(request);
    std::memcpy(space, text.data(), text.size());
    vzh_wrote(request, text.size());
    vzh_reply(request, status, type);
}

void reply_page(vzh_request* request, const vz_frontend& frontend) {
    // GraphiQL's editor writes styles as it goes and draws with images of its own; the plain page has script and style
    // in itself.
    constexpr std::string_view kGraphiql =
        "default-src 'none'; connect-src 'self'; script-src 'self'; worker-src 'self'; style-src 'self' "
        "'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    constexpr std::string_view kPlain =
        "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri "
        "'none'; form-action 'none'; "
        "frame-ancestors 'none'";
    vzh_header(request, "Content-Security-Policy", text::borrowed(assets().empty() ? kPlain : kGraphiql));
    vzh_header(request, "Vary", text::borrowed("Accept"));
    reply_text(request, 200, frontend.page_text, "text/html; charset=utf-8");
}

// Errors of requests that have no GraphQL answer: in its shape nevertheless.
void reply_error(vzh_request* request, uint32_t status, std::string_view code, std::string_view message) {
    frontend_of(vzh_request_view(request)).meter->error(code);
    json::Text text;
    {
        json::Writer out(text.target());
        out.begin_object();
        out.key("errors");
        write_errors(out, {}, text::view(vzh_request_view(request)->request_id),
                     {{std::string(message), std::string(code), {}, {}, {}}});
        out.end_object();
    }
    reply_text(request, status, text.text(), kJsonType);
}

// What introspection tells, as text.
void reply_schema(vzh_request* request, const vz_frontend& frontend) {
    if (!frontend.introspection)
        return reply_error(request, 400, error_code_name(ErrorCode::kValidationFailed), kNoIntrospection);
    reply_text(request, 200, frontend.schema_text, "text/plain; charset=utf-8");
}

std::string_view padded_copy(Arena& arena, std::string_view before, std::string_view text, std::string_view after) {
    const size_t size = before.size() + text.size() + after.size();
    char* place = static_cast<char*>(arena.allocate(size + json::kPadding, 64));
    std::memcpy(place, before.data(), before.size());
    std::memcpy(place + before.size(), text.data(), text.size());
    std::memcpy(place + before.size() + text.size(), after.data(), after.size());
    std::memset(place + size, 0, json::kPadding);
    return {place, size};
}

// The members of a POST body. False: `why` says what is wrong with it; if it says nothing, memory ran out.
bool read_body(std::string_view body, Exchange& exchange, std::string& why) {
    bool has_query = false;
    json::Reader reader(body, borrow(exchange.arena));
    const bool read = reader.read(kRequestMembers, [&](uint32_t id, json::Value value) {
        std::string_view text;
        if (id == kQueryMember) {
            has_query = true;
            return reader.string(value, exchange.query);
        }
        if (reader.is_null(value)) return reader.raw(value, text);
        if (id == kOperationNameMember) return reader.string(value, exchange.operation_name);
        if (id == kVariablesMember) exchange.json = body;
        return reader.raw_object(value, text) && (id == kVariablesMember || reader.checked(text));
    });
    if (!read) {
        if (reader.error().fault != json::Fault::kMemory) why = codec::from_reader(reader.error()).message;
        return false;
    }
    if (!has_query) why = "Invalid query: required";
    return has_query;
}

// The parameters of a GET, in the same way.
bool read_parameters(const vzh_view* view, Exchange& exchange, std::string& why) {
    bool has_query = false;
    for (uint32_t i = 0; i < view->query_count; ++i) {
        const std::string_view name = text::view(view->query[i].key);
        const std::string_view value = text::view(view->query[i].value);
        if (name == "query") {
            exchange.query = value;
            has_query = true;
        } else if (name == "operationName") {
            exchange.operation_name = value;
        } else if ((name == "variables" || name == "extensions") && !value.empty() && value != "null") {
            uint64_t offset = 0;
            const char* reason = nullptr;
            const bool object = value.find_first_not_of(" \t\r\n") != std::string_view::npos &&
                                value[value.find_first_not_of(" \t\r\n")] == '{' &&
                                json::check_json(value, &offset, &reason, json::kWholeDepthMax);
            if (!object) {
                why = "Invalid " + std::string(name) + ": must be a JSON object";
                return false;
            }
            if (name == "variables") exchange.json = padded_copy(exchange.arena, "{\"variables\":", value, "}");
        }
    }
    if (!has_query) why = "Invalid query: required";
    return has_query;
}

void start_later(vzh_request*, void* user) VZ_NOEXCEPT { static_cast<Exchange*>(user)->start(); }

void handle_operation(vzh_request* request, const vzh_view* view) {
    const bool by_get = view->route->id == kGet;
    const std::optional<Media> media = choose_media(text::view(view->accept));
    if (!media)
        return reply_error(request, 406, "NOT_ACCEPTABLE",
                           "answers are application/graphql-response+json or application/json");
    if (!by_get && text::view(view->content_type) != "application/json") {
        return reply_error(request, 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json");
    }
    vz_frontend& frontend = frontend_of(view);
    auto* exchange = new (std::nothrow) Exchange(frontend, request, view, *media);
    if (exchange == nullptr) return refuse_overloaded(request);
    exchange->read_only = by_get;
    std::string why;
    bool read = false;
    const bool fits = within_memory([&] {
        read = by_get ? read_parameters(view, *exchange, why) : read_body(text::view(view->body), *exchange, why);
    });
    if (!fits || exchange->arena.is_short() || (!read && why.empty())) return exchange->refuse_overloaded();
    if (!read) return exchange->refuse(400, {{why, "BAD_REQUEST", {}, {}, {}}});
    // A known document costs little: it is planned and submitted at once.
    if (exchange->knows_document()) return exchange->start();
    vzh_defer(request, &start_later, exchange);
}

}  // namespace

void make_routes(vz_frontend& frontend) {
    frontend.route_paths = {frontend.path, "/graphiql", frontend.path + "/schema"};
    const char* path = frontend.route_paths[0].c_str();
    frontend.routes = {
        {"POST", path, VZH_READ, VZH_BODY_ANY, kPost, 0, nullptr},
        // The page needs no key; operations by GET ask for one in the handler.
        {"GET", path, frontend.page ? VZH_OPEN : VZH_READ, VZH_BODY_NONE, kGet, 0, kParameters},
        {"GET", frontend.route_paths[2].c_str(), VZH_READ, VZH_BODY_NONE, kSchema, 0, nullptr},
    };
    if (!frontend.page) return;
    constexpr std::string_view kPlace = "@GRAPHQL_PATH@";
    frontend.page_text = page_text();
    for (size_t at = 0; (at = frontend.page_text.find(kPlace, at)) != std::string::npos; at += frontend.path.size()) {
        frontend.page_text.replace(at, kPlace.size(), frontend.path);
    }
    frontend.routes.push_back({"GET", frontend.route_paths[1].c_str(), VZH_OPEN, VZH_BODY_NONE, kPage, 0, nullptr});
}

void handle(vzh_request* request, const vzh_view* view) VZ_NOEXCEPT {
    switch (view->route->id) {
        case kPage: return reply_page(request, frontend_of(view));
        case kSchema: return reply_schema(request, frontend_of(view));
        case kGet:
            if (frontend_of(view).page && wants_page(text::view(view->accept)))
                return reply_page(request, frontend_of(view));
            if (vzh_identified(request) != 0) handle_operation(request, view);
            return;
        default: return handle_operation(request, view);
    }
}

}  // namespace vz::graphql
