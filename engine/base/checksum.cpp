#include "engine/base/checksum.hpp"

#include <nmmintrin.h>

#include <array>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/bytes.hpp"

namespace vz {
namespace {

Hash128 canonical(XXH128_hash_t hash) {
    Hash128 bytes;
    store(bytes.data(), hash.low64);
    store(bytes.data() + 8, hash.high64);
    return bytes;
}

// The instruction answers after three cycles and may begin in each of them: three lanes at a time.
constexpr size_t kLaneBytes = 256;

// What kLaneBytes zeros behind it make of a checksum: linear, so one table for each of its bytes.
using Shift = std::array<std::array<uint32_t, 256>, 4>;

constexpr Shift make_shift() {
    constexpr uint32_t kPolynomial = 0x82F6'3B78;
    Shift shift = {};
    for (uint32_t bit = 0; bit < 32; ++bit) {
        uint32_t crc = uint32_t{1} << bit;
        for (size_t i = 0; i < 8 * kLaneBytes; ++i) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
        auto& table = shift[bit / 8];
        const uint32_t value = uint32_t{1} << bit % 8;
        for (uint32_t below = 0; below < value; ++below) table[value + below] = table[below] ^ crc;
    }
    return shift;
}
constexpr Shift kShift = make_shift();

uint32_t shifted(uint64_t crc) {
    return kShift[0][crc & 0xFF] ^ kShift[1][crc >> 8 & 0xFF] ^ kShift[2][crc >> 16 & 0xFF] ^ kShift[3][crc >> 24];
}

}  // namespace

uint32_t crc32c(std::span<const std::byte> bytes, uint32_t seed) {
    uint64_t crc = ~seed;
    const std::byte* at = bytes.data();
    size_t left = bytes.size();
    for (; left >= 3 * kLaneBytes; left -= 3 * kLaneBytes, at += 3 * kLaneBytes) {
        uint64_t second = 0, third = 0;
        for (size_t i = 0; i < kLaneBytes; i += 8) {
            crc = _mm_crc32_u64(crc, load<uint64_t>(at + i));
            second = _mm_crc32_u64(second, load<uint64_t>(at + kLaneBytes + i));
            third = _mm_crc32_u64(third, load<uint64_t>(at + 2 * kLaneBytes + i));
        }
        crc = shifted(shifted(crc) ^ second) ^ third;
    }
    for (; left >= 8; left -= 8, at += 8) crc = _mm_crc32_u64(crc, load<uint64_t>(at));
    auto narrow = static_cast<uint32_t>(crc);
    for (; left > 0; --left, ++at) narrow = _mm_crc32_u8(narrow, static_cast<uint8_t>(*at));
    return ~narrow;
}

uint64_t xxh3_64(std::span<const std::byte> bytes, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 xxh3_128(std::span<const std::byte> bytes) { return canonical(XXH3_128bits(bytes.data(), bytes.size())); }

struct Hasher128::State {
    XXH3_state_t xxh;
};

Hasher128::Hasher128() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->xxh); }
Hasher128::~Hasher128() = default;

void Hasher128::update(std::span<const std::byte> bytes) {
    XXH3_128bits_update(&state_->xxh, bytes.data(), bytes.size());
}

Hash128 Hasher128::digest() const { return canonical(XXH3_128bits_digest(&state_->xxh)); }

}  // namespace vz
