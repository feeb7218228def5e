#include <algorithm>
#include <string>

#include "frontends/json/reader.hpp"
#include "frontends/text/spelling.hpp"

namespace vz::json {
namespace {

constexpr uint64_t kNameMax = 40;

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
    if (name.empty() || name.size() > kNameMax) return {};
    const std::string wanted = text::lowered(name);
    std::string_view best;
    auto least = static_cast<uint32_t>(1 + name.size() / 3);
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > kNameMax) continue;
        const auto steps = static_cast<uint32_t>(text::edit_distance(wanted, text::lowered(candidate)));
        if (steps > least || (steps == least && !best.empty())) continue;
        if (steps >= std::max(name.size(), candidate.size())) continue;
        least = steps;
        best = candidate;
    }
    return best;
}

}  // namespace vz::json
