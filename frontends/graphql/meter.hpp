// What GraphQL was asked for and how it went, for vz.metrics/1.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "vectorizer/frontend.h"

namespace vz::graphql {

enum class Phase : uint8_t { kParse, kValidate, kExecute };

// Any thread.
class Meter final {
 public:
    explicit Meter(const vz_host* host);

    void operation(bool is_mutation) const;
    void cache_hit() const;
    void took(Phase phase, int64_t ns) const;
    // One entry of `errors`.
    void error(std::string_view code);

 private:
    static constexpr size_t kCodesMax = 64;  // of those that come after, "OTHER" tells

    uint64_t declare(const char* name, const char* help, uint32_t kind, const char* label,
                     std::string_view value) const;
    void count(uint64_t id) const;

    const vz_host* host_;
    const vz_metrics_service* metrics_;  // null: the host counts nothing
    std::array<uint64_t, 2> operations_{};
    uint64_t cache_hits_ = 0;
    std::array<uint64_t, 3> seconds_{};
    std::mutex mutex_;
    std::map<std::string, uint64_t, std::less<>> errors_;  // by code
};

}  // namespace vz::graphql
