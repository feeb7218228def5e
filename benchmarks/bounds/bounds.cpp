#include "benchmarks/bounds/bounds.hpp"

#include <algorithm>
#include <utility>

namespace vz::bounds {

const char* name_of(Pages pages) { return pages == Pages::k4Kb ? "4k" : "2m"; }

double Bounds::row_seconds(uint32_t row_bytes) const {
    const bool has_huge = std::any_of(random_rows.begin(), random_rows.end(),
                                      [](const RandomRows& rows) { return rows.pages == Pages::k2Mb; });
    std::vector<std::pair<double, double>> points;  // bytes, seconds
    for (const RandomRows& rows : random_rows) {
        if (has_huge && rows.pages != Pages::k2Mb) continue;
        points.emplace_back(rows.row_bytes, 1 / rows.best().rows_per_second);
    }
    std::sort(points.begin(), points.end());
    if (points.size() == 1) return points[0].second * row_bytes / points[0].first;
    size_t right = 1;
    while (right + 1 < points.size() && points[right].first < row_bytes) ++right;
    const auto [low, low_seconds] = points[right - 1];
    const auto [high, high_seconds] = points[right];
    return low_seconds + (high_seconds - low_seconds) * (row_bytes - low) / (high - low);
}

}  // namespace vz::bounds
