#include "engine/text/tokenizer.hpp"

#include <gtest/gtest.h>

#include <random>

namespace vz {
namespace {

using Words = std::vector<std::string>;

Words words_of(std::string_view language, std::string_view text) {
    Words words;
    Tokenizer::make(language)->append(text, &words);
    return words;
}

TEST(Tokenizer, cuts_at_the_word_boundaries_of_unicode) {
    EXPECT_EQ(words_of("", "The quick (\"brown\") fox can't jump 32.3 feet, right?"),
              (Words{"the", "quick", "brown", "fox", "can't", "jump", "32.3", "feet", "right"}));
    EXPECT_EQ(words_of("", ""), Words{});
    EXPECT_EQ(words_of("", " ,;--  \t\n"), Words{});
    EXPECT_EQ(words_of("", "foo_bar baz-qux"), (Words{"foo_bar", "baz", "qux"}));
}

TEST(Tokenizer, folds_what_readers_take_for_the_same) {
    EXPECT_EQ(words_of("", "STRASSE"), words_of("", "straße"));
    EXPECT_EQ(words_of("", "ÉCOLE"), words_of("", "e\u0301cole"));  // composed or not
    EXPECT_EQ(words_of("", "ﬁsh"), words_of("", "FISH"));           // a ligature
    EXPECT_EQ(words_of("", "ΌΔΟΣ"), words_of("", "όδος"));          // two forms of sigma
}

TEST(Tokenizer, stems_and_leaves_out_in_the_language_named) {
    EXPECT_EQ(words_of("english", "The connections were connecting"), (Words{"connect", "connect"}));
    EXPECT_EQ(words_of("en", "The connections were connecting"), (Words{"connect", "connect"}));
    EXPECT_EQ(words_of("german", "Die Häuser und das Haus"), (Words{"haus", "haus"}));
    EXPECT_EQ(words_of("none", "The connections"), (Words{"the", "connections"}));
    EXPECT_EQ(Tokenizer::make("klingon"), nullptr);
    EXPECT_TRUE(Tokenizer::language_named("klingon").empty());
    EXPECT_EQ(Tokenizer::language_named("de"), "german");
}

TEST(Tokenizer, every_language_has_an_algorithm) {
    ASSERT_GE(Tokenizer::languages().size(), 20U);
    for (const std::string_view language : Tokenizer::languages())
        EXPECT_NE(Tokenizer::make(language), nullptr) << language;
}

TEST(Tokenizer, cuts_long_words_between_characters) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "\u017E";  // two bytes each
    text += "a";
    const Words words = words_of("", text);
    ASSERT_EQ(words.size(), 1U);
    EXPECT_EQ(words[0].size(), kTokenBytesMax);
    EXPECT_EQ(words_of("", std::string(1000, 'x') + " y"), (Words{std::string(kTokenBytesMax, 'x'), "y"}));
}

TEST(Tokenizer, what_is_not_utf8_separates_words) {
    EXPECT_EQ(words_of("", "one\xFFtwo\xC3"), (Words{"one", "two"}));
    std::mt19937 random(7);
    for (int round = 0; round < 2000; ++round) {
        std::string text(random() % 64, ' ');
        for (char& c : text) c = static_cast<char>(random());
        for (const std::string& word : words_of(round % 2 == 0 ? "" : "english", text)) {
            EXPECT_LE(word.size(), kTokenBytesMax);
        }
    }
}

}  // namespace
}  // namespace vz
