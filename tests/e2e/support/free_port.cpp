#include "tests/e2e/support/free_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace vz::e2e {
namespace {

constexpr uint16_t kFirst = 20000;
constexpr uint16_t kEnd = 32768;

// An abstract name of this port, held until the process ends.
bool reserve(uint16_t port) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = "vectorizer-test-port-" + std::to_string(port);
    name.copy(address.sun_path + 1, name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const int held = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(held, reinterpret_cast<sockaddr*>(&address), size) == 0) return true;
    close(held);
    return false;
}

bool is_free(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool bound = bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(probe);
    return bound;
}

}  // namespace

uint16_t free_port() {
    for (uint16_t port = kFirst; port < kEnd; ++port)
        if (reserve(port) && is_free(port)) return port;
    std::fprintf(stderr, "no port of %u to %u is free\n", kFirst, kEnd - 1);
    std::exit(1);
}

}  // namespace vz::e2e
