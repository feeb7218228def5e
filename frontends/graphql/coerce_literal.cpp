#include <charconv>

#include "frontends/graphql/coerce.hpp"
#include "frontends/graphql/validation.hpp"
#include "frontends/json/writer.hpp"

namespace vz::graphql {
namespace {

class LiteralReader final {
 public:
    LiteralReader(const Variables& variables, Arena& arena, std::string& why)
        : variables_(variables), arena_(arena), why_(why) {}

    bool read(const ast::Value& literal, const TypeRef& type, Input& out);

 private:
    bool read_variable(const ast::Value& literal, const TypeRef& type, Input& out);
    bool read_list(const ast::Value& literal, const TypeRef& list, Input& out);
    bool read_floats(const ast::Value& literal, Input& out);
    bool read_object(const ast::Value& literal, const NamedType& type, Input& out);
    bool read_leaf(const ast::Value& literal, const NamedType& type, Input& out);
    bool read_scalar(const ast::Value& literal, ScalarKind kind, Input& out);
    void write_json(json::Writer& out, const ast::Value& literal) const;
    void write_json(json::Writer& out, const Input& value) const;
    bool fail(std::string why) {
        why_ = std::move(why);
        return false;
    }

    const Variables& variables_;
    Arena& arena_;
    std::string& why_;
};

bool LiteralReader::read(const ast::Value& literal, const TypeRef& type, Input& out) {
    if (literal.kind == ast::ValueKind::kVariable) return read_variable(literal, type, out);
    if (literal.kind == ast::ValueKind::kNull) {
        if (type.non_null()) return fail("null where " + type_text(type) + " is expected");
        out.kind = InputKind::kNull;
        return true;
    }
    const TypeRef& shape = type.nullable();
    if (shape.list()) return read_list(literal, shape, out);
    if (shape.named->kind == TypeKind::kInput) return read_object(literal, *shape.named, out);
    return read_leaf(literal, *shape.named, out);
}

bool LiteralReader::read_variable(const ast::Value& literal, const TypeRef& type, Input& out) {
    const Input* value = find_variable(variables_, literal.text);
    if (value == nullptr || value->absent()) {
        out.kind = InputKind::kAbsent;
        return true;
    }
    if (value->kind == InputKind::kNull && type.non_null()) {
        return fail("variable $" + std::string(json::clipped(literal.text)) + " is null where " + type_text(type) +
                    " is expected");
    }
    out = *value;
    const TypeRef& shape = type.nullable();
    if (!shape.list() || value->kind == InputKind::kNull) return true;
    if (value->kind == InputKind::kList || value->kind == InputKind::kFloats) return true;
    // A variable of the item's type stands for a list of one.
    if (packs_floats(shape)) {
        const std::span<float> single = arena_.array<float>(1);
        single[0] = static_cast<float>(value->number);
        out = Input();
        out.kind = InputKind::kFloats;
        out.floats = single;
        return true;
    }
    Input* item = arena_.make<Input>(*value);
    out = Input();
    out.kind = InputKind::kList;
    out.items = {item, 1};
    return true;
}

bool LiteralReader::read_list(const ast::Value& literal, const TypeRef& list, Input& out) {
    if (packs_floats(list)) return read_floats(literal, out);
    out.kind = InputKind::kList;
    if (literal.kind != ast::ValueKind::kList) {
        Input* item = arena_.make<Input>();
        out.items = {item, 1};
        return read(literal, *list.of, *item);
    }
    const std::span<Input> items = arena_.array<Input>(literal.items.size());
    for (size_t i = 0; i < items.size(); ++i) {
        if (!read(literal.items[i], *list.of, items[i])) return false;
        if (!items[i].absent()) continue;
        if (list.of->non_null())
            return fail("variable $" + std::string(json::clipped(literal.items[i].text)) + " has no value");
        items[i].kind = InputKind::kNull;
    }
    out.items = items;
    return true;
}

bool LiteralReader::read_floats(const ast::Value& literal, Input& out) {
    const std::span<const ast::Value> values =
        literal.kind == ast::ValueKind::kList ? literal.items : std::span(&literal, 1);
    float* packed = static_cast<float*>(arena_.allocate(std::max<size_t>(values.size(), 1) * sizeof(float), 64));
    for (size_t i = 0; i < values.size(); ++i) {
        const ast::Value& value = values[i];
        if (value.kind == ast::ValueKind::kVariable) {
            const Input* variable = find_variable(variables_, value.text);
            if (variable == nullptr || variable->empty())
                return fail("variable $" + std::string(json::clipped(value.text)) + " has no value");
            packed[i] = static_cast<float>(variable->number);
            continue;
        }
        const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), packed[i]);
        if (error == std::errc::result_out_of_range) {
            double wide = 0;
            std::from_chars(value.text.data(), value.text.data() + value.text.size(), wide);
            // What is too small for 32 bits rounds to zero or a denormal; what is too large is for the engine to
            // refuse.
            packed[i] = static_cast<float>(wide);
        }
    }
    out.kind = InputKind::kFloats;
    out.floats = {packed, values.size()};
    out.literals = values;
    return true;
}

