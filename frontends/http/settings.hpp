// The configuration of a listener: host, port, http.*, auth.*, limits.* of one instance, read and checked in `create`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "frontends/access/keys.hpp"
#include "vectorizer/frontend.h"

namespace vz::http {

inline constexpr uint64_t kMebibyte = 1024 * 1024;

// What the vzh_ header promises by name through vzh_limit.
struct Limits {
    uint64_t body_mb = 100;
    uint64_t answer_mb = 256;
    uint64_t bodies_mb = 1024;
    uint64_t connections = 4096;
    uint64_t requests = 1024;
    uint64_t results = 10000;
    uint64_t batch_points = 65536;
    uint64_t writes_per_collection = 1024;
    uint64_t writes_warning = 256;
    uint64_t retry_after_s = 2;
    uint64_t requests_per_second = 0;

    friend bool operator==(const Limits&, const Limits&) = default;
    // 0 for a name that is no limit.
    uint64_t by_name(std::string_view name) const;
};

enum class AccessLog { kOff, kProblems, kAll };
enum class Compress { kNever, kRemote, kAlways };

struct Settings {
    std::string host = "127.0.0.1";
    uint64_t port = 15002;
    uint64_t threads = 2;
    uint64_t workers = 0;
    uint64_t receive_timeout_ms = 60000;
    uint64_t idle_timeout_ms = 300000;
    uint64_t write_timeout_ms = 60000;
    uint64_t default_timeout_ms = 60000;
    AccessLog access = AccessLog::kProblems;
    uint64_t slow_ms = 1000;
    Compress compress = Compress::kRemote;
    std::vector<std::string> cors_origins;
    std::vector<std::string> allowed_hosts;
    bool allow_unauthenticated = false;
    bool allow_query_key = false;
    std::vector<access::ApiKey> keys;
    Limits limits;

    friend bool operator==(const Settings&, const Settings&) = default;
};

// Asks the host's configuration for every key of Settings. A key whose function does not exist yet is rejected unless
// it has the value that turns the function off. VZ_OK, or `error` filled.
vz_status read_settings(const vz_host& host, Settings& out, vz_error* error);
// Whether the listener would be open to others than this machine without a key.
vz_status refuse_open_door(const vz_host& host, const Settings& settings, vz_error* error);

// The first key in which two mounts of one address differ; empty: none.
std::string_view first_difference(const Settings& left, const Settings& right);

// Whether `host` names this machine's loopback interface only.
bool is_loopback(std::string_view host);

// Fills a vz_error, which may be NULL. Returns `status`.
vz_status fill_error(vz_error* error, vz_status status, std::string_view field, std::string_view message);

inline vz_str to_str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view to_view(vz_str text) {
    return text.data ? std::string_view(text.data, text.size) : std::string_view();
}

}  // namespace vz::http
