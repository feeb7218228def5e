// The door of xxHash.
#include "frontends/codec/embedding.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "engine/text/bm25.hpp"
#include "engine/text/tokenizer.hpp"

namespace vz::codec {

std::string embedding_identity(uint32_t dimension, std::string_view stemmer) {
    return "bm25/1;dim=" + std::to_string(dimension) + ";stemmer=" + std::string(stemmer) +
           ";unicode=" + std::to_string(Tokenizer::unicode_version());
}

std::string_view stemmer_named(std::string_view name) {
    return name == "none" ? "none" : Tokenizer::language_named(name);
}

Embedder::Embedder(uint32_t dimension, std::string_view stemmer)
    : dimension_(dimension), tokenizer_(Tokenizer::make(stemmer)) {}

Embedder::~Embedder() = default;

bool Embedder::read(std::string_view text) {
    words_.clear();
    terms_.clear();
    tokenizer_->append(text, &words_);
    std::sort(words_.begin(), words_.end());
    for (size_t from = 0; from < words_.size();) {
        size_t to = from + 1;
        while (to < words_.size() && words_[to] == words_[from]) ++to;
        const auto count = static_cast<double>(to - from);
        const std::string& word = words_[from];
        terms_.push_back(
            {XXH3_64bits(word.data(), word.size()), count * (kBm25Saturation + 1) / (count + kBm25Saturation)});
        from = to;
    }
    // The order of a sum is part of its value.
    std::stable_sort(terms_.begin(), terms_.end(), [](const Term& a, const Term& b) { return a.hash < b.hash; });
    return !terms_.empty();
}

void Embedder::write(float* out) const {
    std::vector<double> sums(dimension_);
    const auto add = [&](bool is_signed) {
        double squares = 0;
        for (const Term& term : terms_)
            sums[bucket(term.hash)] += is_signed && term.hash % 2 != 0 ? -term.weight : term.weight;
        for (const double sum : sums) squares += sum * sum;
        return std::sqrt(squares);
    };
    double length = add(true);
    if (length == 0) {
        std::fill(sums.begin(), sums.end(), 0.0);
        length = add(false);
    }
    for (uint32_t i = 0; i < dimension_; ++i) out[i] = static_cast<float>(sums[i] / length);
}

bool Embedder::document(std::string_view text, float* out) {
    if (!read(text)) return false;
    write(out);
    return true;
}

bool Embedder::query(std::string_view text, std::span<const uint64_t> counts, uint64_t points, float* out) {
    if (!read(text)) return false;
    for (Term& term : terms_) {
        const uint64_t having = counts[bucket(term.hash)];
        term.weight *= bm25_weight({std::max(points, having), 0}, having);
    }
    write(out);
    return true;
}

}  // namespace vz::codec
