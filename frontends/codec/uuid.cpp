#include "frontends/codec/uuid.hpp"

#include <sys/random.h>

#include <cstdint>
#include <random>

#include "frontends/codec/time.hpp"

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

}  // namespace vz::codec
