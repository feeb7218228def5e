// The cursor over tokens that the parsers of executable documents and of type systems share.
//
// Failure is sticky: after the first one every token is the end of the text and nothing is consumed any more, so
// callers need not look at each step; whoever asked for the document looks at failed().
#pragma once

#include <vector>

#include "frontends/graphql/lexer.hpp"
#include "frontends/graphql/parser.hpp"

namespace vz::graphql {

class ParserBase {
 public:
    ParserBase(ast::Document& document, const ParseLimits& limits, DocumentError& error);

    bool failed() const { return failed_; }

    const Token& token() const { return token_; }
    bool at(TokenKind kind) const { return token_.kind == kind; }
    bool at_keyword(std::string_view word) const { return token_.kind == TokenKind::kName && token_.text == word; }
    // The token after this one, without consuming anything.
    Token look_ahead();

    void advance();
    bool skip(TokenKind kind);
    bool skip_keyword(std::string_view word);
    void expect(TokenKind kind);
    void expect_keyword(std::string_view word);
    void unexpected(const Token& token);
    void fail(ErrorCode code, std::string message, uint32_t position);

    // Counts one level of nesting as long as it lives.
    class Level final {
     public:
        explicit Level(ParserBase& parser);
        ~Level() { --parser_.nesting_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

     private:
        ParserBase& parser_;
    };

    // open item+ close
    template <typename T, typename Read>
    std::span<const T> many(TokenKind open, TokenKind close, Read read) {
        expect(open);
        std::vector<T> items;
        do {
            items.push_back(read());
        } while (!failed_ && !skip(close));
        return arena_.copy(items);
    }
    // Nothing, or open item+ close
    template <typename T, typename Read>
    std::span<const T> optional_many(TokenKind open, TokenKind close, Read read) {
        if (!at(open)) return {};
        return many<T>(open, close, read);
    }
    // open item* close
    template <typename T, typename Read>
    std::span<const T> any(TokenKind open, TokenKind close, Read read) {
        expect(open);
        std::vector<T> items;
        while (!failed_ && !skip(close)) items.push_back(read());
        return arena_.copy(items);
    }
    // [separator] item (separator item)*
    template <typename T, typename Read>
    std::span<const T> delimited(TokenKind separator, Read read) {
        skip(separator);
        std::vector<T> items;
        do {
            items.push_back(read());
        } while (!failed_ && skip(separator));
        return arena_.copy(items);
    }

    ast::Name name();
    const ast::TypeReference* type_reference();
    const ast::TypeReference* named_type();
    ast::Value value(bool constant);
    std::span<const ast::Argument> arguments(bool constant);
    std::span<const ast::Directive> directives(bool constant);

 protected:
    Arena& arena_;

 private:
    ast::Value variable_value(bool constant);
    ast::Value name_value();

    Lexer lexer_;
    const ParseLimits& limits_;
    DocumentError& error_;
    Token token_;
    uint32_t tokens_ = 0;
    uint32_t nesting_ = 0;
    bool failed_ = false;
};

}  // namespace vz::graphql
