// What every fuzz target shares. A target is one LLVMFuzzerTestOneInput: with clang libFuzzer drives it, with any other
// compiler replay.cpp does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace vz::fuzz {

// A promise of the parser that the input broke.
inline void check(bool holds, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (holds) return;
    std::fprintf(stderr, "%s:%d: this does not hold\n", file, line);
    std::abort();
}

// Takes an input apart from its front; what is missing reads as zeros.
class Input {
 public:
    Input(const uint8_t* data, size_t size) : left_(reinterpret_cast<const std::byte*>(data), size) {}

    template <class T>
    T take() {
        T value{};
        const size_t count = std::min(sizeof(T), left_.size());
        if (count != 0) std::memcpy(&value, left_.data(), count);
        left_ = left_.subspan(count);
        return value;
    }
    // Up to the first zero byte, which goes too; without one, all.
    std::string_view text() {
        const std::string_view all = rest_text();
        const size_t end = std::min(all.find('\0'), all.size());
        left_ = left_.subspan(std::min(end + 1, all.size()));
        return all.substr(0, end);
    }
    std::span<const std::byte> rest() const { return left_; }
    std::string_view rest_text() const { return {reinterpret_cast<const char*>(left_.data()), left_.size()}; }
    bool empty() const { return left_.empty(); }

 private:
    std::span<const std::byte> left_;
};

// The bytes in memory of their own, so that a sanitizer sees who reads beyond.
inline std::vector<std::byte> copy_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

// Every byte is read.
inline uint64_t sum_of(std::string_view text) {
    uint64_t sum = 0;
    for (const char c : text) sum = sum * 31 + static_cast<unsigned char>(c);
    return sum;
}

}  // namespace vz::fuzz
