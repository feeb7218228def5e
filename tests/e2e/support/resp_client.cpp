#include "tests/e2e/support/resp_client.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace vz::e2e {

std::string resp_request(const std::vector<std::string>& arguments) {
    std::string bytes = "*" + std::to_string(arguments.size()) + "\r\n";
    for (const std::string& argument : arguments)
        bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
    return bytes;
}

bool is_resp_error(const std::string& reply) { return reply.rfind("(error) ", 0) == 0; }

RespClient::RespClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("no RESP frontend");
}

RespClient::~RespClient() { ::close(socket_); }

std::string RespClient::ask(const std::vector<std::string>& arguments) {
    send(resp_request(arguments));
    return reply();
}

void RespClient::send(const std::string& bytes) {
    for (size_t sent = 0; sent < bytes.size();) {
        const ssize_t now = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (now <= 0) return;
        sent += static_cast<size_t>(now);
    }
}

std::string RespClient::reply() {
    const std::string line = read_line();
    if (line.empty()) return "closed";
    const std::string rest = line.substr(1);
    switch (line[0]) {
        case '-': return "(error) " + rest;
        case '_': return "nil";
        case '#': return rest == "t" ? "true" : "false";
        case '$': return rest == "-1" ? "nil" : read_bytes(std::stoul(rest));
        case '*': return list(std::stoul(rest));
        case '%': return list(2 * std::stoul(rest));
        default: return rest;
    }
}

std::string RespClient::list(size_t count) {
    std::string text = "[";
    for (size_t i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + reply();
    return text + "]";
}

bool RespClient::fill() {
    char bytes[65536];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got > 0) buffer_.append(bytes, static_cast<size_t>(got));
    return got > 0;
}

std::string RespClient::read_line() {
    size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
        if (!fill()) return "";
    }
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return line;
}

std::string RespClient::read_bytes(size_t count) {
    while (buffer_.size() < count + 2) {
        if (!fill()) return "closed";
    }
    std::string bytes = buffer_.substr(0, count);
    buffer_.erase(0, count + 2);
    return bytes;
}

}  // namespace vz::e2e
