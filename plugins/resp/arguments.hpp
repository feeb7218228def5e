// The arguments of a request, read from left to right, and how to say what is wrong with one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/resp/protocol.hpp"

namespace resp {

using Arguments = std::span<const std::string_view>;

class Reader {
 public:
    explicit Reader(Arguments arguments) : arguments_(arguments) {}
    bool at_end() const { return next_ == arguments_.size(); }
    // Empty at the end.
    std::string_view take() { return at_end() ? std::string_view() : arguments_[next_++]; }
    bool take_if(std::string_view word) {
        if (at_end() || !same_word(arguments_[next_], word)) return false;
        ++next_;
        return true;
    }
    bool take_integer(int64_t low, int64_t high, int64_t* out) {
        return !at_end() && parse_integer(take(), low, high, out);
    }

 private:
    Arguments arguments_;
    size_t next_ = 0;
};

// An option as somebody wrote it, fit for a line of an error.
std::string quoted(std::string_view option);

// The error of a command that was given too few or too many.
std::string wrong_number_of_arguments(std::string_view command);

// The errors of an option that was given something else.
std::string takes(const char* option, const std::string& what);
std::string takes_whole(const char* option, int64_t low, int64_t high);

// FP32 blob, or VALUES n and n numbers. Empty, or the error that says what is wrong with it.
std::string take_vector(Reader& reader, std::vector<float>* out);

}  // namespace resp
