#include "frontends/graphql/parser_base.hpp"

#include "frontends/json/reader.hpp"

namespace vz::graphql {
namespace {

std::string describe(TokenKind kind) {
    switch (kind) {
        case TokenKind::kEnd: return "end of the document";
        case TokenKind::kBang: return "\"!\"";
        case TokenKind::kDollar: return "\"$\"";
        case TokenKind::kAmpersand: return "\"&\"";
        case TokenKind::kParenOpen: return "\"(\"";
        case TokenKind::kParenClose: return "\")\"";
        case TokenKind::kSpread: return "\"...\"";
        case TokenKind::kColon: return "\":\"";
        case TokenKind::kEquals: return "\"=\"";
        case TokenKind::kAt: return "\"@\"";
        case TokenKind::kBracketOpen: return "\"[\"";
        case TokenKind::kBracketClose: return "\"]\"";
        case TokenKind::kBraceOpen: return "\"{\"";
        case TokenKind::kPipe: return "\"|\"";
        case TokenKind::kBraceClose: return "\"}\"";
        case TokenKind::kName: return "a name";
        case TokenKind::kInt: return "an integer";
        case TokenKind::kFloat: return "a number";
        case TokenKind::kString: return "a string";
    }
    return "a token";
}

std::string describe(const Token& token) {
    if (token.kind == TokenKind::kName || token.kind == TokenKind::kInt || token.kind == TokenKind::kFloat) {
        return "\"" + std::string(token.text.substr(0, 64)) + "\"";
    }
    return describe(token.kind);
}

}  // namespace

ParserBase::ParserBase(ast::Document& document, const ParseLimits& limits, DocumentError& error)
    : arena_(document.arena), lexer_(document.text, document.arena), limits_(limits), error_(error) {
    advance();
}

void ParserBase::advance() {
    if (failed_) return;
    if (!lexer_.next(token_))
        return fail(ErrorCode::kParseFailed, "Syntax Error: " + std::string(lexer_.error()), lexer_.error_position());
    if (++tokens_ > limits_.tokens_max) {
        fail(ErrorCode::kLimitExceeded, "the document has more than " + std::to_string(limits_.tokens_max) + " tokens",
             token_.position);
    }
}

Token ParserBase::look_ahead() {
    Lexer lexer = lexer_;
    Token following;
    if (failed_) return following;
    if (!lexer.next(following)) {
        fail(ErrorCode::kParseFailed, "Syntax Error: " + std::string(lexer.error()), lexer.error_position());
    }
    return following;
}

bool ParserBase::skip(TokenKind kind) {
    if (failed_ || token_.kind != kind) return false;
    advance();
    return true;
}

bool ParserBase::skip_keyword(std::string_view word) {
    if (failed_ || !at_keyword(word)) return false;
    advance();
    return true;
}

void ParserBase::expect(TokenKind kind) {
    if (skip(kind)) return;
    fail(ErrorCode::kParseFailed, "Syntax Error: expected " + describe(kind) + ", found " + describe(token_),
         token_.position);
}

void ParserBase::expect_keyword(std::string_view word) {
    if (skip_keyword(word)) return;
    fail(ErrorCode::kParseFailed, "Syntax Error: expected \"" + std::string(word) + "\", found " + describe(token_),
         token_.position);
}

void ParserBase::unexpected(const Token& token) {
    fail(ErrorCode::kParseFailed, "Syntax Error: unexpected " + describe(token), token.position);
}

void ParserBase::fail(ErrorCode code, std::string message, uint32_t position) {
    if (failed_) return;
    failed_ = true;
    error_.code = code;
    error_.message = std::move(message);
    error_.positions = {position};
    token_ = {TokenKind::kEnd, position, {}};
}

ParserBase::Level::Level(ParserBase& parser) : parser_(parser) {
    if (++parser_.nesting_ <= parser_.limits_.nesting_max) return;
    parser_.fail(ErrorCode::kLimitExceeded,
                 "the document is nested deeper than " + std::to_string(parser_.limits_.nesting_max) + " levels",
                 parser_.token_.position);
}

ast::Name ParserBase::name() {
    const ast::Name read{token_.text, token_.position};
    expect(TokenKind::kName);
    return read;
}

const ast::TypeReference* ParserBase::named_type() {
    const ast::Name read = name();
    return arena_.make<ast::TypeReference>(ast::TypeForm::kNamed, read.position, read.text, nullptr);
}

const ast::TypeReference* ParserBase::type_reference() {
    const Level level(*this);
    const uint32_t position = token_.position;
    const ast::TypeReference* type = nullptr;
    if (skip(TokenKind::kBracketOpen)) {
        const ast::TypeReference* item = type_reference();
        expect(TokenKind::kBracketClose);
        type = arena_.make<ast::TypeReference>(ast::TypeForm::kList, position, std::string_view(), item);
    } else {
        type = named_type();
    }
    if (!skip(TokenKind::kBang)) return type;
    return arena_.make<ast::TypeReference>(ast::TypeForm::kNonNull, position, std::string_view(), type);
}

ast::Value ParserBase::value(bool constant) {
    const Level level(*this);
    ast::Value read;
    read.position = token_.position;
    read.text = token_.text;
    switch (token_.kind) {
        case TokenKind::kBracketOpen:
            read.kind = ast::ValueKind::kList;
            read.items =
                any<ast::Value>(TokenKind::kBracketOpen, TokenKind::kBracketClose, [&] { return value(constant); });
            return read;
        case TokenKind::kBraceOpen:
            read.kind = ast::ValueKind::kObject;
            read.fields = any<ast::ObjectField>(TokenKind::kBraceOpen, TokenKind::kBraceClose, [&] {
                ast::ObjectField field;
                field.name = name();
                expect(TokenKind::kColon);
                field.value = value(constant);
                return field;
            });
            return read;
        case TokenKind::kInt: read.kind = ast::ValueKind::kInt; break;
        case TokenKind::kFloat: read.kind = ast::ValueKind::kFloat; break;
        case TokenKind::kString: read.kind = ast::ValueKind::kString; break;
        case TokenKind::kName: return name_value();
        case TokenKind::kDollar: return variable_value(constant);
        default: unexpected(token_); return read;
    }
    advance();
    return read;
}

ast::Value ParserBase::name_value() {
    ast::Value read;
    read.position = token_.position;
    read.text = token_.text;
    if (read.text == "true" || read.text == "false") {
        read.kind = ast::ValueKind::kBoolean;
        read.boolean = read.text == "true";
    } else {
        read.kind = read.text == "null" ? ast::ValueKind::kNull : ast::ValueKind::kEnum;
    }
    advance();
    return read;
}

ast::Value ParserBase::variable_value(bool constant) {
    ast::Value read;
    read.kind = ast::ValueKind::kVariable;
    read.position = token_.position;
    if (constant) {
        const Token dollar = token_;
        advance();
        if (failed_) return read;
        if (!at(TokenKind::kName)) {
            unexpected(dollar);
        } else {
            fail(ErrorCode::kParseFailed,
                 "Syntax Error: a constant value must not use variable \"$" + std::string(json::clipped(token_.text)) +
                     "\"",
                 dollar.position);
        }
        return read;
    }
    advance();
    read.text = name().text;
    return read;
}

std::span<const ast::Argument> ParserBase::arguments(bool constant) {
    return optional_many<ast::Argument>(TokenKind::kParenOpen, TokenKind::kParenClose, [&] {
        ast::Argument argument;
        argument.name = name();
        expect(TokenKind::kColon);
        argument.value = value(constant);
        return argument;
    });
}

std::span<const ast::Directive> ParserBase::directives(bool constant) {
    if (!at(TokenKind::kAt)) return {};
    std::vector<ast::Directive> read;
    while (!failed_ && at(TokenKind::kAt)) {
        ast::Directive directive;
        directive.position = token_.position;
        advance();
        directive.name = name();
        directive.arguments = arguments(constant);
        read.push_back(directive);
    }
    return arena_.copy(read);
}

}  // namespace vz::graphql
