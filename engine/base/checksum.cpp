#include "engine/base/checksum.hpp"

#include <nmmintrin.h>
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

}  // namespace

uint32_t crc32c(std::span<const std::byte> bytes, uint32_t seed) {
    uint64_t crc = ~seed;
    const std::byte* at = bytes.data();
    size_t left = bytes.size();
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
