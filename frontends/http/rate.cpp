#include "frontends/http/rate.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace vz::http {
namespace {

// So many are remembered before those that have been quiet for a second are forgotten.
constexpr size_t kBucketsSoft = 4096;
// Beyond them newcomers share one bucket.
constexpr size_t kBucketsMax = 65'536;
constexpr int64_t kSecondNs = 1'000'000'000;

}  // namespace

bool RateLimit::take(std::string_view who, int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    Bucket& bucket = bucket_of(who, now_ns);
    const auto passed = static_cast<double>(std::max<int64_t>(now_ns - bucket.filled_ns, 0)) * 1e-9;
    bucket.tokens = std::min(per_second_, bucket.tokens + passed * per_second_);
    bucket.filled_ns = now_ns;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

RateLimit::Bucket& RateLimit::bucket_of(std::string_view who, int64_t now_ns) {
    // Once a second: to look at all of them takes long.
    if (buckets_.size() >= kBucketsSoft && now_ns - forgot_ns_ > kSecondNs) forget_full(now_ns);
    std::string name(who);
    if (buckets_.size() >= kBucketsMax && !buckets_.contains(name)) name.clear();
    return buckets_.try_emplace(std::move(name), Bucket{per_second_, now_ns}).first->second;
}

// A full bucket says no more than an absent one.
void RateLimit::forget_full(int64_t now_ns) {
    std::erase_if(buckets_, [&](const auto& entry) { return now_ns - entry.second.filled_ns > kSecondNs; });
    forgot_ns_ = now_ns;
}

std::string network_of(std::string_view address) {
    const std::string whole(address);
    in6_addr bytes{};
    if (inet_pton(AF_INET6, whole.c_str(), &bytes) != 1) return whole;
    std::memset(bytes.s6_addr + 8, 0, 8);
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(AF_INET6, &bytes, text, sizeof text);
    return text;
}

}  // namespace vz::http
