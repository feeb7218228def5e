#include "plugins/host/reference_keys.hpp"

namespace vz::host {
namespace {

struct Fate {
    std::string_view key;  // or the section that it stands in
    std::string_view now;  // the key here; empty: there is none
    std::string_view why;  // of those that there is none for
};

// The first that fits counts.
constexpr Fate kFates[] = {
    {"api.rest.max_request_size_mb", "server.limits.body_mb", ""},
    {"api.rest.enabled", "frontends.rest.enabled", ""},
    {"api.rest.host", "server.host", ""},
    {"api.rest.port", "server.port", ""},
    {"api.rest.timeout_seconds", "server.http.default_timeout_ms", ""},
    {"api.rest.cors", "server.http.cors_origins", ""},
    {"api.graphql.enabled", "frontends.graphql.enabled", ""},
    {"api.grpc", "", "this release has no gRPC"},
    {"api.mcp", "", "this release has no MCP"},
    {"server.mcp_port", "", "this release has no MCP"},
    {"server.data_dir", "data_dir", ""},
    {"logging.level", "log.level", ""},
    {"logging.format", "log.format", ""},
    {"logging.log_requests", "log.access", ""},
    {"logging.log_errors", "log.access", ""},
    {"logging.correlation_id_enabled", "", "every request has an id"},
    {"storage.wal", "", "the write-ahead log is always on"},
    {"storage.compaction", "", "files are compacted as needed"},
    {"storage.snapshots", "", "snapshots are made over the API"},
    {"wal", "", "the write-ahead log is always on"},
    {"auth.enabled", "server.auth.keys", ""},
    {"auth.jwt_secret", "", "there are API keys in place of tokens: server.auth.keys"},
    {"auth", "server.auth", ""},
    {"backpressure.upsert_queue_high_water", "server.limits.writes_warning", ""},
    {"backpressure.upsert_queue_hard_limit", "server.limits.writes_per_collection", ""},
    {"backpressure.retry_after_seconds", "server.limits.retry_after_s", ""},
    {"monitoring.prometheus", "", "figures are always at /metrics"},
    {"collections.defaults", "", "a collection's settings are given when it is created"},
    {"embedding", "", "texts are embedded by bm25, as a collection asks when it is created"},
    {"gpu", "", "this release computes on processors"},
    {"cluster", "", "this release is one server"},
    {"replication", "", "this release is one server"},
    {"file_watcher", "", "this release watches no files"},
    {"transmutation", "", "this release converts no documents"},
    {"rpc", "", "this release has no such transport"},
};

}  // namespace

std::string fate_of_reference_key(std::string_view key) {
    for (const Fate& fate : kFates) {
        const bool fits = key == fate.key || (key.starts_with(fate.key) && key[fate.key.size()] == '.');
        if (!fits) continue;
        return fate.now.empty() ? std::string(fate.why) : "it is '" + std::string(fate.now) + "' here";
    }
    return "";
}

}  // namespace vz::host
