// What a resolver hands back: a borrowed description of one field's value. The executor turns it into JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "frontends/graphql/arena.hpp"

namespace vz::graphql {

struct NamedType;
class Schema;
class Input;

// The object a field is read from; what it points at is known to the resolvers of its type.
struct Source {
    const void* object = nullptr;
    uint64_t index = 0;
    const NamedType* type = nullptr;  // needed only where the field's type is abstract
};

// A failed field. The texts live as long as the request.
struct FieldError {
    std::string_view code;
    std::string_view message;
    std::string_view details;  // JSON object; empty: none
};

struct FieldValue;
using ListItem = FieldValue (*)(const Source& list, uint64_t index);

enum class FieldKind : uint8_t {
    kNull,
    kText,
    kInteger,
    kDouble,
    kFloat,
    kBoolean,
    kJson,
    kObject,
    kList,
    kFloats,
    kError
};

struct FieldValue {
    FieldKind kind = FieldKind::kNull;
    bool boolean = false;
    int64_t integer = 0;
    double number = 0;
    float single = 0;
    std::string_view text;  // a string, the name of an enum value, or JSON
    Source source;          // an object, or the list that `item` reads from
    uint64_t count = 0;
    ListItem item = nullptr;
    const float* floats = nullptr;
    const FieldError* error = nullptr;

    static FieldValue null() { return {}; }
    static FieldValue of_text(std::string_view text) {
        FieldValue value;
        value.kind = FieldKind::kText;
        value.text = text;
        return value;
    }
    static FieldValue of_json(std::string_view json) {
        FieldValue value;
        value.kind = FieldKind::kJson;
        value.text = json;
        return value;
    }
    static FieldValue of_integer(int64_t integer) {
        FieldValue value;
        value.kind = FieldKind::kInteger;
        value.integer = integer;
        return value;
    }
    static FieldValue of_count(uint64_t count) { return of_integer(static_cast<int64_t>(count)); }
    static FieldValue of_double(double number) {
        FieldValue value;
        value.kind = FieldKind::kDouble;
        value.number = number;
        return value;
    }
    static FieldValue of_float(float number) {
        FieldValue value;
        value.kind = FieldKind::kFloat;
        value.single = number;
        return value;
    }
    static FieldValue of_boolean(bool boolean) {
        FieldValue value;
        value.kind = FieldKind::kBoolean;
        value.boolean = boolean;
        return value;
    }
    static FieldValue of_object(const void* object, uint64_t index = 0, const NamedType* type = nullptr) {
        FieldValue value;
        value.kind = FieldKind::kObject;
        value.source = {object, index, type};
        return value;
    }
    static FieldValue of_list(uint64_t count, ListItem item, const void* list, uint64_t index = 0) {
        FieldValue value;
        value.kind = FieldKind::kList;
        value.count = count;
        value.item = item;
        value.source = {list, index, nullptr};
        return value;
    }
    static FieldValue of_floats(const float* floats, uint64_t count) {
        FieldValue value;
        value.kind = FieldKind::kFloats;
        value.floats = floats;
        value.count = count;
        return value;
    }
    static FieldValue of_error(const FieldError* error) {
        FieldValue value;
        value.kind = FieldKind::kError;
        value.error = error;
        return value;
    }
};

// A call of one field's resolver. Borrowed for the call; what must live longer goes into the arena, which is the
// request's.
struct FieldCall {
    const Schema& schema;
    const Source& source;
    const Input& arguments;  // an object, one entry per argument given or defaulted
    Arena& arena;
    const NamedType& parent;
};

}  // namespace vz::graphql
