// Section auth.keys of the configuration.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frontends/access/keys.hpp"
#include "frontends/text/config_reader.hpp"

namespace vz::access {

// A flattened key and its value: "auth.keys.0.permissions.1", "write".
using KeyFields = std::vector<std::pair<std::string, std::string>>;

struct KeyFault {
    std::string key;  // empty: none
    std::string reason;
};

// Reads all keys of the list. `out` is untouched if something is wrong.
KeyFault read_keys(const KeyFields& fields, std::vector<ApiKey>& out);
// Those of the instance that is configured, or of section server. A mistake is the reader's error.
void read_keys(text::ConfigReader& config, std::vector<ApiKey>& out);

}  // namespace vz::access
