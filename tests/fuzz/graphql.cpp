// A document and its variables against the server's own schema. Input: the document, a zero byte, the request as JSON.
#include "frontends/graphql/coerce.hpp"
#include "frontends/graphql/embedded.hpp"
#include "frontends/graphql/parser.hpp"
#include "frontends/graphql/plan.hpp"
#include "frontends/graphql/schema.hpp"
#include "frontends/graphql/validate.hpp"
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    using namespace vz::graphql;
    static const std::unique_ptr<Schema> schema = [] {
        std::string error;
        return Schema::build(std::string(schema_text()), error);
    }();
    vz::fuzz::Input input(data, size);
    const std::string query(input.text());
    std::string request(input.rest_text());
    request.reserve(request.size() + json::kPadding);
    std::vector<DocumentError> errors(1);
    const std::unique_ptr<ast::Document> document = parse(query, ParseLimits{}, errors[0]);
    if (document == nullptr) {
        check(!errors[0].message.empty());
        return 0;
    }
    if (!validate(*schema, *document, ValidationLimits{}).empty()) return 0;
    for (const ast::Definition& definition : document->definitions) {
        if (definition.kind != ast::DefinitionKind::kOperation) continue;
        Arena arena;
        Variables variables;
        if (coerce_variables(*schema, *definition.operation, request, arena, variables, errors) !=
            VariablesOutcome::kRead)
            continue;
        PlannedSelection plan;
        DocumentError refused;
        plan_operation(*schema, *document, *definition.operation, variables, PlanLimits{}, arena, plan, refused);
    }
    return 0;
}
