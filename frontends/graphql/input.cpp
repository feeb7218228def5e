#include "frontends/graphql/input.hpp"

namespace vz::graphql {

const Input& Input::operator[](std::string_view name) const {
    static constexpr Input kNothing;
    for (const InputEntry& entry : entries) {
        if (entry.name == name) return entry.value;
    }
    return kNothing;
}

}  // namespace vz::graphql
