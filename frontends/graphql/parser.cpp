#include "frontends/graphql/parser.hpp"

#include "frontends/graphql/parser_type_system.hpp"

namespace vz::graphql {
namespace {

class Parser final : public TypeSystemParser {
 public:
    using TypeSystemParser::TypeSystemParser;

    std::span<const ast::Definition> document() {
        std::vector<ast::Definition> definitions;
        do {
            definitions.push_back(definition());
        } while (!failed() && !at(TokenKind::kEnd));
        return arena_.copy(definitions);
    }

 private:
    ast::Definition definition();
    const ast::Operation* operation();
    const ast::Fragment* fragment();
    ast::VariableDefinition variable_definition();
    const ast::SelectionSet* selection_set();
    ast::Selection selection();
    void field(ast::Selection& read);
    void spread(ast::Selection& read);
};

bool is_operation_keyword(std::string_view word) {
    return word == "query" || word == "mutation" || word == "subscription";
}

ast::Definition Parser::definition() {
    ast::Definition read;
    if (at(TokenKind::kBraceOpen)) {
        read.operation = operation();
        return read;
    }
    const bool described = at(TokenKind::kString);
    const Token keyword = described ? look_ahead() : token();
    if (described && keyword.kind == TokenKind::kBraceOpen) {
        fail(ErrorCode::kParseFailed, "Syntax Error: an operation in its short form has no description",
             token().position);
        return read;
    }
    if (keyword.kind == TokenKind::kName) {
        if (is_type_system_keyword(keyword.text)) {
            read.kind = ast::DefinitionKind::kTypeSystem;
            read.type_system = type_system_definition();
            return read;
        }
        if (is_operation_keyword(keyword.text)) {
            read.operation = operation();
            return read;
        }
        if (keyword.text == "fragment") {
            read.kind = ast::DefinitionKind::kFragment;
            read.fragment = fragment();
            return read;
        }
        if (described) {
            fail(ErrorCode::kParseFailed, "Syntax Error: an extension has no description", token().position);
            return read;
        }
        if (keyword.text == "extend") {
            read.kind = ast::DefinitionKind::kTypeSystem;
            read.type_system = type_system_extension();
            return read;
        }
    }
    unexpected(keyword);
    return read;
}

const ast::Operation* Parser::operation() {
    ast::Operation* read = arena_.make<ast::Operation>();
    read->position = token().position;
    if (!at(TokenKind::kBraceOpen)) {
        skip(TokenKind::kString);  // a description is for readers
        if (at_keyword("mutation")) read->kind = ast::OperationKind::kMutation;
        if (at_keyword("subscription")) read->kind = ast::OperationKind::kSubscription;
        advance();
        if (at(TokenKind::kName)) read->name = name();
        read->variables = optional_many<ast::VariableDefinition>(TokenKind::kParenOpen, TokenKind::kParenClose,
                                                                 [&] { return variable_definition(); });
        read->directives = directives(false);
    }
    read->selections = selection_set();
    return read;
}

ast::VariableDefinition Parser::variable_definition() {
    ast::VariableDefinition read;
    read.position = token().position;
    skip(TokenKind::kString);
    expect(TokenKind::kDollar);
    read.name = name();
    expect(TokenKind::kColon);
    read.type = type_reference();
    if (skip(TokenKind::kEquals)) read.default_value = arena_.make<ast::Value>(value(true));
    read.directives = directives(true);
    return read;
}

const ast::Fragment* Parser::fragment() {
    ast::Fragment* read = arena_.make<ast::Fragment>();
    read->position = token().position;
    skip(TokenKind::kString);
    expect_keyword("fragment");
    if (at_keyword("on")) unexpected(token());
    read->name = name();
    expect_keyword("on");
    read->condition = named_type();
    read->directives = directives(false);
    read->selections = selection_set();
    return read;
}

const ast::SelectionSet* Parser::selection_set() {
    const Level level(*this);
    ast::SelectionSet* read = arena_.make<ast::SelectionSet>();
    read->position = token().position;
    read->selections = many<ast::Selection>(TokenKind::kBraceOpen, TokenKind::kBraceClose, [&] { return selection(); });
    return read;
}

ast::Selection Parser::selection() {
    ast::Selection read;
    read.position = token().position;
    if (at(TokenKind::kSpread)) {
        spread(read);
    } else {
        field(read);
    }
    return read;
}

void Parser::field(ast::Selection& read) {
    read.name = name();
    if (skip(TokenKind::kColon)) {
        read.alias = read.name;
        read.name = name();
    }
    read.arguments = arguments(false);
    read.directives = directives(false);
    if (at(TokenKind::kBraceOpen)) read.selections = selection_set();
}

void Parser::spread(ast::Selection& read) {
    advance();
    const bool conditioned = skip_keyword("on");
    if (!conditioned && at(TokenKind::kName)) {
        read.kind = ast::SelectionKind::kSpread;
        read.name = name();
        read.directives = directives(false);
        return;
    }
    read.kind = ast::SelectionKind::kInline;
    if (conditioned) read.condition = named_type();
    read.directives = directives(false);
    read.selections = selection_set();
}

}  // namespace

std::unique_ptr<ast::Document> parse(std::string text, const ParseLimits& limits, DocumentError& error) {
    if (text.size() > limits.bytes_max) {
        error.code = ErrorCode::kLimitExceeded;
        error.message = "the document is longer than " + std::to_string(limits.bytes_max) + " bytes";
        error.positions.clear();
        return nullptr;
    }
    auto document = std::make_unique<ast::Document>(std::move(text));
    Parser parser(*document, limits, error);
    document->definitions = parser.document();
    if (parser.failed()) return nullptr;
    return document;
}

}  // namespace vz::graphql
