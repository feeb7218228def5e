// Section auth.keys of the configuration.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frontends/access/keys.hpp"
#include "vectorizer/frontend.h"

namespace vz::access {

// A flattened key and its value: "auth.keys.0.permissions.1", "write".
using KeyFields = std::vector<std::pair<std::string, std::string>>;

struct KeyFault {
    std::string key;  // empty: none
    std::string reason;
};

// Reads all keys of the list. `out` is untouched if something is wrong.
KeyFault read_keys(const KeyFields& fields, std::vector<ApiKey>& out);
// Those of the instance that `host` is for, or of section server. VZ_OK, or `error` filled with the place of the
// mistake.
vz_status read_keys(const vz_host& host, const vz_config_service& config, std::vector<ApiKey>& out, vz_error* error);

}  // namespace vz::access
