#include "frontends/graphql/lexer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vz::graphql {
namespace {

struct Read {
    std::vector<std::string> texts;
    std::string error;
    uint32_t error_position = 0;
};

Read read(std::string_view text) {
    Arena arena;
    Lexer lexer(text, arena);
    Read result;
    Token token;
    while (lexer.next(token)) {
        if (token.kind == TokenKind::kEnd) return result;
        result.texts.emplace_back(token.text);
    }
    result.error = lexer.error();
    result.error_position = lexer.error_position();
    return result;
}

using Texts = std::vector<std::string>;

TEST(Lexer, skips_byte_order_marks_commas_blanks_and_comments) {
    EXPECT_EQ(read("\xEF\xBB\xBF a,,\t b # c ü \r\n d\xEF\xBB\xBF").texts, (Texts{"a", "b", "d"}));
}

TEST(Lexer, reads_every_punctuator) {
    EXPECT_EQ(read("!$&()...:=@[]{|}").texts,
              (Texts{"!", "$", "&", "(", ")", "...", ":", "=", "@", "[", "]", "{", "|", "}"}));
    EXPECT_EQ(read("a ..b").error_position, 2u);
}

TEST(Lexer, reads_numbers_and_refuses_what_runs_into_them) {
    EXPECT_EQ(read("0 -1 1.5 -0.5e+10 1E3").texts, (Texts{"0", "-1", "1.5", "-0.5e+10", "1E3"}));
    EXPECT_EQ(read("01").error_position, 1u);
    EXPECT_EQ(read("1.").error_position, 2u);
    EXPECT_EQ(read("1.a").error_position, 2u);
    EXPECT_EQ(read("1e").error_position, 2u);
    EXPECT_EQ(read("-").error_position, 1u);
    EXPECT_EQ(read("1a").error_position, 1u);
    EXPECT_EQ(read("1.5.2").error_position, 3u);
    EXPECT_EQ(read("0xF").error_position, 1u);
}

TEST(Lexer, decodes_escapes_in_strings) {
    EXPECT_EQ(read(R"("a\n\"\\\/\b\f\r\t")").texts, (Texts{"a\n\"\\/\b\f\r\t"}));
    EXPECT_EQ(read(R"("\u00e9\u{1F600}\uD83D\uDE00")").texts, (Texts{"é😀😀"}));
}

TEST(Lexer, refuses_bad_strings_where_they_go_wrong) {
    EXPECT_EQ(read("\"ab").error_position, 3u);
    EXPECT_EQ(read("\"a\nb\"").error_position, 2u);
    EXPECT_EQ(read(R"("a\q")").error_position, 2u);
    EXPECT_EQ(read(R"("\uD83D")").error_position, 1u);
    EXPECT_EQ(read(R"("\uDE00\uD83D")").error_position, 1u);
    EXPECT_EQ(read(R"("\u{110000}")").error_position, 1u);
    EXPECT_EQ(read(R"("\u{}")").error_position, 1u);
    EXPECT_EQ(read(R"("\u12G4")").error_position, 1u);
    EXPECT_EQ(read("\"a\xFF\"").error_position, 2u);
    EXPECT_EQ(read("\"\xC0\x80\"").error_position, 1u);
    EXPECT_EQ(read("\"\xED\xA0\x80\"").error_position, 1u);
    EXPECT_EQ(read("\"\\").error_position, 1u);
}

TEST(Lexer, dedents_block_strings) {
    EXPECT_EQ(read("\"\"\"\n    a\n      b\n\n    c\n  \"\"\"").texts, (Texts{"a\n  b\n\nc"}));
    EXPECT_EQ(read("\"\"\"first\r\n   second \\\"\"\" \\n\"\"\"").texts, (Texts{"first\nsecond \"\"\" \\n"}));
    EXPECT_EQ(read("\"\"\"\"\"\"").texts, (Texts{""}));
    EXPECT_EQ(read("\"\"\"open").error_position, 7u);
}

TEST(Lexer, refuses_characters_that_start_no_token) {
    EXPECT_EQ(read("a %").error_position, 2u);
    EXPECT_EQ(read("\x07").error_position, 0u);
    EXPECT_EQ(read("a #\xFF").error_position, 3u);
    EXPECT_FALSE(read("ü").error.empty());
}

}  // namespace
}  // namespace vz::graphql
