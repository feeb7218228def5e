// What a database should hold, kept beside it by a test that knows every answer it got.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vz::e2e {

enum class Metric { kCosine, kEuclidean, kDot, kManhattan };

struct Point {
    std::vector<float> vector;
    std::string payload;  // as given, byte for byte

    bool operator==(const Point&) const = default;
};

struct Collection {
    uint32_t dimension = 0;
    Metric metric = Metric::kCosine;
    std::map<std::string, Point> points;

    bool operator==(const Collection&) const = default;
};

using Database = std::map<std::string, Collection>;

struct Hit {
    std::string id;
    double score = 0;
    Point point;
};

// The score that both frontends answer: higher is better.
double score_of(Metric metric, const std::vector<float>& left, const std::vector<float>& right);

// What is wrong with `hits` as the answer to a search for the `limit` best of the collection; empty: nothing.
std::string wrong_hits(const Collection& collection, const std::vector<float>& query, size_t limit,
                       const std::vector<Hit>& hits);

}  // namespace vz::e2e
