#include "frontends/codec/field_index.hpp"

#include <algorithm>
#include <iterator>

#include "vectorizer/types.h"

namespace vz::codec {
namespace {

struct Kind {
    std::string_view name;
    uint32_t kind;
};
constexpr Kind kKinds[] = {{"keyword", VZ_FIELD_INDEX_KEYWORD},   {"integer", VZ_FIELD_INDEX_INTEGER},
                           {"float", VZ_FIELD_INDEX_FLOAT},       {"bool", VZ_FIELD_INDEX_BOOL},
                           {"datetime", VZ_FIELD_INDEX_DATETIME}, {"uuid", VZ_FIELD_INDEX_UUID},
                           {"geo", VZ_FIELD_INDEX_GEO},           {"text", VZ_FIELD_INDEX_TEXT}};

}  // namespace

std::optional<uint32_t> parse_field_index_kind(std::string_view name) {
    const auto* const found =
        std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& kind) { return kind.name == name; });
    return found == std::end(kKinds) ? std::nullopt : std::optional(found->kind);
}

std::string_view field_index_kind_name(uint32_t kind) {
    const auto* const found =
        std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& known) { return known.kind == kind; });
    return found == std::end(kKinds) ? "unknown" : found->name;
}

}  // namespace vz::codec
