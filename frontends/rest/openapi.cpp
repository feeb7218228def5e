// OpenAPI 3.1 of the routes that are served, and the same as a page; both are made from the routing table.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "frontends/rest/call.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/openapi_answers.hpp"
#include "frontends/rest/openapi_notes.hpp"
#include "frontends/rest/query.hpp"
#include "frontends/rest/routes.hpp"

namespace vz::rest {
namespace {

constexpr std::string_view kSecuritySchemes =
    R"({"key":{"type":"apiKey","in":"header","name":"X-API-Key"},"bearer":{"type":"http","scheme":"bearer"}})";
constexpr std::string_view kError =
    R"({"type":"object","required":["error_type","message","details","status_code","request_id"],"properties":{)"
    R"("error_type":{"type":"string"},"message":{"type":"string"},"details":{"type":"object"},"status_code":{"type":"integer"},)"
    R"("request_id":{"type":"string"},"error":{"type":"string"}}})";
constexpr std::string_view kVector =
    R"({"oneOf":[{"type":"array","items":{"type":"number"}},{"type":"string","contentEncoding":"base64"}]})";
constexpr std::string_view kResponses =
    R"({"Error":{"description":"What went wrong","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Error"}}}}})";

// What the listener answers by itself.
constexpr vzh_route kListenerRoutes[] = {
    {"GET", "/healthz", VZH_OPEN, VZH_BODY_NONE, 0, 0, nullptr},
    {"GET", "/livez", VZH_OPEN, VZH_BODY_NONE, 0, 0, nullptr},
    {"GET", "/readyz", VZH_OPEN, VZH_BODY_NONE, 0, 0, nullptr},
    {"GET", "/metrics", VZH_READ | VZH_WHOLE, VZH_BODY_NONE, 0, 0, nullptr},
    {"GET", "/prometheus/metrics", VZH_READ | VZH_WHOLE, VZH_BODY_NONE, 0, 0, nullptr},
};

template <typename Visit>
void each_route(Visit visit) {
    for (const auto& route : kListenerRoutes) visit(route);
    for (const auto& route : served_routes()) visit(route);
}

std::string_view schema_of(char type) {
    switch (type) {
        case 's': return R"({"type":"string"})";
        case 'i': return R"({"type":["integer","null"]})";
        case 'n': return R"({"type":["number","null"]})";
        case 'b': return R"({"type":["boolean","null"]})";
        case 'o': return R"({"type":["object","null"]})";
        case 'a': return R"({"type":"array"})";
        case 'v': return R"({"$ref":"#/components/schemas/Vector"})";
        case 'f': return R"({"type":["string","integer"]})";
        default: return "{}";
    }
}

std::string_view next_word(std::string_view& rest) {
    const auto end = rest.find(' ');
    const auto word = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return word;
}

struct FieldGroup {
    std::string_view name;
    std::span<const json::Field> fields;
};
constexpr FieldGroup kFieldGroups[] = {
    {"+query", kQueryMembers}, {"+page", kPageFields}, {"+search", kSearchOptionFields}};

// As in RouteNote::fields.
char type_of(const json::Field& field) {
    switch (field.id) {
        case kQueryVector: return 'v';
        case kQueryText:
        case kVectorFormat: return 's';
        case kLimit:
        case kEffort: return 'i';
        case kThreshold:
        case kRecall: return 'n';
        case kFilter: return 'o';
        case kWithVector:
        case kExact: return 'b';
        default: return 'x';
    }
}

template <typename Visit>
void each_field(std::string_view fields, Visit visit) {
    while (!fields.empty()) {
        const auto word = next_word(fields);
        const auto group = std::find_if(std::begin(kFieldGroups), std::end(kFieldGroups),
                                        [&](const FieldGroup& each) { return each.name == word; });
        if (group != std::end(kFieldGroups)) {
            for (const json::Field& field : group->fields) visit(field.name, type_of(field), false);
            continue;
        }
        const auto colon = word.find(':');
        auto name = word.substr(0, colon);
        const bool required = name.ends_with('!');
        if (required) name.remove_suffix(1);
        visit(name, word[colon + 1], required);
    }
}

template <typename Visit>
void each_path_parameter(std::string_view path, Visit visit) {
    for (auto open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
        visit(path.substr(open + 1, path.find('}', open) - open - 1));
    }
}

const char* permission_name(uint32_t permission) {
    switch (permission & ~VZH_WHOLE) {
        case VZH_OPEN: return "none";
        case VZH_READ: return "read";
        case VZH_WRITE: return "write";
        default: return "admin";
    }
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

// "post_collections_name_search"
std::string operation_id(const vzh_route& route) {
    std::string id = lower(route.method);
    bool gap = true;
    for (const char* c = route.path; *c != '\0'; ++c) {
        const bool letter = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        if (letter && gap) id += '_';
        if (letter) id += *c;
        gap = !letter;
    }
    return id;
}

// Of query parameters and headers; what is not here is text.
struct ParameterSchema {
    std::string_view name;
    std::string_view schema;
};
constexpr std::string_view kFlag = R"({"type":"boolean"})";
constexpr ParameterSchema kParameterSchemas[] = {
    {"timeout_ms", R"({"type":"integer","minimum":1,"maximum":600000})"},
    {"limit", R"({"type":"integer","minimum":1})"},
    {"offset", R"({"type":"integer","minimum":0})"},
    {"id_start", R"({"type":"integer","minimum":0})"},
    {"min_score", R"({"type":"number"})"},
    {"atomic", kFlag},
    {"dry_run", kFlag},
    {"with_vector", kFlag},
    {"with_payload", kFlag},
    {"wait", "{}"},
    {"view", R"({"enum":["basic","full"]})"},
    {"results", R"({"enum":["all","errors"]})"},
    {"vector_format", R"({"enum":["array","base64"]})"},
    {"Idempotency-Key",
     R"({"type":"string","minLength":1,"maxLength":128,"description":"A repeat is not applied again and is answered from )"
     R"(the first outcome, with Idempotent-Replay: true. It leaves out what nobody remembers: items of lists, `scanned` )"
     R"(and `collection_created`."})"},
};

void write_parameter(json::Writer& out, std::string_view name, const char* place) {
    const bool in_path = std::string_view(place) == "path";
    const auto known = std::find_if(std::begin(kParameterSchemas), std::end(kParameterSchemas),
                                    [&](const ParameterSchema& each) { return each.name == name; });
    const bool is_text = in_path || known == std::end(kParameterSchemas);
    out.begin_object();
    out.field("name", name);
    out.field("in", place);
    out.field_boolean("required", in_path);
    out.field_raw("schema", is_text ? std::string_view(R"({"type":"string"})") : known->schema);
    out.end_object();
}

bool is_write(const vzh_route& route) { return (route.permission & ~VZH_WHOLE) >= VZH_WRITE; }

void write_body(json::Writer& out, const vzh_route& route, const RouteNote* note) {
    out.key("requestBody");
    out.begin_object();
    out.field_boolean("required", true);
    out.key("content");
    out.begin_object();
    out.key("application/json");
    out.begin_object();
    out.key("schema");
    out.begin_object();
    out.field("type", "object");
    if (note != nullptr && !note->fields.empty()) {
        out.key("required");
        out.begin_array();
        each_field(note->fields, [&](std::string_view name, char, bool required) {
            if (required) out.string(name);
        });
        out.end_array();
        out.key("properties");
        out.begin_object();
        each_field(note->fields, [&](std::string_view name, char type, bool) { out.field_raw(name, schema_of(type)); });
        if (is_write(route)) out.field_raw("wait", "{}");
        out.end_object();
    }
    out.end_object();
    if (note != nullptr && !note->example.empty()) out.field_raw("example", note->example);
    out.end_object();
    out.end_object();
    out.end_object();
}

// ---- answers ----

const char* type_name(char type) {
    switch (type) {
        case 's': return "string";
        case 'i': return "integer";
        case 'n': return "number";
        case 'b': return "boolean";
        default: return "object";
    }
}

// One type of openapi_answers.hpp.
void write_type(json::Writer& out, std::string_view type) {
    const bool nullable = type.ends_with('?');
    if (nullable) type.remove_suffix(1);
    out.begin_object();
    if (type.front() == '[') {
        out.field("type", "array");
        out.key("items");
        write_type(out, type.substr(1, type.size() - 2));
    } else if (type.front() == '@' && nullable) {
        out.field_raw("anyOf",
                      "[{\"$ref\":\"#/components/schemas/" + std::string(type.substr(1)) + "\"},{\"type\":\"null\"}]");
    } else if (type.front() == '@') {
        out.field("$ref", "#/components/schemas/" + std::string(type.substr(1)));
    } else if (nullable) {
        out.field_raw("type", std::string("[\"") + type_name(type.front()) + "\",\"null\"]");
    } else if (type != "x") {
        out.field("type", type_name(type.front()));
    }
    out.end_object();
}

// visit(name, type, may be absent).
template <typename Visit>
void each_member(std::string_view members, Visit visit) {
    while (!members.empty()) {
        const auto word = next_word(members);
        const auto colon = word.find(':');
        auto name = word.substr(0, colon);
        const bool optional = name.ends_with('?');
        if (optional) name.remove_suffix(1);
        visit(name, word.substr(colon + 1), optional);
    }
}

void write_members(json::Writer& out, std::string_view members) {
    out.begin_object();
    out.field("type", "object");
    out.key("required");
    out.begin_array();
    each_member(members, [&](std::string_view name, std::string_view, bool optional) {
        if (!optional) out.string(name);
    });
    out.end_array();
    out.key("properties");
    out.begin_object();
    each_member(members, [&](std::string_view name, std::string_view type, bool) {
        out.key(name);
        write_type(out, type);
    });
    out.end_object();
    out.field_boolean("additionalProperties", false);
    out.end_object();
}

void write_answers(json::Writer& out, const vzh_route& route) {
    const auto answer = answer_of(route.method, route.path);
    out.key("responses");
    out.begin_object();
    out.key("200");
    out.begin_object();
    out.field("description", "Done");
    if (!answer.empty()) {
        out.key("content");
        out.begin_object();
        const bool is_json = !answer.starts_with("text/");
        out.key(is_json ? std::string_view("application/json") : answer);
        out.begin_object();
        out.key("schema");
        if (is_json && answer.front() != '@') {
            write_members(out, answer);
        } else {
            write_type(out, is_json ? answer : std::string_view("s"));
        }
        out.end_object();
        out.end_object();
    }
    out.end_object();
    out.field_raw("default", R"({"$ref":"#/components/responses/Error"})");
    out.end_object();
}

void write_components(json::Writer& out) {
    out.key("components");
    out.begin_object();
    out.field_raw("securitySchemes", kSecuritySchemes);
    out.key("schemas");
    out.begin_object();
    out.field_raw("Error", kError);
    out.field_raw("Vector", kVector);
    for (const AnswerShape& shape : answer_shapes()) {
        out.key(shape.name);
        write_members(out, shape.members);
    }
    out.end_object();
    out.field_raw("responses", kResponses);
    out.end_object();
}

void write_operation(json::Writer& out, const vzh_route& route) {
    const RouteNote* note = note_of(route.method, route.path);
    out.key(lower(route.method));
    out.begin_object();
    out.field("operationId", operation_id(route));
    out.field("summary", note != nullptr ? note->summary : std::string_view());
    out.field("x-permission", permission_name(route.permission));
    if (route.permission == VZH_OPEN) out.field_raw("security", "[]");
    out.key("parameters");
    out.begin_array();
    each_path_parameter(route.path, [&](std::string_view name) { write_parameter(out, name, "path"); });
    for (std::string_view query = route.query != nullptr ? route.query : ""; !query.empty();)
        write_parameter(out, next_word(query), "query");
    write_parameter(out, "timeout_ms", "query");
    if (is_write(route)) write_parameter(out, "Idempotency-Key", "header");
    out.end_array();
    if (route.body == VZH_BODY_JSON) write_body(out, route, note);
    if (route.body == VZH_BODY_ANY) {
        out.field_raw("requestBody",
                      R"({"required":true,"content":{"application/x-ndjson":{},"application/octet-stream":{}}})");
    }
    write_answers(out, route);
    out.end_object();
}

void write_document(Call&, json::Writer& out) {
    out.begin_object();
    out.field("openapi", "3.1.0");
    out.field_raw("info", R"({"title":"Vectorizer","version":")" VECTORIZER_VERSION R"("})");
    out.field_raw("security", R"([{"key":[]},{"bearer":[]},{}])");
    write_components(out);
    out.key("paths");
    out.begin_object();
    std::set<std::string_view> written;
    each_route([&](const vzh_route& route) {
        if (!written.insert(route.path).second) return;
        out.key(route.path);
        out.begin_object();
        each_route([&](const vzh_route& each) {
            if (std::string_view(each.path) == route.path) write_operation(out, each);
        });
        out.end_object();
    });
    out.end_object();
    out.end_object();
}

// ---- the page ----

void append_escaped(std::string_view text, std::string& out) {
    for (const char c : text) {
        switch (c) {
            case '<': out += "&lt;"; break;
            case '&': out += "&amp;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
}

std::string page() {
    std::string out =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width\"><title>Vectorizer " VECTORIZER_VERSION
        "</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 "
        "1rem}code,pre{font:14px ui-monospace,monospace}"
        "pre{background:#8882;padding:.6rem;overflow:auto}h2{font-size:1rem;margin:1.6rem 0 "
        ".2rem}small{opacity:.7}</style>"
        "<h1>Vectorizer " VECTORIZER_VERSION
        "</h1><p>The same for programs: <a href=\"/openapi.json\">openapi.json</a>.";
    each_route([&](const vzh_route& route) {
        const RouteNote* note = note_of(route.method, route.path);
        out.append("<h2><code>").append(route.method).append(" ").append(route.path).append("</code></h2><p>");
        if (note != nullptr) append_escaped(note->summary, out);
        out.append(" <small>permission: ").append(permission_name(route.permission)).append("</small>");
        if (route.query != nullptr) out.append("<br>Query: <code>").append(route.query).append("</code>");
        if (note == nullptr || note->fields.empty()) return;
        out.append("<br>Body:");
        each_field(note->fields, [&](std::string_view name, char, bool required) {
            out.append(" <code>").append(name).append("</code>").append(required ? "" : "?");
        });
        if (note->example.empty()) return;
        out.append("<pre>");
        append_escaped(note->example, out);
        out.append("</pre>");
    });
    return out + "</html>\n";
}

}  // namespace

void get_openapi(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<Call>(request, view_in);
    if (call != nullptr) deliver(*call, 64 * 1024, &write_document);
}

void get_docs(vzh_request* request, const vzh_view*) {
    static const std::string text = page();
    uint64_t size = 0;
    char* place = vzh_space(request, text.size(), &size);
    if (place == nullptr)
        return vzh_refuse(request, 503, "service_unavailable", borrowed("out of memory"),
                          borrowed(R"({"reason":"overloaded"})"));
    text.copy(place, text.size());
    vzh_wrote(request, text.size());
    // The page needs nothing but itself.
    vzh_header(request, "Content-Security-Policy", borrowed("default-src 'none'; style-src 'unsafe-inline'"));
    vzh_reply(request, 200, "text/html; charset=utf-8");
}

}  // namespace vz::rest
