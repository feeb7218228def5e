#include "tests/e2e/support/model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

namespace vz::e2e {

double score_of(Metric metric, const std::vector<float>& left, const std::vector<float>& right) {
    double dot = 0;
    double left_square = 0;
    double right_square = 0;
    double squares = 0;
    double absolutes = 0;
    for (size_t i = 0; i < left.size(); ++i) {
        const double a = left[i];
        const double b = right[i];
        dot += a * b;
        left_square += a * a;
        right_square += b * b;
        squares += (a - b) * (a - b);
        absolutes += std::fabs(a - b);
    }
    switch (metric) {
        case Metric::kCosine:
            return left_square == 0 || right_square == 0 ? 0 : dot / std::sqrt(left_square * right_square);
        case Metric::kEuclidean: return 1 / (1 + std::sqrt(squares));
        case Metric::kDot: return dot;
        case Metric::kManhattan: return 1 / (1 + absolutes);
    }
    return 0;
}

std::string wrong_hits(const Collection& collection, const std::vector<float>& query, size_t limit,
                       const std::vector<Hit>& hits) {
    std::vector<double> best;
    for (const auto& [id, point] : collection.points) best.push_back(score_of(collection.metric, query, point.vector));
    std::sort(best.rbegin(), best.rend());
    best.resize(std::min(best.size(), limit));
    if (hits.size() != best.size())
        return std::to_string(hits.size()) + " hits instead of " + std::to_string(best.size());
    std::set<std::string> seen;
    for (size_t i = 0; i < hits.size(); ++i) {
        const auto found = collection.points.find(hits[i].id);
        if (found == collection.points.end()) return "a hit that is no point: " + hits[i].id;
        if (!seen.insert(hits[i].id).second) return "twice: " + hits[i].id;
        if (!(found->second == hits[i].point)) return "vector or payload of " + hits[i].id;
        const double tolerance = 1e-5 * std::max(1.0, std::fabs(best[i]));
        const double own = score_of(collection.metric, query, found->second.vector);
        if (std::fabs(hits[i].score - own) > tolerance) return "score of " + hits[i].id;
        if (std::fabs(hits[i].score - best[i]) > tolerance) return "order at " + std::to_string(i);
    }
    return {};
}

}  // namespace vz::e2e
