#include "frontends/text/accept.hpp"

#include <string>

#include "frontends/text/spelling.hpp"

namespace vz::text {
namespace {

// One media range: its type in lower case, its weight, and whether a charset other than UTF-8 is asked for.
struct Range {
    std::string type;
    int weight = 1000;
    bool foreign = false;
};

int read_weight(std::string_view text) {
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return 1000;
    int weight = (text[0] - '0') * 1000;
    int scale = 100;
    for (size_t i = 2; i < text.size() && text[i] >= '0' && text[i] <= '9' && scale > 0; ++i, scale /= 10)
        weight += (text[i] - '0') * scale;
    return weight > 1000 ? 1000 : weight;
}

Range read_range(std::string_view text) {
    Range range;
    size_t end = text.find(';');
    range.type = text::lowered(text::trim(text.substr(0, end)));
    while (end != std::string_view::npos) {
        text.remove_prefix(end + 1);
        end = text.find(';');
        const std::string parameter = text::lowered(text::trim(text.substr(0, end)));
        if (parameter.starts_with("q=")) range.weight = read_weight(std::string_view(parameter).substr(2));
        if (parameter.starts_with("charset=")) {
            range.foreign =
                parameter != "charset=utf-8" && parameter != "charset=\"utf-8\"" && parameter != "charset=utf8";
        }
    }
    return range;
}

template <typename Visit>
void each_range(std::string_view accept, Visit visit) {
    while (!accept.empty()) {
        const size_t comma = accept.find(',');
        const std::string_view part = text::trim(accept.substr(0, comma));
        if (!part.empty()) visit(read_range(part));
        accept = comma == std::string_view::npos ? std::string_view() : accept.substr(comma + 1);
    }
}

}  // namespace

int accepted_weight(std::string_view accept, std::string_view type) {
    const std::string family = std::string(type.substr(0, type.find('/'))) + "/*";
    int best = -1;
    int precision = 0;
    each_range(accept, [&](const Range& range) {
        const int here = range.type == type ? 3 : range.type == family ? 2 : range.type == "*/*" ? 1 : 0;
        if (here == 0 || range.foreign || here < precision || (here == precision && range.weight < best)) return;
        precision = here;
        best = range.weight;
    });
    return best;
}

bool is_accepted_by_name(std::string_view accept, std::string_view type) {
    bool is_named = false;
    each_range(accept, [&](const Range& range) { is_named = is_named || (range.type == type && range.weight > 0); });
    return is_named;
}

}  // namespace vz::text
