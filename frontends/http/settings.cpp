#include "frontends/http/settings.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <thread>
#include <utility>

#include "frontends/access/key_settings.hpp"

namespace vz::http {
namespace {

struct NumberKey {
    std::string_view key;
    uint64_t Settings::*member;
    uint64_t least;
    uint64_t most;
};

struct LimitKey {
    std::string_view name;
    uint64_t Limits::*member;
    uint64_t least;
    uint64_t most;
};

constexpr uint64_t kDayMs = 86'400'000;

constexpr std::array kNumbers{
    NumberKey{"port", &Settings::port, 0, 65535},
    NumberKey{"http.threads", &Settings::threads, 1, 256},
    NumberKey{"http.workers", &Settings::workers, 0, 1024},
    NumberKey{"http.receive_timeout_ms", &Settings::receive_timeout_ms, 1, kDayMs},
    NumberKey{"http.idle_timeout_ms", &Settings::idle_timeout_ms, 1, kDayMs},
    NumberKey{"http.write_timeout_ms", &Settings::write_timeout_ms, 1, kDayMs},
    NumberKey{"http.default_timeout_ms", &Settings::default_timeout_ms, 1, 600000},
};

constexpr std::array kLimits{
    LimitKey{"body_mb", &Limits::body_mb, 1, 4096},
    LimitKey{"answer_mb", &Limits::answer_mb, 1, 4096},
    LimitKey{"bodies_mb", &Limits::bodies_mb, 1, 1 << 20},
    LimitKey{"connections", &Limits::connections, 1, 1 << 20},
    LimitKey{"requests", &Limits::requests, 1, 1 << 20},
    LimitKey{"results", &Limits::results, 1, 65536},
    LimitKey{"batch_points", &Limits::batch_points, 1, 1'000'000},
    LimitKey{"writes_per_collection", &Limits::writes_per_collection, 1, 1 << 20},
    LimitKey{"writes_warning", &Limits::writes_warning, 1, 1 << 20},
    LimitKey{"retry_after_s", &Limits::retry_after_s, 1, 3600},
    LimitKey{"requests_per_second", &Limits::requests_per_second, 0, 1'000'000'000},
};

std::vector<std::string> read_list(const text::ConfigReader& config, std::string_view key) {
    std::vector<std::string> found;
    config.list(key, [&](std::string_view, std::string_view value) {
        // An empty list arrives, if at all, as the bare key with an empty value.
        if (!value.empty() && value != "[]") found.emplace_back(value);
    });
    return found;
}

bool is_origin(std::string_view text) {
    if (text == "*") return true;
    if (!text.starts_with("http://") && !text.starts_with("https://")) return false;
    text.remove_prefix(text.find("//") + 2);
    return !text.empty() && text.find_first_of(" \t\r\n/,\"'@?#") == std::string_view::npos;
}

bool is_host_text(std::string_view text) {
    return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return c > 0x20 && c < 0x7f && c != '/' && c != '@';
    });
}

// A name as the Host field has it, without its port.
bool is_allowed_host(std::string_view text) {
    return is_host_text(text) && text.find(',') == std::string_view::npos &&
           (text.front() == '[' ? text.back() == ']' : text.find(':') == std::string_view::npos);
}

template <class Choice, size_t N>
void read_choice(text::ConfigReader& reader, std::string_view key,
                 const std::array<std::pair<std::string_view, Choice>, N>& choices, Choice& out) {
    const auto value = reader.text(key);
    if (!value) return;
    std::string all;
    for (const auto& [name, choice] : choices) {
        if (name == *value) {
            out = choice;
            return;
        }
        all.append(all.empty() ? "" : ", ").append(name);
    }
    reader.reject(key, "must be one of: " + all);
}

constexpr std::array kAccessChoices{std::pair{std::string_view("off"), AccessLog::kOff},
                                    std::pair{std::string_view("problems"), AccessLog::kProblems},
                                    std::pair{std::string_view("all"), AccessLog::kAll}};
constexpr std::array kCompressChoices{std::pair{std::string_view("false"), Compress::kNever},
                                      std::pair{std::string_view("true"), Compress::kRemote},
                                      std::pair{std::string_view("always"), Compress::kAlways}};

}  // namespace

