#include "tests/e2e/support/server.hpp"

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/http_client.hpp"

namespace vz::e2e {

std::string program() {
    const char* const chosen = std::getenv("VZ_BINARY");
    return chosen != nullptr ? chosen : VZ_BINARY_BUILT;
}

Server::Server(const std::string& data_directory, const std::vector<std::string>& arguments, Until until)
    : port_(free_port()) {
    std::vector<std::string> command = {program(),      "serve",  "--data-dir",
                                        data_directory, "--port", std::to_string(port_)};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto begin = std::chrono::steady_clock::now();
    process_ = std::make_unique<Process>(command, std::vector<std::string>{}, data_directory + ".log");
    HttpClient client(port_, std::chrono::seconds(2));
    // 404: a server without REST has no such route, but it serves.
    const std::string route = until == Until::kReady ? "/readyz" : "/collections";
    for (int status = 0; (status = client.get(route).status) != 200 && status != 404;) {
        if (process_->wait(std::chrono::milliseconds(0)) ||
            std::chrono::steady_clock::now() - begin > std::chrono::seconds(60)) {
            throw std::runtime_error("the server does not get ready:\n" + process_->output());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    start_time_ = std::chrono::steady_clock::now() - begin;
}

Exit Server::stop() {
    process_->send(SIGTERM);
    const std::optional<Exit> exit = process_->wait(std::chrono::seconds(30));
    if (!exit) throw std::runtime_error("the server does not stop:\n" + process_->output());
    return *exit;
}

void Server::kill() {
    process_->send(SIGKILL);
    process_->wait(std::chrono::seconds(30));
}

}  // namespace vz::e2e
