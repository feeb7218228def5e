// The checksums of the formats: CRC32C for frames, headers and chunks, XXH3 for hash tables and content hashes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace vz {

// CRC-32C (Castagnoli), RFC 3720 appendix B.4. `seed` is the result for the bytes before these, 0 at the start.
uint32_t crc32c(std::span<const std::byte> bytes, uint32_t seed = 0);

// A checksum stored beside the data it covers is masked, so that a checksum over data holding checksums stays
// meaningful.
constexpr uint32_t mask_crc(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

uint64_t xxh3_64(std::span<const std::byte> bytes, uint64_t seed = 0);

using Hash128 = std::array<std::byte, 16>;
Hash128 xxh3_128(std::span<const std::byte> bytes);

// XXH3-128 over bytes that arrive in pieces.
class Hasher128 {
 public:
    Hasher128();
    ~Hasher128();
    Hasher128(const Hasher128&) = delete;
    Hasher128& operator=(const Hasher128&) = delete;
    void update(std::span<const std::byte> bytes);
    Hash128 digest() const;

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace vz