bool LiteralReader::read_object(const ast::Value& literal, const NamedType& type, Input& out) {
    if (literal.kind != ast::ValueKind::kObject) return fail("expected an object of type " + std::string(type.name));
    std::vector<InputEntry> entries;
    entries.reserve(type.input_fields.size());
    for (const InputValue& field : type.input_fields) {
        const ast::Value* given = nullptr;
        for (const ast::ObjectField& candidate : literal.fields) {
            if (candidate.name.text == field.name) given = &candidate.value;
        }
        InputEntry entry{field.name, {}};
        if (given != nullptr && !read(*given, *field.type, entry.value)) return false;
        if (entry.value.absent() && field.default_value != nullptr &&
            !read(*field.default_value, *field.type, entry.value))
            return false;
        if (!entry.value.absent()) {
            entries.push_back(entry);
        } else if (field.type->non_null()) {
            return fail("field " + std::string(field.name) + " of " + std::string(type.name) + " has no value");
        }
    }
    out.kind = InputKind::kObject;
    out.entries = arena_.copy(entries);
    return true;
}

bool LiteralReader::read_leaf(const ast::Value& literal, const NamedType& type, Input& out) {
    if (type.kind == TypeKind::kEnum) {
        if (literal.kind != ast::ValueKind::kEnum || type.value(literal.text) == nullptr)
            return fail("no value of " + std::string(type.name));
        out.kind = InputKind::kEnum;
        out.text = literal.text;
        return true;
    }
    if (!scalar_accepts(type.scalar, literal)) return fail("no value of type " + std::string(type.name));
    return read_scalar(literal, type.scalar, out);
}

bool LiteralReader::read_scalar(const ast::Value& literal, ScalarKind kind, Input& out) {
    const char* first = literal.text.data();
    const char* last = first + literal.text.size();
    switch (kind) {
        case ScalarKind::kInt:
        case ScalarKind::kLong:
            out.kind = InputKind::kInteger;
            std::from_chars(first, last, out.integer);
            out.number = static_cast<double>(out.integer);
            return true;
        case ScalarKind::kFloat:
            out.kind = InputKind::kNumber;
            if (std::from_chars(first, last, out.number).ec == std::errc()) return true;
            return fail("the number " + std::string(literal.text.substr(0, 40)) + " is out of range");
        case ScalarKind::kBoolean:
            out.kind = InputKind::kBoolean;
            out.boolean = literal.boolean;
            return true;
        case ScalarKind::kString:
        case ScalarKind::kDateTime:
        case ScalarKind::kId:
            out.kind = InputKind::kText;
            out.text = literal.text;
            return true;
        case ScalarKind::kJson:
        case ScalarKind::kOther: {
            json::Text text;
            {
                json::Writer writer(text.target());
                write_json(writer, literal);
            }
            out.kind = InputKind::kJson;
            out.text = arena_.copy_text(text.text());
            return true;
        }
    }
    return fail("unknown scalar");
}

