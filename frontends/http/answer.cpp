// The head of an answer and the standard error body.
#include <time.h>

#include <charconv>
#include <cstring>
#include <utility>

#include "frontends/http/clock.hpp"
#include "frontends/http/connection.hpp"
#include "frontends/http/gzip.hpp"
#include "frontends/http/listener.hpp"
#include "frontends/http/request.hpp"
#include "frontends/http/settings.hpp"
#include "frontends/text/utf8.hpp"

namespace vz::http {
namespace {

std::string_view reason_phrase(uint32_t status) {
    switch (status) {
        case 200: return "OK";
        case 204: return "No Content";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        case 507: return "Insufficient Storage";
        default: return "Status";
    }
}

void append_number(uint64_t number, std::string& out) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

// The Date field changes once a second: each thread keeps its text.
void append_date(std::string& out) {
    thread_local time_t second = -1;
    thread_local char text[40];
    thread_local size_t size = 0;
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != second) {
        second = now.tv_sec;
        tm parts{};
        gmtime_r(&second, &parts);
        static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        char rest[32];
        strftime(rest, sizeof rest, "%Y %H:%M:%S GMT\r\n", &parts);
        const int written = snprintf(text, sizeof text, "%s, %02d %s %s", kDays[parts.tm_wday], parts.tm_mday,
                                     kMonths[parts.tm_mon], rest);
        size = static_cast<size_t>(written);
    }
    out.append("Date: ").append(text, size);
}

void write_head(vzh_request& r, std::string_view content_type) {
    auto& out = r.head_text;
    out.assign(r.head.version_11 ? "HTTP/1.1 " : "HTTP/1.0 ");
    append_number(r.status, out);
    out.append(" ").append(reason_phrase(r.status)).append("\r\n");
    if (!content_type.empty()) out.append("Content-Type: ").append(content_type).append("\r\n");
    if (r.status != 204 && r.status != 304) {
        out.append("Content-Length: ");
        append_number(r.answer_body().size(), out);
        out.append("\r\n");
    }
    const auto id = to_view(r.view.request_id);
    out.append("X-Request-Id: ").append(id).append("\r\nx-correlation-id: ").append(id);
    out.append(
        "\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: SAMEORIGIN\r\nReferrer-Policy: no-referrer\r\n");
    append_date(out);
    if (r.cors) out.append("Access-Control-Allow-Origin: ").append(r.head.origin).append("\r\nVary: Origin\r\n");
    if (r.close) {
        out.append("Connection: close\r\n");
    } else if (!r.head.version_11) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append(r.extra_fields).append("\r\n");
}

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
    static constexpr char kHex[] = "0123456789abcdef";
    out.push_back('"');
    for (size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0x80) {
            const auto length = text::sequence_bytes(text.data() + i, text.data() + text.size());
            out.append(length != 0 ? text.substr(i, length) : std::string_view("\xef\xbf\xbd"));
            i += length != 0 ? length : 1;
            continue;
        }
        ++i;
        if (byte == '"' || byte == '\\') {
            out.push_back('\\');
            out.push_back(static_cast<char>(byte));
        } else if (byte < 0x20) {
            out.append("\\u00").push_back(kHex[byte >> 4]);
            out.push_back(kHex[byte & 15]);
        } else {
            out.push_back(static_cast<char>(byte));
        }
    }
    out.push_back('"');
}

std::string json_object(std::string_view name, std::string_view value) {
    std::string out = "{";
    append_json_string(name, out);
    out.push_back(':');
    append_json_string(value, out);
    out.push_back('}');
    return out;
}

std::string json_limit(uint64_t bytes) {
    std::string out = "{\"limit_bytes\":";
    append_number(bytes, out);
    out.push_back('}');
    return out;
}

}  // namespace vz::http

using namespace vz::http;

void vzh_request::field(std::string_view name, std::string_view value) {
    // A line break in a value would let it write fields of its own.
    if (name.find_first_of("\r\n:") != std::string_view::npos ||
        value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
        return;
    }
    extra_fields.append(name).append(": ").append(value).append("\r\n");
}

bool vzh_request::may_be_gzip() const {
    constexpr uint64_t kWorthBytes = 16 * 1024;
    const auto compress = listener.settings().compress;
    return compress != Compress::kNever && status == 200 && file.data() == nullptr && answer.size() >= kWorthBytes &&
           (compress == Compress::kAlways || !connection->is_local());
}

