#include "frontends/rest/broken_part.hpp"

#include <string>

#include "frontends/json/reader.hpp"

namespace vz::rest {

codec::Failure unreadable_part(std::string_view field, std::string_view reason, uint64_t offset) {
    const std::string told =
        std::string(reason).append(" at byte ").append(std::to_string(offset)).append(" of the body");
    return codec::unreadable(field, told, offset);
}

codec::Failure broken_part(const Call& call, std::string_view part, std::string_view field) {
    uint64_t offset = 0;
    const char* reason = nullptr;
    if (json::check_json(part, &offset, &reason) || reason == json::kTooDeep) return {};
    return unreadable_part(field, reason, offset + static_cast<uint64_t>(part.data() - call.view->body.data));
}

}  // namespace vz::rest