uint64_t Limits::by_name(std::string_view name) const {
    for (const auto& limit : kLimits) {
        if (limit.name == name) return this->*limit.member;
    }
    return 0;
}

vz_status read_settings(const vz_host& host, Settings& out, vz_error* error) {
    if (host.service(&host, VZ_SERVICE_CONFIG) == nullptr)
        return fill_error(error, VZ_UNSUPPORTED, "", "the host offers no " VZ_SERVICE_CONFIG);
    text::ConfigReader reader(host, error);
    if (const auto text = reader.text("host")) out.host = *text;
    if (!is_host_text(out.host)) reader.reject("host", "must be a host name or an address");
    for (const auto& number : kNumbers) reader.number(number.key, number.least, number.most, out.*number.member);
    if (out.workers == 0) out.workers = std::max(2U, std::thread::hardware_concurrency());
    for (const auto& limit : kLimits)
        reader.number("limits." + std::string(limit.name), limit.least, limit.most, out.limits.*limit.member);
    out.cors_origins = read_list(reader, "http.cors_origins");
    if (!std::all_of(out.cors_origins.begin(), out.cors_origins.end(), &is_origin))
        reader.reject("http.cors_origins",
                      "must hold origins such as https://app.example, each an entry of its own, or \"*\"");
    out.allowed_hosts = read_list(reader, "http.allowed_hosts");
    if (!std::all_of(out.allowed_hosts.begin(), out.allowed_hosts.end(), &is_allowed_host))
        reader.reject("http.allowed_hosts",
                      "must hold host names without a port, each an entry of its own; of IPv6 in brackets");
    read_choice(reader, "log.access", kAccessChoices, out.access);
    reader.number("log.slow_ms", 1, kDayMs, out.slow_ms);
    read_choice(reader, "http.compress", kCompressChoices, out.compress);
    reader.flag("auth.allow_query_key", out.allow_query_key);
    reader.flag("auth.allow_unauthenticated", out.allow_unauthenticated);
    access::read_keys(reader, out.keys);
    return reader.status();
}

vz_status refuse_open_door(const vz_host& host, const Settings& settings, vz_error* error) {
    if (is_loopback(settings.host) || settings.allow_unauthenticated) return VZ_OK;
    return text::ConfigReader(host, error)
        .reject("host",
                "without API keys the server listens on loopback only: make a key with `vectorizer new-key`, or set "
                "auth.allow_unauthenticated to true if everyone who reaches this address may read and write");
}

std::string_view first_difference(const Settings& left, const Settings& right) {
    for (const auto& number : kNumbers) {
        if (left.*number.member != right.*number.member) return number.key;
    }
    if (left.access != right.access) return "log.access";
    if (left.slow_ms != right.slow_ms) return "log.slow_ms";
    if (left.compress != right.compress) return "http.compress";
    if (left.cors_origins != right.cors_origins) return "http.cors_origins";
    if (left.allowed_hosts != right.allowed_hosts) return "http.allowed_hosts";
    if (left.keys != right.keys) return "auth.keys";
    if (left.allow_query_key != right.allow_query_key) return "auth.allow_query_key";
    if (left.allow_unauthenticated != right.allow_unauthenticated) return "auth.allow_unauthenticated";
    for (const auto& limit : kLimits) {
        if (left.limits.*limit.member != right.limits.*limit.member) return limit.name;
    }
    return {};
}

bool is_loopback(std::string_view host) {
    const bool number = host.find_first_not_of("0123456789.") == std::string_view::npos;
    return host == "localhost" || host == "::1" || host == "[::1]" || (number && host.starts_with("127."));
}

vz_status fill_error(vz_error* error, vz_status status, std::string_view field, std::string_view message) {
    if (error == nullptr) return status;
    *error = {};
    error->status = status;
    error->item = VZ_NO_ITEM;
    std::memcpy(error->field, field.data(), std::min(field.size(), sizeof error->field - 1));
    std::memcpy(error->message, message.data(), std::min(message.size(), sizeof error->message - 1));
    return status;
}

}  // namespace vz::http
