// How well a text answers some words: Okapi BM25 (Robertson, Walker, Jones, Hancock-Beaulieu, Gatford, TREC-3, 1994),
// with the logarithm of Lucene, which is never negative.
#pragma once

#include <cmath>
#include <cstdint>

namespace vz {

// Of the texts that a search sees: those with at least one word.
struct TextStatistics {
    uint64_t texts = 0;
    uint64_t words = 0;  // of all of them

    double mean_words() const { return texts == 0 ? 1.0 : static_cast<double>(words) / static_cast<double>(texts); }
};

inline constexpr double kBm25Saturation = 1.2;  // k1
inline constexpr double kBm25ByLength = 0.75;   // b

// Of a word that `having` of the texts have.
inline double bm25_weight(const TextStatistics& all, uint64_t having) {
    const auto with = static_cast<double>(having);
    return std::log(1.0 + (static_cast<double>(all.texts) - with + 0.5) / (with + 0.5));
}

// What a word that stands `count` times in a text of `words` words adds to its score.
inline double bm25_term(const TextStatistics& all, double weight, uint32_t count, uint32_t words) {
    const double length = 1.0 - kBm25ByLength + kBm25ByLength * static_cast<double>(words) / all.mean_words();
    return weight * count * (kBm25Saturation + 1.0) / (count + kBm25Saturation * length);
}

}  // namespace vz
