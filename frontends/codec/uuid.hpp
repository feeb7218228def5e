// Ids that the server gives out.
#pragma once

#include <string_view>

namespace vz::codec {

// A new UUIDv7, 36 characters without NUL. Any thread; those of one thread ascend.
struct UuidText {
    char text[36];
    std::string_view view() const { return {text, sizeof text}; }
};
UuidText new_uuid();

}  // namespace vz::codec
