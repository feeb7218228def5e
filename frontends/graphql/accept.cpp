#include "frontends/graphql/accept.hpp"

#include "frontends/text/accept.hpp"
#include "frontends/text/spelling.hpp"

namespace vz::graphql {

std::optional<Media> choose_media(std::string_view accept) {
    constexpr std::string_view kResponse = "application/graphql-response+json";
    if (text::trim(accept).empty()) return Media::kJson;
    const int json = text::accepted_weight(accept, "application/json");
    const int response = text::accepted_weight(accept, kResponse);
    if (json <= 0 && response <= 0) return std::nullopt;
    // Of equal weight, the newer type wins where it is named; a wildcard alone means application/json.
    const bool is_named = text::is_accepted_by_name(accept, kResponse);
    return response > json || (response == json && is_named) ? Media::kResponse : Media::kJson;
}

bool wants_page(std::string_view accept) { return text::is_accepted_by_name(accept, "text/html"); }

}  // namespace vz::graphql
