// The validator as a filter, for oracles outside. Standard input: first line the schema as a JSON string, or `null` for
// the server's own; then one request per line, {"query": text, "variables": object}. Standard output, one line each:
// {"stage": "ok" or where it stopped, "errors": [{"message", "locations"}]}; with `--print` as argument also, for valid
// ones, the answer to an introspection query.
#include <iostream>
#include <string>

#include "frontends/graphql/coerce.hpp"
#include "frontends/graphql/embedded.hpp"
#include "frontends/graphql/execute.hpp"
#include "frontends/graphql/parser.hpp"
#include "frontends/graphql/validate.hpp"

namespace {

using namespace vz;
using namespace vz::graphql;

struct Request {
    std::string query;
    bool has_variables = false;
};

// A line with room for the reader behind it.
std::string padded(const std::string& line) {
    std::string text = line;
    text.reserve(line.size() + json::kPadding);
    return text;
}

bool read_request(const std::string& line, Arena& arena, Request& request) {
    json::Reader reader(line, borrow(arena));
    return reader.read(kRequestMembers, [&](uint32_t id, json::Value value) {
        std::string_view text;
        if (id == kQueryMember) {
            if (!reader.string(value, text)) return false;
            request.query = text;
            return true;
        }
        request.has_variables = request.has_variables || id == kVariablesMember;
        return reader.raw(value, text);
    });
}

void answer(std::string_view stage, std::string_view document, const std::vector<DocumentError>& errors,
            std::string_view introspected) {
    std::vector<ExecutionError> written;
    for (const DocumentError& error : errors) written.push_back(error_of(error));
    json::Text text;
    {
        json::Writer out(text.target());
        out.begin_object();
        out.field("stage", stage);
        out.key("errors");
        write_errors(out, document, {}, written);
        if (!introspected.empty()) out.field_raw("data", introspected);
        out.end_object();
    }
    std::cout << text.text() << '\n';
}

FieldValue no_root(void*, size_t) { return FieldValue::null(); }

void check(const Schema& schema, const std::string& line, bool print) {
    Arena arena;
    Request request;
    std::vector<DocumentError> errors(1);
    const std::string text = padded(line);
    if (!read_request(text, arena, request)) return answer("request", {}, {}, {});
    ParseLimits limits;
    limits.tokens_max = 1u << 30;
    const std::unique_ptr<ast::Document> document = parse(request.query, limits, errors[0]);
    if (document == nullptr) return answer("parse", request.query, errors, {});
    ValidationLimits all;
    all.errors_max = UINT32_MAX;
    errors = validate(schema, *document, all);
    if (!errors.empty()) return answer("validate", document->text, errors, {});
    const ast::Operation* operation = nullptr;
    for (const ast::Definition& definition : document->definitions) {
        if (operation == nullptr && definition.kind == ast::DefinitionKind::kOperation)
            operation = definition.operation;
    }
    if (operation == nullptr) return answer("ok", document->text, errors, {});
    Variables variables;
    const VariablesOutcome outcome = coerce_variables(schema, *operation, text, arena, variables, errors);
    if (outcome == VariablesOutcome::kNotJson) return answer("request", {}, {}, {});
    if (outcome == VariablesOutcome::kRefused) return answer("variables", document->text, errors, {});
    json::Text data;
    if (print) {
        PlannedSelection plan;
        DocumentError refused;
        PlanLimits none;
        if (!plan_operation(schema, *document, *operation, variables, none, arena, plan, refused)) {
            return answer("plan", document->text, {refused}, {});
        }
        json::Writer out(data.target());
        std::vector<ExecutionError> failures;
        write_data(out, schema, plan, no_root, nullptr, arena, failures);
    }
    answer("ok", document->text, errors, data.text());
}

}  // namespace

int main(int count, char** arguments) {
    const bool print = count > 1 && std::string_view(arguments[1]) == "--print";
    std::string line;
    if (!std::getline(std::cin, line)) return 2;
    std::string sdl(schema_text());
    if (line != "null") {
        Arena arena;
        Request request;
        if (!read_request(padded("{\"query\":" + line + "}"), arena, request)) return 2;
        sdl = request.query;
    }
    std::string error;
    const std::unique_ptr<Schema> schema = Schema::build(sdl, error);
    if (schema == nullptr) {
        std::cerr << error << '\n';
        return 2;
    }
    while (std::getline(std::cin, line)) check(*schema, line, print);
    return 0;
}
