// Definitions and extensions of a type system (specification section 3).
#pragma once

#include "frontends/graphql/parser_base.hpp"

namespace vz::graphql {

class TypeSystemParser : public ParserBase {
 public:
    using ParserBase::ParserBase;

    // The token is the keyword of a definition, or its description.
    const ast::TypeSystemDefinition* type_system_definition();
    // The token is `extend`.
    const ast::TypeSystemDefinition* type_system_extension();

    static bool is_type_system_keyword(std::string_view word);

 private:
    void schema_body(ast::TypeSystemDefinition& definition);
    void type_body(ast::TypeSystemDefinition& definition);
    void directive_body(ast::TypeSystemDefinition& definition);
    std::span<const ast::TypeReference* const> implements();
    std::string_view description();
    ast::FieldDefinition field();
    ast::InputValueDefinition input_value();
    ast::EnumValueDefinition enum_value();
    ast::RootOperation root_operation();
    ast::Name directive_location();
};

}  // namespace vz::graphql