void LiteralReader::write_json(json::Writer& out, const ast::Value& literal) const {
    switch (literal.kind) {
        case ast::ValueKind::kVariable: {
            const Input* value = find_variable(variables_, literal.text);
            return value == nullptr ? out.null() : write_json(out, *value);
        }
        case ast::ValueKind::kInt:
        case ast::ValueKind::kFloat: return out.raw(literal.text);
        case ast::ValueKind::kEnum:
        case ast::ValueKind::kString: return out.string(literal.text);
        case ast::ValueKind::kBoolean: return out.boolean(literal.boolean);
        case ast::ValueKind::kNull: return out.null();
        case ast::ValueKind::kList:
            out.begin_array();
            for (const ast::Value& item : literal.items) write_json(out, item);
            return out.end_array();
        case ast::ValueKind::kObject:
            out.begin_object();
            for (const ast::ObjectField& field : literal.fields) {
                const bool variable = field.value.kind == ast::ValueKind::kVariable;
                const Input* value = variable ? find_variable(variables_, field.value.text) : nullptr;
                if (variable && (value == nullptr || value->absent())) continue;
                out.key(field.name.text);
                write_json(out, field.value);
            }
            return out.end_object();
    }
}

void LiteralReader::write_json(json::Writer& out, const Input& value) const {
    switch (value.kind) {
        case InputKind::kAbsent:
        case InputKind::kNull: return out.null();
        case InputKind::kInteger: return out.integer(value.integer);
        case InputKind::kNumber: return out.float64(value.number);
        case InputKind::kText:
        case InputKind::kEnum: return out.string(value.text);
        case InputKind::kBoolean: return out.boolean(value.boolean);
        case InputKind::kJson: return out.raw(value.text);
        case InputKind::kFloats:
            // Doubles, as they were given: the packed ones are for vectors.
            if (!value.text.empty()) return out.raw(value.text);
            out.begin_array();
            for (const ast::Value& number : value.literals) write_json(out, number);
            return out.end_array();
        case InputKind::kList:
            out.begin_array();
            for (const Input& item : value.items) write_json(out, item);
            return out.end_array();
        case InputKind::kObject:
            out.begin_object();
            for (const InputEntry& entry : value.entries) {
                out.key(entry.name);
                write_json(out, entry.value);
            }
            return out.end_object();
    }
}

void* take_from_arena(void* owner, uint64_t bytes, uint64_t alignment) {
    return static_cast<Arena*>(owner)->take(bytes, alignment);
}

}  // namespace

const Input* find_variable(const Variables& variables, std::string_view name) {
    for (const Variable& variable : variables) {
        if (variable.name == name) return &variable.value;
    }
    return nullptr;
}

bool packs_floats(const TypeRef& list) {
    return list.list() && list.of->non_null() && !list.of->of->list() && list.named->kind == TypeKind::kScalar &&
           list.named->scalar == ScalarKind::kFloat;
}

json::Arena borrow(Arena& arena) { return {&arena, take_from_arena}; }

bool coerce_literal(const ast::Value& literal, const TypeRef& type, const Variables& variables, Arena& arena,
                    Input& out, std::string& why) {
    return LiteralReader(variables, arena, why).read(literal, type, out);
}

bool coerce_arguments(std::span<const InputValue> definitions, std::span<const ast::Argument> arguments,
                      const Variables& variables, Arena& arena, Input& out, std::string& why) {
    std::vector<InputEntry> entries;
    entries.reserve(definitions.size());
    for (const InputValue& definition : definitions) {
        InputEntry entry{definition.name, {}};
        for (const ast::Argument& argument : arguments) {
            if (argument.name.text != definition.name) continue;
            if (!coerce_literal(argument.value, *definition.type, variables, arena, entry.value, why)) {
                why = "argument \"" + std::string(definition.name) + "\": " + why;
                return false;
            }
        }
        if (entry.value.absent() && definition.default_value != nullptr &&
            !coerce_literal(*definition.default_value, *definition.type, variables, arena, entry.value, why)) {
            return false;
        }
        if (!entry.value.absent()) {
            entries.push_back(entry);
        } else if (definition.type->non_null()) {
            why = "argument \"" + std::string(definition.name) + "\" of type " + type_text(*definition.type) +
                  " has no value";
            return false;
        }
    }
    out.kind = InputKind::kObject;
    out.entries = arena.copy(entries);
    return true;
}

}  // namespace vz::graphql
