#include "plugins/host/api_key.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>

#include "frontends/access/keys.hpp"
#include "frontends/text/hex.hpp"
#include "plugins/host/exit_code.hpp"

namespace vz::host {
namespace {

// An exit code: what nobody got was not made.
int end_of_output() {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
    std::fprintf(stderr, "vectorizer: standard output cannot be written\n");
    return kExitFailed;
}

}  // namespace

std::string make_api_key() {
    std::array<unsigned char, 32> bits{};
    if (::getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size())) return "";
    return "vz_" + text::hex(bits);
}

std::string hash_api_key(std::string_view key) { return access::key_hash_text(access::hash_of_key(key)); }

size_t count_configured_keys(const Config& config) {
    return static_cast<size_t>(std::count_if(config.values().begin(), config.values().end(), [](const auto& entry) {
        return entry.first.starts_with("server.auth.keys.") && entry.first.ends_with(".hash");
    }));
}

int new_key(const std::string& name, const std::string& permission) {
    const std::string key = make_api_key();
    if (key.empty()) {
        std::fprintf(stderr, "vectorizer: the system gives no randomness\n");
        return kExitFailed;
    }
    std::printf("key   %s\n\nIt is not kept anywhere: store it now. This entry of server.auth.keys lets it in:\n\n",
                key.c_str());
    std::printf("server:\n  auth:\n    keys:\n      - {name: \"%s\", hash: \"%s\", permissions: [%s]}\n", name.c_str(),
                hash_api_key(key).c_str(), permission.c_str());
    return end_of_output();
}

int hash_key() {
    std::string key;
    if (!std::getline(std::cin, key) || key.empty()) {
        std::fprintf(stderr, "vectorizer: hash-key reads a key from standard input\n");
        return kExitUsage;
    }
    std::printf("%s\n", hash_api_key(key).c_str());
    return end_of_output();
}

}  // namespace vz::host
