#include "plugins/host/progress_line.hpp"

#include <unistd.h>

#include <cstdio>

namespace vz::host {
namespace {

bool is_on_terminal() { return ::isatty(STDERR_FILENO) == 1; }

}  // namespace

bool ProgressLine::is_due() const {
    return Clock::now() - shown_ >= (is_on_terminal() ? std::chrono::milliseconds(200) : std::chrono::seconds(5));
}

void ProgressLine::show(const std::string& text) {
    shown_ = Clock::now();
    std::fprintf(stderr, is_on_terminal() ? "\r\x1b[K%s ..." : "%s\n", text.c_str());
}

void ProgressLine::finish(const std::string& text) const {
    std::fprintf(stderr, "%s%s\n", is_on_terminal() ? "\r\x1b[K" : "", text.c_str());
}

double ProgressLine::seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

}  // namespace vz::host
