#include "plugins/host/healthcheck.hpp"

#include <charconv>
#include <cstdio>

#include "plugins/host/ask.hpp"
#include "plugins/host/exit_code.hpp"

namespace vz::host {
namespace {

constexpr uint16_t kDefaultPort = 15002;

std::string text_of(const Config& config, const std::string& instance, const std::string& key, const char* otherwise) {
    return config.text("frontends." + instance + "." + key, config.text("server." + key, otherwise));
}

// Where a server that listens here is reached from this machine.
std::string reachable(const std::string& host) {
    if (host == "0.0.0.0") return "127.0.0.1";
    if (host == "::" || host == "[::]") return "::1";
    return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

int healthcheck(const Config& config, const HealthcheckOptions& options) {
    bool rest = true;
    if (const auto error = config.flag("frontends.rest.enabled", &rest)) {
        std::fprintf(stderr, "vectorizer: %s\n", error->message.c_str());
        return kExitUsage;
    }
    const std::string instance = rest ? "rest" : "graphql";
    const std::string host = reachable(text_of(config, instance, "host", "127.0.0.1"));
    const std::string text = text_of(config, instance, "port", "");
    uint16_t port = kDefaultPort;
    if (!text.empty()) {
        const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
        if (code != std::errc() || end != text.data() + text.size() || port == 0) {
            std::fprintf(stderr, "vectorizer: '%s' is no port to ask at\n", text.c_str());
            return kExitUsage;
        }
    }
    const Asked asked = ask(host, port, options.live ? "/livez" : "/readyz", std::chrono::seconds(options.timeout_s));
    if (asked.status == 200) {
        std::printf("%s\n", asked.text.c_str());
        return 0;
    }
    if (asked.status == 0) {
        std::fprintf(stderr, "vectorizer: %s port %u: %s\n", host.c_str(), port, asked.text.c_str());
    } else {
        std::fprintf(stderr, "vectorizer: %s port %u answers %d: %s\n", host.c_str(), port, asked.status,
                     asked.text.c_str());
    }
    return kExitFailed;
}

}  // namespace vz::host
