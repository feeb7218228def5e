#include <charconv>
#include <cmath>

#include "frontends/graphql/coerce.hpp"
#include "frontends/json/reader.hpp"

namespace vz::graphql {
namespace {

// JSON at a place of a GraphQL type. A refusal is a mistake of the reader: it carries the path below the variable.
class VariableReader final {
 public:
    VariableReader(json::Reader& reader, Arena& arena) : reader_(reader), arena_(arena) {}

    bool read(json::Value value, const TypeRef& type, Input& out);

 private:
    bool read_list(json::Value value, const TypeRef& list, Input& out);
    bool read_floats(json::Value value, Input& out);
    bool read_float(json::Value value, Input& out);
    bool read_object(json::Value value, const NamedType& type, Input& out);
    bool read_enum(json::Value value, const NamedType& type, Input& out);
    bool read_scalar(json::Value value, const NamedType& type, Input& out);
    bool read_integer(json::Value value, const NamedType& type, Input& out);
    bool read_json(json::Value value, Input& out);
    bool refuse(std::string_view type) { return reader_.mistake("expected a value of type " + std::string(type)); }

    json::Reader& reader_;
    Arena& arena_;
    // Of all lists: the reader makes room for all numbers of the text at once, so that no list moves.
    json::Floats floats_;
};

bool VariableReader::read(json::Value value, const TypeRef& type, Input& out) {
    if (reader_.is_null(value)) {
        std::string_view ignored;
        if (!reader_.raw(value, ignored)) return false;
        if (type.non_null()) return reader_.mistake("null where " + type_text(type) + " is expected");
        out.kind = InputKind::kNull;
        return true;
    }
    const TypeRef& shape = type.nullable();
    if (shape.list()) return read_list(value, shape, out);
    switch (shape.named->kind) {
        case TypeKind::kInput: return read_object(value, *shape.named, out);
        case TypeKind::kEnum: return read_enum(value, *shape.named, out);
        default: return read_scalar(value, *shape.named, out);
    }
}

bool VariableReader::read_floats(json::Value value, Input& out) {
    out.kind = InputKind::kFloats;
    // Up to the first bracket that closes, for there are numbers in it.
    out.text = reader_.rest(value);
    out.text = out.text.substr(0, out.text.find(']') + 1);
    uint64_t count = 0;
    if (!reader_.floats(value, floats_, count)) {
        // The one mistake of a list itself, not of an element, is to be empty; whether it may be is for the engine
        // to say.
        if (!reader_.has_mistake() || reader_.error().field.ends_with(']')) return false;
        reader_.take_mistake();
        return true;
    }
    out.floats = {floats_.data + floats_.count - count, count};
    return true;
}

bool VariableReader::read_float(json::Value value, Input& out) {
    double number = 0;
    if (reader_.kind(value) != json::Kind::kNumber) return refuse("Float");
    std::string_view token;
    if (!reader_.number(value, number) || !reader_.raw(value, token)) return false;
    const std::span<float> packed = arena_.array<float>(1);
    packed[0] = static_cast<float>(number);
    out.kind = InputKind::kFloats;
    out.text = arena_.copy_text("[" + std::string(token) + "]");
    out.floats = packed;
    return true;
}

bool VariableReader::read_list(json::Value value, const TypeRef& list, Input& out) {
    const bool array = reader_.kind(value) == json::Kind::kArray;
    if (packs_floats(list)) return array ? read_floats(value, out) : read_float(value, out);
    out.kind = InputKind::kList;
    if (!array) {
        Input* item = arena_.make<Input>();
        out.items = {item, 1};
        return read(value, *list.of, *item);
    }
    std::vector<Input> items;
    const bool read_all = reader_.array(value, [&](uint64_t, json::Value element) {
        Input item;
        if (!read(element, *list.of, item)) return false;
        items.push_back(item);
        return true;
    });
    out.items = arena_.copy(items);
    return read_all;
}

bool VariableReader::read_object(json::Value value, const NamedType& type, Input& out) {
    if (reader_.kind(value) != json::Kind::kObject) return refuse(type.name);
    std::vector<Input> given(type.input_fields.size());
    const bool read_all = reader_.entries(value, [&](std::string_view key, json::Value field_value) {
        const InputValue* field = type.input_field(key);
        if (field == nullptr) return reader_.mistake(std::string(type.name) + " has no field of this name");
        return read(field_value, *field->type, given[static_cast<size_t>(field - type.input_fields.data())]);
    });
    if (!read_all) return false;
    std::vector<InputEntry> entries;
    entries.reserve(given.size());
    for (size_t i = 0; i < given.size(); ++i) {
        const InputValue& field = type.input_fields[i];
        std::string why;
        if (given[i].absent() && field.default_value != nullptr &&
            !coerce_literal(*field.default_value, *field.type, {}, arena_, given[i], why)) {
            return reader_.mistake(field.name, why);
        }
        if (!given[i].absent()) {
            entries.push_back({field.name, given[i]});
        } else if (field.type->non_null()) {
            return reader_.mistake(field.name, "required");
        }
    }
    out.kind = InputKind::kObject;
    out.entries = arena_.copy(entries);
    return true;
}

bool VariableReader::read_enum(json::Value value, const NamedType& type, Input& out) {
    if (reader_.kind(value) != json::Kind::kString) return refuse(type.name);
    if (!reader_.string(value, out.text)) return false;
    out.kind = InputKind::kEnum;
    return type.value(out.text) != nullptr || refuse(type.name);
}

bool VariableReader::read_scalar(json::Value value, const NamedType& type, Input& out) {
    const json::Kind kind = reader_.kind(value);
    switch (type.scalar) {
        case ScalarKind::kInt:
        case ScalarKind::kLong: return kind == json::Kind::kNumber ? read_integer(value, type, out) : refuse(type.name);
        case ScalarKind::kFloat:
            if (kind != json::Kind::kNumber) return refuse(type.name);
            out.kind = InputKind::kNumber;
            return reader_.number(value, out.number);
        case ScalarKind::kBoolean:
            if (kind != json::Kind::kBoolean) return refuse(type.name);
            out.kind = InputKind::kBoolean;
            return reader_.boolean(value, out.boolean);
        case ScalarKind::kId:
            if (kind == json::Kind::kNumber) {
                if (!read_integer(value, type, out)) return false;
                out.kind = InputKind::kText;
                out.text = arena_.copy_text(std::to_string(out.integer));
                return true;
            }
            [[fallthrough]];
        case ScalarKind::kDateTime:
        case ScalarKind::kString:
            if (kind != json::Kind::kString) return refuse(type.name);
            out.kind = InputKind::kText;
            return reader_.string(value, out.text);
        case ScalarKind::kJson:
        case ScalarKind::kOther: return read_json(value, out);
    }
    return false;
}

// JSON has one sort of number: 3.0 and 3e0 are the integer 3.
bool VariableReader::read_integer(json::Value value, const NamedType& type, Input& out) {
    std::string_view token;
    if (!reader_.raw(value, token)) return false;
    uint64_t offset = 0;
    const char* reason = nullptr;
    if (!json::check_json(token, &offset, &reason)) return refuse(type.name);
    const char* last = token.data() + token.size();
    const auto [end, error] = std::from_chars(token.data(), last, out.integer);
    if (error != std::errc() || end != last) {
        double wide = 0;
        const auto parsed = std::from_chars(token.data(), last, wide);
        const bool whole =
            parsed.ec == std::errc() && std::trunc(wide) == wide && std::fabs(wide) <= 9007199254740992.0;
        if (!whole) return refuse(type.name);
        out.integer = static_cast<int64_t>(wide);
    }
    if (type.scalar == ScalarKind::kInt && (out.integer < INT32_MIN || out.integer > INT32_MAX))
        return refuse(type.name);
    out.kind = InputKind::kInteger;
    out.number = static_cast<double>(out.integer);
    return true;
}

bool VariableReader::read_json(json::Value value, Input& out) {
    if (!reader_.raw(value, out.text)) return false;
    uint64_t offset = 0;
    const char* reason = nullptr;
    if (!json::check_json(out.text, &offset, &reason)) return reader_.mistake(reason);
    out.kind = InputKind::kJson;
    return true;
}

void refuse_variable(std::vector<DocumentError>& errors, const ast::VariableDefinition& definition,
                     std::string_view path, std::string_view reason) {
    std::string message = "Variable \"$" + std::string(json::clipped(definition.name.text)) + "\"";
    if (path.size() > definition.name.text.size()) message += " at \"" + std::string(path) + "\"";
    errors.push_back({ErrorCode::kBadUserInput, message + ": " + std::string(reason), {definition.position}});
}

// Reads what is given into `variables`, which has one place per definition.
VariablesOutcome read_given(const ast::Operation& operation, const std::vector<const TypeRef*>& types,
                            std::string_view json, Arena& arena, Variables& variables,
                            std::vector<DocumentError>& errors) {
    json::Reader reader(json, borrow(arena));
    VariableReader values(reader, arena);
    auto read_entry = [&](std::string_view key, json::Value value) {
        size_t i = 0;
        while (i < operation.variables.size() && operation.variables[i].name.text != key) ++i;
        if (i == operation.variables.size()) {
            Input unused;
            std::string_view text;
            uint64_t offset = 0;
            const char* reason = nullptr;
            return reader.raw(value, text) && json::check_json(text, &offset, &reason);
        }
        if (types[i] == nullptr || values.read(value, *types[i], variables[i].value)) return true;
        if (!reader.has_mistake()) return false;
        const json::Error mistake = reader.take_mistake();
        refuse_variable(errors, operation.variables[i], mistake.field, mistake.reason);
        variables[i].value.kind = InputKind::kNull;
        return true;
    };
    auto read_member = [&](uint32_t id, json::Value value) {
        if (id != kVariablesMember) return true;
        if (!reader.is_null(value)) return reader.entries(value, read_entry);
        std::string_view null;
        return reader.raw(value, null);
    };
    if (reader.read(kRequestMembers, read_member)) return VariablesOutcome::kRead;
    const json::Error& error = reader.error();
    if (error.fault == json::Fault::kMemory) return VariablesOutcome::kNoMemory;
    const std::string place = error.field.empty() ? "body" : error.field;
    errors.push_back({ErrorCode::kBadUserInput, "Invalid " + place + ": " + error.reason, {}});
    return VariablesOutcome::kNotJson;
}

}  // namespace

VariablesOutcome coerce_variables(const Schema& schema, const ast::Operation& operation, std::string_view json,
                                  Arena& arena, Variables& variables, std::vector<DocumentError>& errors) {
    std::vector<const TypeRef*> types;
    for (const ast::VariableDefinition& definition : operation.variables) {
        types.push_back(schema.resolve(*definition.type, arena));
        variables.push_back({definition.name.text, {}});
    }
    if (!json.empty()) {
        const VariablesOutcome outcome = read_given(operation, types, json, arena, variables, errors);
        if (outcome != VariablesOutcome::kRead) return outcome;
    }
    for (size_t i = 0; i < variables.size(); ++i) {
        if (!variables[i].value.absent() || types[i] == nullptr) continue;
        const ast::VariableDefinition& definition = operation.variables[i];
        std::string why;
        if (definition.default_value != nullptr) {
            if (!coerce_literal(*definition.default_value, *types[i], {}, arena, variables[i].value, why)) {
                refuse_variable(errors, definition, {}, why);
            }
        } else if (types[i]->non_null()) {
            refuse_variable(errors, definition, {}, "a value of type " + type_text(*types[i]) + " is required");
        }
    }
    return errors.empty() ? VariablesOutcome::kRead : VariablesOutcome::kRefused;
}

}  // namespace vz::graphql
