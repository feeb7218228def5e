// What a person sees when the server is up.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plugins/host/config.hpp"
#include "vectorizer/engine.h"

namespace vz::host {

struct BannerFacts {
    std::string directory;
    std::vector<std::pair<std::string, std::string>> frontends;  // name, address
    std::string access;
    double ready_ms = 0;
};

// Who may use the server, in a few words.
std::string access_of(const Config& config);

// To standard error: a table on a terminal, one line of facts elsewhere.
void print_banner(const BannerFacts& facts, vz_engine* engine);

}  // namespace vz::host
