// Options of a small program: names and values in turn.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <variant>

namespace vz::ann {

struct Option {
    const char* name;
    std::variant<std::string*, uint32_t*, double*, bool*> value;  // a bool is written 0 or 1
};

inline void assign(const char* text, std::string& value) { value = text; }
inline void assign(const char* text, uint32_t& value) { value = static_cast<uint32_t>(std::atoi(text)); }
inline void assign(const char* text, double& value) { value = std::atof(text); }
inline void assign(const char* text, bool& value) { value = std::atoi(text) != 0; }

// False: a name is unknown, or lacks its value.
inline bool read_options(int count, char** arguments, std::initializer_list<Option> known) {
    for (int i = 1; i + 1 < count; i += 2) {
        const Option* option = known.begin();
        while (option != known.end() && std::string(option->name) != arguments[i]) ++option;
        if (option == known.end()) return false;
        std::visit([&](auto* value) { assign(arguments[i + 1], *value); }, option->value);
    }
    return count % 2 != 0;
}

}  // namespace vz::ann
