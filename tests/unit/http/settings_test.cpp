// What vzh_declare accepts from the configuration.
#include <gtest/gtest.h>

#include "server.hpp"

namespace vz::http::test {
namespace {

vz_status declare(Host& host) {
    vzh_mount* mount = nullptr;
    vz_error error{};
    const auto status = vzh_declare(
        &host.table, nullptr, 0, [](vzh_request*, const vzh_view*) noexcept {}, nullptr, &mount, &error);
    if (status == VZ_OK) vzh_stop(mount);
    return status;
}

std::string rejected(const std::string& key, const std::string& value) {
    auto config = plain_config();
    config[key] = value;
    Host host(config);
    return declare(host) == VZ_OK ? "" : host.rejected_key;
}

TEST(Settings, an_address_beyond_loopback_needs_consent) {
    EXPECT_EQ(rejected("host", "0.0.0.0"), "host");
    EXPECT_EQ(rejected("host", "192.168.1.1"), "host");
    EXPECT_EQ(rejected("host", "127.0.0.1"), "");
    EXPECT_EQ(rejected("host", "localhost"), "");
    EXPECT_EQ(rejected("host", "127.evil.example"), "host");
    auto config = plain_config();
    config["host"] = "0.0.0.0";
    config["auth.allow_unauthenticated"] = "true";
    Host host(config);
    EXPECT_EQ(declare(host), VZ_OK);
    config.erase("auth.allow_unauthenticated");
    config["auth.keys.0.name"] = "ci";
    config["auth.keys.0.hash"] = "sha256:" + std::string(64, 'a');
    config["auth.keys.0.permissions.0"] = "read";
    Host keyed(config);
    EXPECT_EQ(declare(keyed), VZ_OK);
}

TEST(Settings, choices_are_named) {
    EXPECT_EQ(rejected("limits.batch_points", "1000000"), "");
    EXPECT_EQ(rejected("limits.batch_points", "1000001"), "limits.batch_points") << "the engine takes no more";
    EXPECT_EQ(rejected("http.compress", "yes"), "http.compress");
    EXPECT_EQ(rejected("http.compress", "always"), "");
    EXPECT_EQ(rejected("log.access", "some"), "log.access");
    EXPECT_EQ(rejected("log.access", "all"), "");
    EXPECT_EQ(rejected("limits.requests_per_second", "-1"), "limits.requests_per_second");
}

TEST(Settings, a_key_is_whole_or_named) {
    EXPECT_EQ(rejected("auth.keys.0.name", "ci"), "auth.keys.0.hash");
    EXPECT_EQ(rejected("auth.keys.0.hash", "sha256:1234"), "auth.keys.0.hash");
    EXPECT_EQ(rejected("auth.keys.0.permissions.0", "root"), "auth.keys.0.permissions.0");
    EXPECT_EQ(rejected("auth.keys.0.password", "x"), "auth.keys.0.password");
    EXPECT_EQ(rejected("auth.keys.0.scopes.0.collection", "a*b"), "auth.keys.0.scopes.0.collection");
    for (const std::string& scope :
         {std::string("a/b"), std::string("a\x01"), std::string("a\xC2\x85*"), std::string("a\x7F"),
          std::string(256, 'n'), std::string(256, 'n') + "*", std::string("**"), std::string("."), std::string(".."),
          std::string("empty"), std::string("cleanup")}) {
        EXPECT_EQ(rejected("auth.keys.0.scopes.0.collection", scope), "auth.keys.0.scopes.0.collection") << scope;
    }
    for (const std::string& scope : {std::string("*"), std::string("a b*"), std::string("empty*"), std::string(".*"),
                                     std::string("\xC3\xA4"), std::string(255, 'n'), std::string(255, 'n') + "*"}) {
        EXPECT_NE(rejected("auth.keys.0.scopes.0.collection", scope), "auth.keys.0.scopes.0.collection") << scope;
    }
    Host beyond({{"host", "127.0.0.1"},
                 {"auth.keys.0.name", "ci"},
                 {"auth.keys.0.hash", "sha256:" + std::string(64, 'a')},
                 {"auth.keys.0.permissions.0", "read"},
                 {"auth.keys.0.scopes.0.collection", "docs"},
                 {"auth.keys.0.scopes.0.permissions.0", "write"}});
    EXPECT_NE(declare(beyond), VZ_OK);
    EXPECT_EQ(beyond.rejected_key, "auth.keys.0.scopes.0.permissions");
    EXPECT_EQ(rejected("auth.keys", "secret"), "auth.keys");
    EXPECT_EQ(rejected("auth.keys", "[]"), "");
    EXPECT_EQ(rejected("auth.allow_query_key", "maybe"), "auth.allow_query_key");
}

TEST(Settings, values_are_checked) {
    EXPECT_EQ(rejected("port", "65536"), "port");
    EXPECT_EQ(rejected("port", "x"), "port");
    EXPECT_EQ(rejected("http.threads", "0"), "http.threads");
    EXPECT_EQ(rejected("limits.body_mb", "-1"), "limits.body_mb");
    EXPECT_EQ(rejected("limits.body_mb", "1.5"), "limits.body_mb");
    EXPECT_EQ(rejected("auth.allow_unauthenticated", "yes"), "auth.allow_unauthenticated");
    for (const char* origin : {"app.example", "https://", "https://app.example/", "https://app.example/path",
                               "https://a.example,https://b.example", "[https://a.example]", "ftp://a.example"}) {
        EXPECT_EQ(rejected("http.cors_origins.0", origin), "http.cors_origins") << origin;
    }
    for (const char* origin :
         {"*", "https://app.example", "http://localhost:3000", "http://127.0.0.1:5", "http://[::1]:5"})
        EXPECT_EQ(rejected("http.cors_origins.0", origin), "") << origin;
    for (const char* host : {"db.example:80", "::1", "a.example,b.example", "[::1]:80", "a/b"})
        EXPECT_EQ(rejected("http.allowed_hosts.0", host), "http.allowed_hosts") << host;
    for (const char* host : {"db.example", "[::1]", "10.0.0.1", "db_1"})
        EXPECT_EQ(rejected("http.allowed_hosts.0", host), "") << host;
}

TEST(Settings, limits_are_told_by_name) {
    Server server(Changes{{"limits.results", "77"}});
    EXPECT_EQ(vzh_limit(server.mount, "results"), 77U);
    EXPECT_EQ(vzh_limit(server.mount, "batch_points"), 65536U);
    EXPECT_EQ(vzh_limit(server.mount, "nonsense"), 0U);
}

}  // namespace
}  // namespace vz::http::test
