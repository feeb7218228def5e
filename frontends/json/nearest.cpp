#include <algorithm>
#include <array>

#include "frontends/json/reader.hpp"

namespace vz::json {
namespace {

constexpr uint64_t kNameMax = 40;

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Levenshtein distance without regard to case.
uint32_t distance(std::string_view a, std::string_view b) {
    std::array<uint32_t, kNameMax + 1> row{};
    for (uint32_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (uint32_t i = 1; i <= a.size(); ++i) {
        uint32_t diagonal = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= b.size(); ++j) {
            const uint32_t above = row[j];
            const uint32_t change = diagonal + (folded(a[i - 1]) == folded(b[j - 1]) ? 0u : 1u);
            row[j] = std::min({change, above + 1, row[j - 1] + 1});
            diagonal = above;
        }
    }
    return row[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
    if (name.empty() || name.size() > kNameMax) return {};
    std::string_view best;
    auto least = static_cast<uint32_t>(1 + name.size() / 3);
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > kNameMax) continue;
        const uint32_t steps = distance(name, candidate);
        if (steps > least || (steps == least && !best.empty())) continue;
        if (steps >= std::max(name.size(), candidate.size())) continue;
        least = steps;
        best = candidate;
    }
    return best;
}

}  // namespace vz::json
