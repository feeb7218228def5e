// A filter asks each row without taking memory: every allocation of this program is counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/payload/filter.hpp"

namespace {
std::atomic<uint64_t> allocations{0};
}

#if !defined(__SANITIZE_ADDRESS__)
void* operator new(size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    void* memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
#endif

namespace vz {
namespace {

TEST(filter, takes_no_memory_for_a_row) {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "AddressSanitizer has an operator new of its own";
#endif
    const Filter filter =
        Filter::parse(
            R"({"must":[{"key":"tag","match":{"any":["a","a rather long text that fits no small string"]}},{"key":"n[]","range":{"gt":1.5}}],
        "should":[{"key":"text","match":{"text":"quoted \" text, and long enough"}},{"nested":{"key":"list","filter":{"must":[{"key":"x","match":{"value":7}}]}}},
        {"key":"at","range":{"gte":"2024-01-01T00:00:00Z"}},{"key":"place","geo_radius":{"center":{"lat":1,"lon":2},"radius":10000}}],
        "must_not":[{"has_id":["some point with a long id, longer than a small string"]},{"key":"gone","is_empty":false}]})")
            .take();
    const std::string_view payload =
        R"({"tag":"a rather long text that fits no small string","n":[1,2e0],"text":"a quoted \" text, and long enough to leave the stack",
        "list":[{"x":6},{"x":7}],"at":"2023-01-01T00:00:00Z","place":{"lat":1,"lon":2},"gone":[]})";
    const IdView id = *parse_id("another point with a long id, longer than a small string");
    // Strings with escapes are written out into a buffer that the thread keeps.
    ASSERT_TRUE(filter.matches(id, payload));
    const uint64_t before = allocations.load();
    bool passes = true;
    for (int i = 0; i < 1000; ++i) passes = passes && filter.matches(id, payload);
    EXPECT_EQ(allocations.load(), before);
    EXPECT_TRUE(passes);
}

}  // namespace
}  // namespace vz
