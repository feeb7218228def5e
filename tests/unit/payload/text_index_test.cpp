#include "engine/payload/text_index.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "engine/payload/growing_text_index.hpp"

namespace vz {
namespace {

const FieldIndexSchema kDeclared = {VZ_FIELD_INDEX_TEXT, "body", "english"};

const std::vector<std::string_view> kPayloads = {
    R"({"body":"Whales swim in the sea"})",
    R"({"body":["The sea","and the \u0053EA again"]})",
    R"({"body":7})",
    "",
    R"({"other":"sea"})",
    R"({"body":"and the of"})",
};

std::vector<std::pair<uint32_t, uint32_t>> found(const TextPostings& postings, std::string_view word) {
    std::vector<std::pair<uint32_t, uint32_t>> pairs;
    const Postings of_word = postings.find(word);
    for (size_t i = 0; i < of_word.rows.size(); ++i) pairs.emplace_back(of_word.rows[i], of_word.counts[i]);
    return pairs;
}

const auto kRows = static_cast<uint32_t>(kPayloads.size());

void expect_known(const TextPostings& postings) {
    using Pairs = std::vector<std::pair<uint32_t, uint32_t>>;
    EXPECT_EQ(postings.rows(), kRows);
    EXPECT_EQ(found(postings, "sea"), (Pairs{{0, 1}, {1, 2}}));
    EXPECT_EQ(found(postings, "whale"), (Pairs{{0, 1}}));
    EXPECT_EQ(found(postings, "whales"), Pairs{});
    EXPECT_EQ(found(postings, ""), Pairs{});
    EXPECT_EQ(found(postings, "zebra"), Pairs{});
    EXPECT_EQ(postings.words(0), 3U);
    EXPECT_EQ(postings.words(1), 3U);  // "again" is no stop word
    for (const uint32_t row : {2U, 3U, 4U, 5U}) EXPECT_EQ(postings.words(row), 0U);
    EXPECT_EQ(postings.all().texts, 2U);
    EXPECT_EQ(postings.all().words, 6U);
}

TEST(TextIndex, knows_the_words_of_every_row) {
    const TextIndex index = TextIndex::own(build_text_index(kDeclared, kPayloads), kRows).take();
    EXPECT_EQ(index.declared(), kDeclared);
    expect_known(index);
}

TEST(TextIndex, growing_says_the_same) {
    GrowingTextIndex growing(kDeclared);
    const auto payload = [](uint32_t row) { return kPayloads[row]; };
    growing.extend(2, payload);
    EXPECT_EQ(growing.rows(), 2U);
    growing.extend(kRows, payload);
    growing.extend(1, payload);
    expect_known(GrowingTextIndex::Reading(growing));
}

TEST(TextIndex, no_rows) {
    const TextIndex index = TextIndex::own(build_text_index(kDeclared, {}), 0).take();
    EXPECT_TRUE(index.find("sea").rows.empty());
    EXPECT_FALSE(TextIndex::own(build_text_index(kDeclared, {}), 1).ok());
}

// Whatever the bytes, reading stays within them.
TEST(TextIndex, damage_is_bounded) {
    const std::vector<std::byte> whole = build_text_index(kDeclared, kPayloads);
    const auto read_all = [](const std::vector<std::byte>& bytes) {
        const Result<TextIndex> index = TextIndex::own(bytes, kRows);
        if (!index.ok()) return false;
        uint64_t sum = 0;
        for (const char* word : {"sea", "whale", "", "zebra"}) {
            for (const auto& [row, count] : found(*index, word)) sum += row + count;
        }
        for (uint32_t row = 0; row < index->rows(); ++row) sum += index->words(row);
        return sum != UINT64_MAX;
    };
    ASSERT_TRUE(read_all(whole));
    for (size_t size = 0; size + 8 <= whole.size(); ++size) {  // the last bytes may be padding
        EXPECT_FALSE(read_all({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
    }
    for (size_t at = 0; at < whole.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::vector<std::byte> damaged = whole;
            damaged[at] ^= std::byte{1} << bit;
            read_all(damaged);
        }
    }
    std::mt19937 random(11);
    for (int round = 0; round < 20000; ++round) {
        std::vector<std::byte> damaged = whole;
        for (int i = 0; i < 4; ++i) damaged[random() % damaged.size()] = static_cast<std::byte>(random());
        read_all(damaged);
    }
}

}  // namespace
}  // namespace vz
