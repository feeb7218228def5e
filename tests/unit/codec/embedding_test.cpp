#include "frontends/codec/embedding.hpp"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <cmath>
#include <map>
#include <memory>
#include <random>

#include "frontends/codec/chunks.hpp"
#include "frontends/codec/text_points.hpp"

namespace vz::codec {
namespace {

// The definition, word by word: words are given cut, folded and counted.
std::vector<float> defined(const std::map<std::string, double>& weights, uint32_t dimension) {
    std::map<uint64_t, double> by_hash;
    for (const auto& [word, weight] : weights) by_hash[XXH3_64bits(word.data(), word.size())] = weight;
    std::vector<double> sums(dimension);
    for (const auto& [hash, weight] : by_hash)
        sums[((hash >> 32) * dimension) >> 32] += (hash & 1) != 0 ? -weight : weight;
    double squares = 0;
    for (const double sum : sums) squares += sum * sum;
    std::vector<float> vector;
    for (const double sum : sums) vector.push_back(static_cast<float>(sum / std::sqrt(squares)));
    return vector;
}

std::vector<float> document(std::string_view text, uint32_t dimension, std::string_view stemmer = "none") {
    std::vector<float> vector(dimension);
    EXPECT_TRUE(Embedder(dimension, stemmer).document(text, vector.data()));
    return vector;
}

TEST(Embedding, of_a_document_is_what_the_definition_says) {
    for (const uint32_t dimension : {16U, 100U, 512U, 1024U}) {
        EXPECT_EQ(document("The sea, the SEA; a ship!", dimension),
                  defined({{"the", 2 * 2.2 / 3.2}, {"sea", 2 * 2.2 / 3.2}, {"a", 1.0}, {"ship", 1.0}}, dimension));
    }
    EXPECT_EQ(document("whales", 64, "english"), document("whale", 64, "english"));
    EXPECT_NE(document("whales", 64), document("whale", 64));
}

TEST(Embedding, of_a_query_is_weighed_by_what_the_collection_counts) {
    constexpr uint32_t kDimension = 512;
    const auto bucket = [](const std::string& word) {
        return ((XXH3_64bits(word.data(), word.size()) >> 32) * kDimension) >> 32;
    };
    std::vector<uint64_t> counts(kDimension);
    counts[bucket("sea")] = 9;
    counts[bucket("ship")] = 1;
    const auto idf = [](double having) { return std::log(1 + (10 - having + 0.5) / (having + 0.5)); };
    std::vector<float> vector(kDimension);
    ASSERT_TRUE(Embedder(kDimension, "none").query("sea ship", counts, 10, vector.data()));
    const std::vector<float> expected = defined({{"sea", idf(9)}, {"ship", idf(1)}}, kDimension);
    for (uint32_t i = 0; i < kDimension; ++i) EXPECT_NEAR(vector[i], expected[i], 1e-6);
}

TEST(Embedding, a_text_without_words_has_none) {
    std::vector<float> vector(16);
    EXPECT_FALSE(Embedder(16, "none").document(" ... ", vector.data()));
    EXPECT_FALSE(Embedder(16, "english").document("the", vector.data()));
}

// In few components words of opposite sign meet: the length is 1 all the same.
TEST(Embedding, has_length_one_whatever_cancels_out) {
    std::mt19937 random(3);
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (uint32_t words = 1 + static_cast<uint32_t>(random()) % 4; words > 0; --words)
            text += "w" + std::to_string(random() % 500) + " ";
        double squares = 0;
        for (const float value : document(text, 16)) squares += double{value} * double{value};
        ASSERT_NEAR(squares, 1.0, 1e-5) << text;
    }
}

TEST(Embedding, identity_names_all_that_shapes_it) {
    EXPECT_TRUE(embedding_identity(512, "none").starts_with("bm25/1;dim=512;stemmer=none;unicode="));
    EXPECT_NE(embedding_identity(512, "none"), embedding_identity(512, "english"));
    EXPECT_EQ(stemmer_named("en"), "english");
    EXPECT_EQ(stemmer_named("none"), "none");
    EXPECT_TRUE(stemmer_named("klingon").empty());
}

// Every chunk has all of the metadata: a small request makes more than any record may have.
TEST(TextPoints, are_made_up_to_what_a_record_may_have) {
    struct Counted {
        std::vector<std::unique_ptr<char[]>> pieces;
        uint64_t bytes = 0;
    } counted;
    const json::Arena arena{&counted, [](void* owner, uint64_t bytes, uint64_t) -> void* {
                                auto& all = *static_cast<Counted*>(owner);
                                all.bytes += bytes;
                                return all.pieces.emplace_back(std::make_unique<char[]>(bytes)).get();
                            }};
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += "many words ";
    const std::string metadata = R"({"a":")" + std::string(60'000, 'x') + "\"}";
    Embedder embedder(16, "none");
    TextEntry entry{"id", text, metadata, {true, 64, 0}};
    std::span<const TextPoint> points;
    const Failure failure = make_points(entry, "", embedder, arena, points);
    EXPECT_EQ(failure.http, 413U);
    EXPECT_EQ(failure.details, R"({"limit_bytes":33554432})");
    EXPECT_LE(counted.bytes, kRecordBytesMax + 1'000'000);
    entry.metadata = R"({"a":"x"})";
    EXPECT_EQ(make_points(entry, "", embedder, arena, points).message, "");
    EXPECT_GE(points.size(), 1'000U);
}

TEST(Chunks, end_after_sentences_words_or_characters) {
    const std::string sentence = "One two three four five six seven eight nine ten. ";  // 50 bytes
    const std::string text = sentence + sentence + sentence;
    const auto pieces = cut_text(text, 64, 16);
    ASSERT_GE(pieces.size(), 3U);
    // No sentence ends in the last fifth.
    EXPECT_EQ(pieces[0], "One two three four five six seven eight nine ten. One two three ");
    EXPECT_TRUE(pieces[1].starts_with("One two three four"));
    const std::string lines = std::string(60, 'a') + "\n" + std::string(60, 'b');
    EXPECT_EQ(cut_text(lines, 64, 0)[0], std::string(60, 'a') + "\n");
    const std::string no_words(150, 'x');
    const auto letters = cut_text(no_words, 64, 32);
    EXPECT_EQ(letters.size(), 3U);
    const std::string no_text(500, '\xB2');
    EXPECT_FALSE(cut_text(no_text, 64, 32).empty());  // no UTF-8: it ends all the same
    EXPECT_EQ(cut_text("short", 64, 32), std::vector<std::string_view>{"short"});
}

TEST(Chunks, together_are_the_whole_text) {
    std::mt19937 random(17);
    const std::string_view parts[] = {"a",  "word", "long-word", " ",      "  ",     "\n",
                                      ". ", "! ",   "?",         "\u017E", "\u4E2D", "\U0001F40B"};
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (uint32_t left = static_cast<uint32_t>(random()) % 200; left > 0; --left)
            text += parts[random() % std::size(parts)];
        const uint32_t size = 64 + static_cast<uint32_t>(random()) % 64;
        const uint32_t overlap = static_cast<uint32_t>(random()) % (size / 2 + 1);
        size_t covered = 0;
        for (const std::string_view piece : cut_text(text, size, overlap)) {
            const auto begin = static_cast<size_t>(piece.data() - text.data());
            ASSERT_LE(piece.size(), size);
            ASSERT_LE(begin, covered);
            ASSERT_GE(begin + overlap, covered);
            ASSERT_TRUE(text.empty() || begin + piece.size() > covered);
            covered = begin + piece.size();
            ASSERT_TRUE(covered == text.size() || (static_cast<unsigned char>(text[covered]) & 0xC0) != 0x80);
        }
        ASSERT_EQ(covered, text.size());
    }
}

}  // namespace
}  // namespace vz::codec
