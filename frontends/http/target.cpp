#include "frontends/http/target.hpp"

#include "frontends/http/settings.hpp"
#include "frontends/text/hex.hpp"
#include "frontends/text/utf8.hpp"

namespace vz::http {

std::optional<Target> split_target(std::string_view target) {
    Target out;
    constexpr std::string_view kScheme = "http://";
    if (target.starts_with(kScheme)) {
        target.remove_prefix(kScheme.size());
        const auto end = target.find_first_of("/?");
        out.authority = target.substr(0, end);
        if (out.authority.empty() || out.authority.find('@') != std::string_view::npos) return std::nullopt;
        target = end == std::string_view::npos ? std::string_view("/") : target.substr(end);
        if (target.front() == '?') {
            out.path = "/";
            out.query = target.substr(1);
            return out;
        }
    } else if (target == "*") {
        out.path = target;
        return out;
    } else if (!target.starts_with('/')) {
        return std::nullopt;
    }
    const auto mark = target.find('?');
    out.path = target.substr(0, mark);
    if (mark != std::string_view::npos) out.query = target.substr(mark + 1);
    return out;
}

std::optional<std::string_view> percent_decode(std::string_view text, Plus plus, Arena& arena) {
    if (text.find_first_of(plus == Plus::kBlank ? "%+" : "%") == std::string_view::npos) return text;
    auto* place = static_cast<char*>(arena.take(text.size() + 1, 1));
    if (place == nullptr) return std::nullopt;
    size_t size = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '+' && plus == Plus::kBlank) {
            c = ' ';
        } else if (c == '%') {
            if (text.size() - i < 3) return std::nullopt;
            const int high = text::hex_digit(text[i + 1]);
            const int low = text::hex_digit(text[i + 2]);
            if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        place[size++] = c;
    }
    place[size] = 0;
    const std::string_view decoded(place, size);
    if (!text::is_utf8(decoded)) return std::nullopt;
    return decoded;
}

std::optional<uint32_t> split_query(std::string_view query, Arena& arena, vz_kv* out) {
    uint32_t count = 0;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto part = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
        if (part.empty()) continue;
        if (count == kParametersMax) return std::nullopt;
        const auto equals = part.find('=');
        const auto key = percent_decode(part.substr(0, equals), Plus::kBlank, arena);
        const auto value = equals == std::string_view::npos
                               ? std::string_view("")
                               : percent_decode(part.substr(equals + 1), Plus::kBlank, arena);
        if (!key || !value) return std::nullopt;
        out[count++] = {to_str(*key), to_str(*value)};
    }
    return count;
}

}  // namespace vz::http
