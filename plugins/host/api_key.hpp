// New API keys, and their hashes as the configuration keeps them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "plugins/host/config.hpp"

namespace vz::host {

// "vz_" and 256 random bits; empty: the system gives no randomness.
std::string make_api_key();
// "sha256:" and 64 hexadecimal digits.
std::string hash_api_key(std::string_view key);

// The commands. new-key: makes a key and prints it with the entry of the configuration that lets it in.
int new_key(const std::string& name, const std::string& permission);
// hash-key: hashes the key on standard input.
int hash_key();

// Of server.auth.keys, wherever they come from.
size_t count_configured_keys(const Config& config);

}  // namespace vz::host
