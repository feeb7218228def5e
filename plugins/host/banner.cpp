#include "plugins/host/banner.hpp"

#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "plugins/host/api_key.hpp"
#include "plugins/host/log.hpp"
#include "plugins/host/printable.hpp"

namespace vz::host {

namespace {

constexpr std::string_view kReadOnly = "the server answers reads and refuses writes, see the errors above";

// Where nobody looks at a table: one record with the same facts.
void log_facts(const BannerFacts& facts, const vz_engine_stats& stats) {
    std::vector<std::pair<std::string, std::string>> texts = {
        {"version", VECTORIZER_VERSION},
        {"build", vz_build_info()},
        {"pid", std::to_string(::getpid())},
        {"data_dir", facts.directory},
        {"collections", std::to_string(stats.collections)},
        {"points", std::to_string(stats.points)},
        {"recovery_us", std::to_string(stats.open_ns / 1000)},
        {"access", facts.access},
        {"ready_us", std::to_string(static_cast<uint64_t>(facts.ready_ms * 1000))}};
    texts.insert(texts.end(), facts.frontends.begin(), facts.frontends.end());
    std::vector<vz_kv> fields;
    for (const auto& [key, value] : texts) fields.push_back({{key.data(), key.size()}, {value.data(), value.size()}});
    constexpr std::string_view kEvent = "host.ready";
    const std::string_view message = stats.state == VZ_STATE_READ_ONLY ? kReadOnly : "the server is ready";
    vz_log_record record = {};
    record.struct_size = sizeof(record);
    record.level = stats.state == VZ_STATE_READ_ONLY ? VZ_LOG_WARN : VZ_LOG_INFO;
    record.event = {kEvent.data(), kEvent.size()};
    record.message = {message.data(), message.size()};
    record.fields = fields.data();
    record.field_count = static_cast<uint32_t>(fields.size());
    Log::write("host", record);
}

}  // namespace

std::string access_of(const Config& config) {
    const size_t keys = count_configured_keys(config);
    if (keys != 0) return std::to_string(keys) + (keys == 1 ? " API key" : " API keys");
    if (config.text("server.auth.allow_unauthenticated", "false") == "true")
        return "no keys: everyone who reaches this address";
    return "no keys in the configuration, this machine only. To serve others: vectorizer new-key, then server.host";
}

void print_banner(const BannerFacts& facts, vz_engine* engine) {
    vz_engine_stats stats = {};
    stats.struct_size = sizeof(stats);
    vz_engine_stats_read(engine, &stats, nullptr);
    if (Log::is_json()) return log_facts(facts, stats);
    std::fprintf(stderr, "%s  abi 1.0  pid %d\n", vz_build_info(), static_cast<int>(::getpid()));
    std::fprintf(stderr, "data      %s: %llu collections, %llu points; recovered in %.0f ms\n", facts.directory.c_str(),
                 static_cast<unsigned long long>(stats.collections), static_cast<unsigned long long>(stats.points),
                 static_cast<double>(stats.open_ns) / 1e6);
    for (const auto& [name, reason] : facts.frontends) {
        const std::string address = printable(reason);
        const bool is_rest = name == "rest";
        std::fprintf(stderr, "%-9s %s%s\n", name.c_str(), address.c_str(),
                     is_rest ? ("          try: curl " + address + "/collections").c_str() : "");
    }
    std::fprintf(stderr, "access    %s\n", facts.access.c_str());
    if (stats.state == VZ_STATE_READ_ONLY) std::fprintf(stderr, "read only %s\n", std::string(kReadOnly).c_str());
    std::fprintf(stderr, "ready     in %.0f ms\n", facts.ready_ms);
}

}  // namespace vz::host