void vzh_request::post(void (*function)(vzh_request& r)) {
    on_worker = function;
    job.subject = this;
    job.run = [](void* subject) {
        auto& r = *static_cast<vzh_request*>(subject);
        r.queue_ns += clock_ns() - r.posted_ns;
        r.on_worker(r);
    };
    posted_ns = clock_ns();
    listener.workers().post(job);
}

void vzh_request::go_on() {
    post([](vzh_request& request) { request.deferred(&request, request.deferred_user); });
}

void vzh_request::end_turn() {
    auto* const held = std::exchange(turns, nullptr);
    if (held == nullptr) return;
    if (auto* const next = held->end(turn)) next->go_on();
}

void vzh_request::reply(uint32_t code, std::string_view content_type) {
    end_turn();
    status = code;
    const bool depends = may_be_gzip();
    if (depends) field("Vary", "Accept-Encoding");
    if (!depends || !accepts_gzip(head.accept_encoding)) return send_reply(content_type);
    answer_type = content_type;
    post([](vzh_request& r) {
        r.inflated.reset(0);
        // Both are in memory for a moment. If that is short, the answer goes as it is.
        if (r.listener.budget().charge_answer(r, 2 * r.answer.capacity()) &&
            deflate_gzip({r.answer.data(), r.answer.size()}, r.inflated)) {
            std::swap(r.answer, r.inflated);
            r.field("Content-Encoding", "gzip");
        }
        r.inflated.reset(0);
        r.listener.budget().settle_answer(r);
        r.send_reply(r.answer_type);
    });
}

void vzh_request::send_reply(std::string_view content_type) {
    if (listener.closing(*this)) close = true;
    write_head(*this, content_type);
    auto held = connection;
    held->send(*this);
}

void vzh_request::write(std::string_view text) {
    answer.truncate(0);
    // What finds no memory at all is left out.
    static_cast<void>(answer.append(text.data(), text.size()));
}

void vzh_request::text(uint32_t code, std::string_view text) {
    write(text);
    reply(code, "text/plain; charset=utf-8");
}

void vzh_request::refuse(const Refusal& verdict) {
    if (verdict.close) close = true;
    refuse(verdict.status, verdict.type, verdict.message, verdict.details);
}

void vzh_request::refuse(uint32_t code, std::string_view type, std::string_view message, std::string_view details) {
    error_type = type;
    std::string json = "{\"error_type\":";
    append_json_string(type, json);
    json.append(",\"message\":");
    append_json_string(message, json);
    json.append(",\"details\":").append(details.empty() ? std::string_view("{}") : details);
    json.append(",\"status_code\":").append(std::to_string(code)).append(",\"request_id\":");
    append_json_string(to_view(view.request_id), json);
    if (code == 401) json.append(",\"error\":\"unauthorized\"");
    if (code == 403) json.append(",\"error\":\"forbidden\"");
    json.push_back('}');
    if (code == 401) field("WWW-Authenticate", "Bearer");
    if (code == 429 || (code == 503 && type == "service_unavailable")) field("Retry-After", listener.retry_after());
    file = {};
    write(json);
    reply(code, "application/json; charset=utf-8");
}

bool vzh_request::may(uint32_t permission) const {
    return !ring || permission == VZH_OPEN || (key != nullptr && key->permission >= permission);
}

bool vzh_request::may(std::string_view collection, uint32_t permission) const {
    return !ring || (key != nullptr && key->may(collection, permission));
}

void vzh_request::reset() {
    constexpr size_t kKeepBytes = 64 * 1024;
    connection.reset();
    endpoint = nullptr;
    key = nullptr;
    ring.reset();
    head = {};
    refusal = {};
    view = {};
    arena.reset();
    body.reset(kKeepBytes);
    inflated.reset(kKeepBytes);
    answer.reset(kKeepBytes);
    lower_type.clear();
    extra_fields.clear();
    error_type.clear();
    first_collection.clear();
    file = {};
    writes_held.clear();
    begun_ns = posted_ns = queue_ns = engine_ns = 0;
    plan = {};
    effort = k = 0;
    sent = 0;
    status = 0;
    counted = close = cors = owed = starved = false;
    deferred = nullptr;
    cancel = nullptr;
    cancel_user = nullptr;
    on_worker = nullptr;
}
