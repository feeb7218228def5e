// Tokens of a GraphQL document (specification section 2.1), one after the other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "frontends/graphql/arena.hpp"

namespace vz::graphql {

enum class TokenKind : uint8_t {
    kEnd,
    kBang,
    kDollar,
    kAmpersand,
    kParenOpen,
    kParenClose,
    kSpread,
    kColon,
    kEquals,
    kAt,
    kBracketOpen,
    kBracketClose,
    kBraceOpen,
    kPipe,
    kBraceClose,
    kName,
    kInt,
    kFloat,
    kString,
};

struct Token {
    TokenKind kind = TokenKind::kEnd;
    uint32_t position = 0;
    std::string_view text;  // of names and numbers as written, of strings decoded
};

// The text must outlive the lexer; decoded strings are placed in the arena.
class Lexer final {
 public:
    Lexer(std::string_view text, Arena& arena);

    // False: the text is no token at error_position(); error() says why. Comments, commas, blanks and a byte order mark
    // are skipped.
    [[nodiscard]] bool next(Token& token);

    std::string_view error() const { return error_; }
    uint32_t error_position() const { return error_position_; }

 private:
    void skip_ignored();
    bool read_number(Token& token);
    bool read_string(Token& token);
    bool read_escape();
    bool read_unicode_escape(uint32_t& code);
    bool read_block_string(Token& token);
    bool copy_character(std::string_view inside);
    bool fail(std::string_view why, size_t position);

    std::string_view text_;
    Arena& arena_;
    size_t at_ = 0;
    std::string decoded_;
    std::string error_;
    uint32_t error_position_ = 0;
};

bool is_name_start(char c);
bool is_name_continue(char c);

// The value of a block string from its raw lines: common indentation and blank first and last lines removed.
std::string dedent_block_string(std::string_view raw);

}  // namespace vz::graphql
