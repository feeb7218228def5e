#include <algorithm>
#include <array>

#include "frontends/graphql/parser_type_system.hpp"

namespace vz::graphql {
namespace {

constexpr std::array<std::string_view, 19> kDirectiveLocations = {"QUERY",
                                                                  "MUTATION",
                                                                  "SUBSCRIPTION",
                                                                  "FIELD",
                                                                  "FRAGMENT_DEFINITION",
                                                                  "FRAGMENT_SPREAD",
                                                                  "INLINE_FRAGMENT",
                                                                  "VARIABLE_DEFINITION",
                                                                  "SCHEMA",
                                                                  "SCALAR",
                                                                  "OBJECT",
                                                                  "FIELD_DEFINITION",
                                                                  "ARGUMENT_DEFINITION",
                                                                  "INTERFACE",
                                                                  "UNION",
                                                                  "ENUM",
                                                                  "ENUM_VALUE",
                                                                  "INPUT_OBJECT",
                                                                  "INPUT_FIELD_DEFINITION"};

struct Keyword {
    std::string_view word;
    ast::TypeSystemKind kind;
};
constexpr std::array<Keyword, 8> kKeywords = {{{"schema", ast::TypeSystemKind::kSchema},
                                               {"scalar", ast::TypeSystemKind::kScalar},
                                               {"type", ast::TypeSystemKind::kObject},
                                               {"interface", ast::TypeSystemKind::kInterface},
                                               {"union", ast::TypeSystemKind::kUnion},
                                               {"enum", ast::TypeSystemKind::kEnum},
                                               {"input", ast::TypeSystemKind::kInput},
                                               {"directive", ast::TypeSystemKind::kDirective}}};

const Keyword* find_keyword(std::string_view word) {
    const auto found =
        std::find_if(kKeywords.begin(), kKeywords.end(), [&](const Keyword& known) { return known.word == word; });
    return found == kKeywords.end() ? nullptr : &*found;
}

bool is_empty_extension(const ast::TypeSystemDefinition& definition) {
    return definition.directives.empty() && definition.fields.empty() && definition.interfaces.empty() &&
           definition.members.empty() && definition.values.empty() && definition.input_fields.empty() &&
           definition.roots.empty();
}

}  // namespace

bool TypeSystemParser::is_type_system_keyword(std::string_view word) { return find_keyword(word) != nullptr; }

const ast::TypeSystemDefinition* TypeSystemParser::type_system_definition() {
    ast::TypeSystemDefinition* definition = arena_.make<ast::TypeSystemDefinition>();
    definition->position = token().position;
    definition->description = description();
    const Keyword* keyword = at(TokenKind::kName) ? find_keyword(token().text) : nullptr;
    if (keyword == nullptr) {
        unexpected(token());
        return definition;
    }
    definition->kind = keyword->kind;
    advance();
    if (definition->kind == ast::TypeSystemKind::kSchema) {
        schema_body(*definition);
    } else if (definition->kind == ast::TypeSystemKind::kDirective) {
        directive_body(*definition);
    } else {
        type_body(*definition);
    }
    return definition;
}

const ast::TypeSystemDefinition* TypeSystemParser::type_system_extension() {
    ast::TypeSystemDefinition* definition = arena_.make<ast::TypeSystemDefinition>();
    definition->position = token().position;
    definition->extension = true;
    const Token following = look_ahead();
    const Keyword* keyword = following.kind == TokenKind::kName ? find_keyword(following.text) : nullptr;
    if (keyword == nullptr || keyword->kind == ast::TypeSystemKind::kDirective) {
        unexpected(following);
        return definition;
    }
    definition->kind = keyword->kind;
    advance();
    advance();
    if (definition->kind == ast::TypeSystemKind::kSchema) {
        schema_body(*definition);
    } else {
        type_body(*definition);
    }
    if (is_empty_extension(*definition)) unexpected(token());
    return definition;
}

void TypeSystemParser::schema_body(ast::TypeSystemDefinition& definition) {
    definition.directives = directives(true);
    const auto read = [&] { return root_operation(); };
    definition.roots = definition.extension
                           ? optional_many<ast::RootOperation>(TokenKind::kBraceOpen, TokenKind::kBraceClose, read)
                           : many<ast::RootOperation>(TokenKind::kBraceOpen, TokenKind::kBraceClose, read);
}

void TypeSystemParser::type_body(ast::TypeSystemDefinition& definition) {
    using Kind = ast::TypeSystemKind;
    definition.name = name();
    const bool has_fields = definition.kind == Kind::kObject || definition.kind == Kind::kInterface;
    if (has_fields) definition.interfaces = implements();
    definition.directives = directives(true);
    constexpr TokenKind kOpen = TokenKind::kBraceOpen;
    constexpr TokenKind kClose = TokenKind::kBraceClose;
    if (has_fields) {
        definition.fields = optional_many<ast::FieldDefinition>(kOpen, kClose, [&] { return field(); });
    } else if (definition.kind == Kind::kUnion && skip(TokenKind::kEquals)) {
        definition.members = delimited<const ast::TypeReference*>(TokenKind::kPipe, [&] { return named_type(); });
    } else if (definition.kind == Kind::kEnum) {
        definition.values = optional_many<ast::EnumValueDefinition>(kOpen, kClose, [&] { return enum_value(); });
    } else if (definition.kind == Kind::kInput) {
        definition.input_fields =
            optional_many<ast::InputValueDefinition>(kOpen, kClose, [&] { return input_value(); });
    }
}

void TypeSystemParser::directive_body(ast::TypeSystemDefinition& definition) {
    expect(TokenKind::kAt);
    definition.name = name();
    definition.input_fields = optional_many<ast::InputValueDefinition>(TokenKind::kParenOpen, TokenKind::kParenClose,
                                                                       [&] { return input_value(); });
    definition.repeatable = skip_keyword("repeatable");
    expect_keyword("on");
    definition.locations = delimited<ast::Name>(TokenKind::kPipe, [&] { return directive_location(); });
}

std::span<const ast::TypeReference* const> TypeSystemParser::implements() {
    if (!skip_keyword("implements")) return {};
    return delimited<const ast::TypeReference*>(TokenKind::kAmpersand, [&] { return named_type(); });
}

std::string_view TypeSystemParser::description() {
    if (!at(TokenKind::kString)) return {};
    const std::string_view text = token().text;
    advance();
    return text;
}

ast::FieldDefinition TypeSystemParser::field() {
    ast::FieldDefinition read;
    read.description = description();
    read.name = name();
    read.arguments = optional_many<ast::InputValueDefinition>(TokenKind::kParenOpen, TokenKind::kParenClose,
                                                              [&] { return input_value(); });
    expect(TokenKind::kColon);
    read.type = type_reference();
    read.directives = directives(true);
    return read;
}

ast::InputValueDefinition TypeSystemParser::input_value() {
    ast::InputValueDefinition read;
    read.position = token().position;
    read.description = description();
    read.name = name();
    expect(TokenKind::kColon);
    read.type = type_reference();
    if (skip(TokenKind::kEquals)) read.default_value = arena_.make<ast::Value>(value(true));
    read.directives = directives(true);
    return read;
}

ast::EnumValueDefinition TypeSystemParser::enum_value() {
    ast::EnumValueDefinition read;
    read.description = description();
    if (at_keyword("true") || at_keyword("false") || at_keyword("null")) unexpected(token());
    read.name = name();
    read.directives = directives(true);
    return read;
}

ast::RootOperation TypeSystemParser::root_operation() {
    ast::RootOperation read;
    if (at_keyword("mutation")) {
        read.kind = ast::OperationKind::kMutation;
    } else if (at_keyword("subscription")) {
        read.kind = ast::OperationKind::kSubscription;
    } else if (!at_keyword("query")) {
        if (at(TokenKind::kName)) {
            unexpected(token());
        } else {
            expect(TokenKind::kName);
        }
    }
    advance();
    expect(TokenKind::kColon);
    read.type = named_type();
    return read;
}

ast::Name TypeSystemParser::directive_location() {
    const Token before = token();
    const ast::Name read = name();
    const bool known =
        std::find(kDirectiveLocations.begin(), kDirectiveLocations.end(), read.text) != kDirectiveLocations.end();
    if (!known && !failed()) unexpected(before);
    return read;
}

}  // namespace vz::graphql
