// How many requests a key, or an address without one, may send in a second: a token bucket each. Bounded, whoever asks.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace vz::http {

// Any thread.
class RateLimit final {
 public:
    explicit RateLimit(uint64_t per_second) : per_second_(static_cast<double>(per_second)) {}
    bool is_off() const { return per_second_ == 0; }
    // Takes one token; false: there is none.
    bool take(std::string_view who, int64_t now_ns);

 private:
    struct Bucket {
        double tokens = 0;
        int64_t filled_ns = 0;
    };
    Bucket& bucket_of(std::string_view who, int64_t now_ns);
    void forget_full(int64_t now_ns);

    const double per_second_;
    std::mutex mutex_;
    std::unordered_map<std::string, Bucket> buckets_;
    int64_t forgot_ns_ = 0;
};

// Whose address it is: of IPv6, where everybody has many, the network of 64 bits.
std::string network_of(std::string_view address);

}  // namespace vz::http
