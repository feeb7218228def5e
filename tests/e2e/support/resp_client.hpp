// A client of the Redis protocol. Replies come as text: "OK", "(error) ...", "1", "nil", "[a b]".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vz::e2e {

// A request as an array of bulk strings.
std::string resp_request(const std::vector<std::string>& arguments);
bool is_resp_error(const std::string& reply);

class RespClient final {
 public:
    // To this machine; std::runtime_error where nobody listens.
    explicit RespClient(uint16_t port);
    ~RespClient();
    RespClient(const RespClient&) = delete;
    RespClient& operator=(const RespClient&) = delete;

    std::string ask(const std::vector<std::string>& arguments);
    void send(const std::string& bytes);
    // "closed" at the end of the connection.
    std::string reply();

 private:
    std::string list(size_t count);
    bool fill();
    std::string read_line();
    std::string read_bytes(size_t count);

    int socket_;
    std::string buffer_;
};

}  // namespace vz::e2e
