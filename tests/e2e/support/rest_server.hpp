// A server over a data directory of its own, and the REST client of a test that says what it expects.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {

class RestServer final {
 public:
    RestServer() { start(); }

    void start();
    void stop();
    // SIGKILL, and again over the same directory.
    void kill();

    HttpClient& client() { return *client_; }
    uint16_t port() const { return server_->port(); }
    Process& process() { return server_->process(); }
    std::string data() const { return directory_.path() + "/data"; }

    Answer send(const std::string& method, const std::string& path, const std::string& body = {},
                const std::vector<std::string>& headers = {});
    // The body of an answer that has this status; the test fails if it has another.
    std::string expect(int status, const std::string& method, const std::string& path, const std::string& body = {},
                       const std::vector<std::string>& headers = {});
    std::string good(const std::string& method, const std::string& path, const std::string& body = {},
                     const std::vector<std::string>& headers = {}) {
        return expect(200, method, path, body, headers);
    }

 private:
    TemporaryDirectory directory_;
    std::unique_ptr<Server> server_;
    std::unique_ptr<HttpClient> client_;
};

// A fixture whose tests have one server together.
template <class Suite>
class OnOneServer : public testing::Test {
 protected:
    static void SetUpTestSuite() { rest_ = std::make_unique<RestServer>(); }
    static void TearDownTestSuite() { rest_.reset(); }

    static std::string good(const std::string& method, const std::string& path, const std::string& body = {},
                            const std::vector<std::string>& headers = {}) {
        return rest_->good(method, path, body, headers);
    }
    static std::string refused(int status, const std::string& method, const std::string& path,
                               const std::string& body = {}) {
        return rest_->expect(status, method, path, body);
    }
    static Answer send(const std::string& method, const std::string& path, const std::string& body = {},
                       const std::vector<std::string>& headers = {}) {
        return rest_->send(method, path, body, headers);
    }

    inline static std::unique_ptr<RestServer> rest_;
};

// A fixture each of whose tests has a server.
class OnServer : public testing::Test {
 protected:
    std::string good(const std::string& method, const std::string& path, const std::string& body = {},
                     const std::vector<std::string>& headers = {}) {
        return rest_.good(method, path, body, headers);
    }
    Answer send(const std::string& method, const std::string& path, const std::string& body = {},
                const std::vector<std::string>& headers = {}) {
        return rest_.send(method, path, body, headers);
    }

    RestServer rest_;
};

}  // namespace vz::e2e
