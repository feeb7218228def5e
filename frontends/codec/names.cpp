#include "frontends/codec/names.hpp"

#include <sys/random.h>
#include <time.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <random>

namespace vz::codec {
namespace {

void fill_random(void* bytes, size_t size) {
    if (getrandom(bytes, size, 0) == static_cast<ssize_t>(size)) return;
    std::random_device device;
    for (size_t i = 0; i < size; ++i) static_cast<unsigned char*>(bytes)[i] = static_cast<unsigned char>(device());
}

}  // namespace

UuidText new_uuid() {
    // Milliseconds, then a counter that starts at random, then fresh random bits.
    thread_local uint64_t last_ms = 0;
    thread_local uint32_t counter = 0;
    unsigned char bytes[16];
    fill_random(bytes, sizeof bytes);
    auto ms = static_cast<uint64_t>(now_unix_ms());
    if (ms <= last_ms) {
        ms = last_ms;
        if (++counter > 0xFFF) {
            counter = 0;
            ++ms;
        }
    } else {
        counter = (uint32_t{bytes[6]} << 8 | bytes[7]) & 0x7FF;
    }
    last_ms = ms;
    for (int i = 0; i < 6; ++i) bytes[i] = static_cast<unsigned char>(ms >> (40 - 8 * i));
    bytes[6] = static_cast<unsigned char>(0x70 | counter >> 8);
    bytes[7] = static_cast<unsigned char>(counter);
    bytes[8] = static_cast<unsigned char>(0x80 | (bytes[8] & 0x3F));

    UuidText text;
    char* at = text.text;
    for (int i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = "0123456789abcdef"[bytes[i] >> 4];
        *at++ = "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

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
        if (view(parameter.key) != "timeout_ms") continue;
        const std::string_view text = view(parameter.value);
        std::from_chars(text.data(), text.data() + text.size(), otherwise);
        break;
    }
    return static_cast<int64_t>(otherwise);
}

const char* plan_name(uint32_t plan) {
    switch (plan) {
        case VZ_PLAN_FILTER_FIRST: return "filter_first";
        case VZ_PLAN_GRAPH: return "graph";
        case VZ_PLAN_EXPAND: return "expand";
        case VZ_PLAN_MIXED: return "mixed";
        default: return "exact";
    }
}

}  // namespace vz::codec
