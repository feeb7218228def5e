#include <algorithm>
#include <string>

#include "frontends/json/reader.hpp"
#include "frontends/text/spelling.hpp"

namespace vz::json {
namespace {

constexpr uint64_t kNameMax = 40;

std::string folded(std::string_view name) {
    std::string out(name);
    for (char& c : out) c = text::lower(c);
    return out;
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
    if (name.empty() || name.size() > kNameMax) return {};
    std::string_view best;
    auto least = static_cast<uint32_t>(1 + name.size() / 3);
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > kNameMax) continue;
        const auto steps = static_cast<uint32_t>(text::edit_distance(folded(name), folded(candidate)));
        if (steps > least || (steps == least && !best.empty())) continue;
        if (steps >= std::max(name.size(), candidate.size())) continue;
        least = steps;
        best = candidate;
    }
    return best;
}

}  // namespace vz::json
