#include "frontends/codec/time.hpp"

#include <time.h>

#include <charconv>
#include <cstdio>

#include "frontends/text/abi_text.hpp"

namespace vz::codec {

int64_t now_unix_ms() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::string rfc3339(int64_t unix_ms) {
    const int64_t ms = ((unix_ms % 1000) + 1000) % 1000;
    const time_t seconds = static_cast<time_t>((unix_ms - ms) / 1000);
    tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    const int size =
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                      parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(ms));
    return std::string(text, static_cast<size_t>(size));
}

int64_t timeout_ms(std::span<const vz_kv> query, uint64_t otherwise) {
    for (const vz_kv& parameter : query) {
        if (text::view(parameter.key) != "timeout_ms") continue;
        const std::string_view text = text::view(parameter.value);
        std::from_chars(text.data(), text.data() + text.size(), otherwise);
        break;
    }
    return static_cast<int64_t>(otherwise);
}

}  // namespace vz::codec
