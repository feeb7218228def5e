#include "tests/e2e/support/rest_server.hpp"

namespace vz::e2e {

void RestServer::start() {
    server_ = std::make_unique<Server>(data());
    client_ = std::make_unique<HttpClient>(server_->port());
}

void RestServer::stop() {
    client_.reset();
    EXPECT_EQ(server_->stop().code, 0);
}

void RestServer::kill() {
    client_.reset();
    server_->kill();
    start();
}

Answer RestServer::send(const std::string& method, const std::string& path, const std::string& body,
                        const std::vector<std::string>& headers) {
    return client_->request(method, path, body, headers);
}

std::string RestServer::expect(int status, const std::string& method, const std::string& path, const std::string& body,
                               const std::vector<std::string>& headers) {
    Answer answer = send(method, path, body, headers);
    EXPECT_EQ(answer.status, status) << method << " " << path << " " << body.substr(0, 200) << "\n"
                                     << answer.body.substr(0, 500);
    return std::move(answer.body);
}

}  // namespace vz::e2e
