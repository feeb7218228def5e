// A coerced input value: of an argument, of a variable, or a part of one. Lives in the arena of its request.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace vz::graphql {

enum class InputKind : uint8_t {
    kAbsent,
    kNull,
    kInteger,
    kNumber,
    kText,
    kEnum,
    kBoolean,
    kList,
    kObject,
    kJson,
    kFloats
};

namespace ast {
struct Value;
}
struct InputEntry;

class Input {
 public:
    InputKind kind = InputKind::kAbsent;
    bool boolean = false;
    int64_t integer = 0;
    double number = 0;
    std::string_view text;  // decoded string, name of an enum value, or JSON text; of floats of a variable: theirs
    std::span<const Input> items;
    std::span<const InputEntry> entries;
    std::span<const float> floats;         // a [Float!] list, packed
    std::span<const ast::Value> literals;  // of floats that stand in the document

    bool absent() const { return kind == InputKind::kAbsent; }
    // Absent or null.
    bool empty() const { return kind == InputKind::kAbsent || kind == InputKind::kNull; }
    // Of an object; an absent value if there is no such entry.
    const Input& operator[](std::string_view name) const;

    int64_t integer_or(int64_t otherwise) const { return kind == InputKind::kInteger ? integer : otherwise; }
    bool boolean_or(bool otherwise) const { return kind == InputKind::kBoolean ? boolean : otherwise; }
    std::string_view text_or(std::string_view otherwise) const { return empty() ? otherwise : text; }
};

struct InputEntry {
    std::string_view name;
    Input value;
};

}  // namespace vz::graphql
