#include "engine/base/checksum.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "tests/support/random.hpp"

namespace vz {
namespace {

// The definition, a bit at a time.
uint32_t reference(std::span<const std::byte> bytes, uint32_t seed) {
    uint32_t crc = ~seed;
    for (const std::byte each : bytes) {
        crc ^= static_cast<uint32_t>(each);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F6'3B78 : 0);
    }
    return ~crc;
}

TEST(checksum, crc32c_is_that_of_rfc_3720) {
    EXPECT_EQ(crc32c(as_bytes(std::string_view("123456789"))), 0xE306'9283u);
    EXPECT_EQ(crc32c(std::vector<std::byte>(32)), 0x8A91'36AAu);
}

TEST(checksum, crc32c_equals_its_definition_at_every_length_and_alignment) {
    Random random(1);
    std::vector<std::byte> bytes(5000);
    for (std::byte& each : bytes) each = static_cast<std::byte>(random.next());
    for (size_t count = 0; count <= 4800; ++count) {
        const auto part = std::span<const std::byte>(bytes).subspan(count % 19, count);
        const auto seed = static_cast<uint32_t>(random.next());
        ASSERT_EQ(crc32c(part, seed), reference(part, seed)) << count;
        // Cut in two it is the same.
        const size_t cut = random.below(count + 1);
        ASSERT_EQ(crc32c(part.subspan(cut), crc32c(part.first(cut), seed)), crc32c(part, seed))
            << count << " at " << cut;
    }
}

}  // namespace
}  // namespace vz
