// The Redis protocol as a frontend. Keys of its configuration: host, port, clients, auth, and how long clients may
// take.
#include <arpa/inet.h>

#include <string>
#include <utility>

#include "frontends/access/key_settings.hpp"
#include "plugins/resp/access.hpp"
#include "plugins/resp/server.hpp"

namespace resp {
namespace {

constexpr int64_t kTimeoutMsMax = 86'400'000;  // a day

}  // namespace

class Frontend {
 public:
    static vz::Expected<std::unique_ptr<Frontend>> create(vz::Host host) {
        ServerOptions options;
        vz_error error = {};
        vz::text::ConfigReader config(*host.raw(), &error);
        // Its own alone: the address of `server:` is that of HTTP.
        const std::string own = "frontends." + std::string(host.instance()) + ".";
        in_addr address = {};
        options.host = config.text(own + "host").value_or(options.host);
        if (::inet_pton(AF_INET, options.host.c_str(), &address) != 1) config.reject("host", "must be an IPv4 address");
        const bool is_open = config.text("auth.allow_unauthenticated") == "true" || ntohl(address.s_addr) >> 24 == 127;
        config.number(own + "port", 0, 65'535, options.port);
        config.number("clients", 1, 4096, options.clients_max);
        for (const auto& [key, limit] : {std::pair("login_timeout_ms", &options.login_timeout),
                                         std::pair("idle_timeout_ms", &options.idle_timeout),
                                         std::pair("write_timeout_ms", &options.write_timeout)}) {
            int64_t limit_ms = limit->count();
            config.number(key, 0, kTimeoutMsMax, limit_ms);
            *limit = std::chrono::milliseconds(limit_ms);
        }
        if (config.status() != VZ_OK) return vz::Error(error);
        auto made = std::make_unique<Frontend>(host, std::move(options), is_open);
        const vz::Expected<void> known = made->reload();
        if (!known && known.error().field() == "host") return host.reject("host", known.error().message());
        if (!known) return known.error();
        return made;
    }

    Frontend(vz::Host host, ServerOptions options, bool is_open)
        : host_(host), access_(host.engine(), is_open), server_(host.engine(), access_, std::move(options)) {}

    // The keys of the configuration, as they are now.
    vz::Expected<void> reload() {
        std::vector<vz::access::ApiKey> keys;
        vz_error error = {};
        vz::text::ConfigReader config(*host_.raw(), &error);
        vz::access::read_keys(config, keys);
        if (config.status() != VZ_OK) return vz::Error(error);
        return access_.use(std::move(keys));
    }

    vz::Expected<void> start() {
        vz::Expected<void> started = server_.start();
        if (started) host_.report(VZ_HEALTH_READY, "redis://" + server_.address());
        return started;
    }
    void drain() { server_.drain(); }
    bool idle() const { return server_.idle(); }
    void stop() { server_.stop(); }

 private:
    vz::Host host_;
    Access access_;
    Server server_;
};

}  // namespace resp

VZ_FRONTEND(resp::Frontend, "dev.vectorizer.resp", "RESP", "1.0.0")
