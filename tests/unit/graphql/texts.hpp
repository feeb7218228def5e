// What the tests of this folder share: a document, a schema, a request from a text.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontends/graphql/coerce.hpp"
#include "frontends/graphql/embedded.hpp"
#include "frontends/graphql/parser.hpp"
#include "frontends/graphql/schema.hpp"
#include "frontends/graphql/validate.hpp"

namespace vz::graphql::test {

inline std::unique_ptr<Schema> schema_of(std::string_view sdl) {
    std::string error;
    std::unique_ptr<Schema> schema = Schema::build(std::string(sdl), error);
    EXPECT_NE(schema, nullptr) << error;
    return schema;
}

inline std::unique_ptr<ast::Document> document_of(std::string_view text) {
    DocumentError error;
    std::unique_ptr<ast::Document> document = parse(std::string(text), kNoParseLimits, error);
    EXPECT_NE(document, nullptr) << error.message << "\n" << text;
    return document;
}

inline const ast::Operation& operation_of(const ast::Document& document) {
    for (const ast::Definition& definition : document.definitions) {
        if (definition.kind == ast::DefinitionKind::kOperation) return *definition.operation;
    }
    ADD_FAILURE() << "no operation in " << document.text;
    std::abort();
}

// A request in JSON with room behind it, as the reader asks for.
inline std::string request_with(std::string_view variables) {
    std::string text = "{\"variables\":" + std::string(variables) + "}";
    text.reserve(text.size() + json::kPadding);
    return text;
}

}  // namespace vz::graphql::test
