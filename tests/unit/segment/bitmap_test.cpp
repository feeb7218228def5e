#include "engine/base/bitmap.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace vz {
namespace {

TEST(bitmap, holds_what_was_added_and_round_trips) {
    std::mt19937 random(7);
    std::set<uint32_t> model;
    Bitmap bitmap;
    EXPECT_EQ(bitmap.cardinality(), 0u);
    for (int i = 0; i < 20'000; ++i) {
        const auto value = static_cast<uint32_t>(i % 3 == 0 ? random() : random() % 70'000);
        bitmap.add(value);
        model.insert(value);
    }
    bitmap.add(UINT32_MAX);
    model.insert(UINT32_MAX);
    const Result<Bitmap> back = Bitmap::from_bytes(bitmap.to_bytes());
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->cardinality(), model.size());
    EXPECT_EQ(back->maximum(), UINT32_MAX);
    EXPECT_TRUE(back->contains(*model.begin()));
    auto next = model.begin();
    bool same = true;
    back->for_each([&](uint32_t value) { same = same && next != model.end() && value == *next++; });
    EXPECT_TRUE(same);
    EXPECT_EQ(next, model.end());
}

TEST(bitmap, refuses_malformed_bytes_without_reading_beyond_them) {
    Bitmap bitmap;
    for (uint32_t i = 0; i < 9'000; ++i) bitmap.add(i * (i % 7 + 1));
    const std::vector<std::byte> good = bitmap.to_bytes();
    EXPECT_EQ(Bitmap::from_bytes({}).status().code(), VZ_CORRUPTION);
    for (size_t size = 0; size < good.size(); size += 1 + size / 16) {
        const std::vector<std::byte> cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(size));
        EXPECT_EQ(Bitmap::from_bytes(cut).status().code(), VZ_CORRUPTION) << size;
    }
    std::mt19937 random(3);
    for (int i = 0; i < 2'000; ++i) {
        std::vector<std::byte> bad = good;
        bad[i < 500 ? static_cast<size_t>(i) % 64 : random() % bad.size()] ^=
            static_cast<std::byte>(1u << random() % 8);
        const Result<Bitmap> result = Bitmap::from_bytes(bad);
        if (!result.ok()) continue;
        uint64_t count = 0;
        result->for_each([&](uint32_t) { ++count; });
        EXPECT_EQ(count, result->cardinality());
    }
}

}  // namespace
}  // namespace vz
