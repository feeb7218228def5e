// `vectorizer plugin check FILE.so`.
#pragma once

#include <string>
#include <vector>

namespace vz::host {

struct PluginCheckOptions {
    std::string file;
    std::vector<std::string> settings;  // key=value of the frontend's configuration
    std::vector<std::string> only;      // names of checks; empty: all
    bool json = false;
};

// One that does not load is still looked into as a file.
// 0 all passed, 1 findings, 2 it could not be loaded or the options are wrong.
int plugin_check(const PluginCheckOptions& options);

}  // namespace vz::host
