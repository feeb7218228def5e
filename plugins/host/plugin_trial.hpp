// The checks of `vectorizer plugin check`, each for a process of its own: how that process ends is a finding too.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plugins/host/trial_report.hpp"

namespace vz::host {

struct TrialInput {
    std::string file;                                           // absolute
    std::vector<std::pair<std::string, std::string>> settings;  // keys of the frontend's configuration
    std::string directory;                                      // empty, the trial's own
    std::string output;                                         // the file that standard output and error go to
    TrialReport* report = nullptr;
};

struct Trial {
    const char* name;
    const char* promise;  // for people: what is looked at
    void (*run)(const TrialInput& input);
    bool reads_file_only = false;
};

// In the order of the report. The first, "load", decides whether the others make sense.
std::span<const Trial> all_trials();

}  // namespace vz::host
