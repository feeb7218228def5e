#include "frontends/http/rate.hpp"

#include <algorithm>

namespace vz::http {
namespace {

// So many addresses are remembered before those that have been quiet for a second are forgotten.
constexpr size_t kBucketsSoft = 4096;

}  // namespace

bool RateLimit::take(std::string_view who, int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    if (buckets_.size() >= kBucketsSoft) forget_full(now_ns);
    const auto [found, is_new] = buckets_.try_emplace(std::string(who), Bucket{per_second_, now_ns});
    auto& bucket = found->second;
    const auto passed = static_cast<double>(std::max<int64_t>(now_ns - bucket.filled_ns, 0)) * 1e-9;
    bucket.tokens = std::min(per_second_, bucket.tokens + passed * per_second_);
    bucket.filled_ns = now_ns;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

// A full bucket says no more than an absent one.
void RateLimit::forget_full(int64_t now_ns) {
    std::erase_if(buckets_, [&](const auto& entry) { return now_ns - entry.second.filled_ns > 1'000'000'000; });
}

}  // namespace vz::http
