// Texts as vectors: `bm25`, a lexical feature hash (signed hashing of words: Weinberger, Dasgupta, Langford, Smola,
// Attenberg, ICML 2009) with the saturation and the weights of Okapi BM25. A pure function of the text and, for
// queries, of what the collection counts.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vz {
class Tokenizer;
}

namespace vz::codec {

inline constexpr uint32_t kTextDimensionMin = 16;
inline constexpr uint32_t kTextDimension = 512;  // where none is said

// "bm25/1;dim=512;stemmer=none;unicode=14": equal identities make equal vectors.
std::string embedding_identity(uint32_t dimension, std::string_view stemmer);
// "none", or a language; empty: there is no such stemmer.
std::string_view stemmer_named(std::string_view name);

// One thread's at a time.
class Embedder {
 public:
    // `stemmer` is one that stemmer_named() returned.
    Embedder(uint32_t dimension, std::string_view stemmer);
    Embedder(const Embedder&) = delete;
    Embedder& operator=(const Embedder&) = delete;
    ~Embedder();

    uint32_t dimension() const { return dimension_; }
    // The vector of a stored text. False: it has no word.
    bool document(std::string_view text, float* out);
    // The vector of a query among `points` points, of which `counts[i]` have a value in component i. False: it has no
    // word.
    bool query(std::string_view text, std::span<const uint64_t> counts, uint64_t points, float* out);

 private:
    struct Term {
        uint64_t hash;
        double weight;
    };
    bool read(std::string_view text);
    uint32_t bucket(uint64_t hash) const { return static_cast<uint32_t>(((hash >> 32) * dimension_) >> 32); }
    void write(float* out) const;

    const uint32_t dimension_;
    std::unique_ptr<Tokenizer> tokenizer_;
    std::vector<std::string> words_;
    std::vector<Term> terms_;  // ascending by hash
};

}  // namespace vz::codec
