// Whether the server still does what it is for: the engine reads, and every frontend that speaks HTTP answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "vectorizer/engine.h"

namespace vz::host {

// Of an address as a frontend reports it, "http://127.0.0.1:15002/graphql"; port 0: it is none of HTTP.
struct HttpAddress {
    std::string host;
    uint16_t port = 0;
};
HttpAddress http_address(const std::string& url);

// Empty: it lives. Otherwise what does not. Any answer is a sign of life, a refusal too. Returns within about
// `patience`.
std::string missing_sign(vz_engine* engine, const std::vector<HttpAddress>& addresses,
                         std::chrono::milliseconds patience);

}  // namespace vz::host
