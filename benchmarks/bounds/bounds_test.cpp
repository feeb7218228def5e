#include "benchmarks/bounds/bounds.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <set>

#include "benchmarks/bounds/bit_codes.hpp"
#include "benchmarks/bounds/measure.hpp"
#include "benchmarks/bounds/memory.hpp"

namespace vz::bounds {
namespace {

RandomRows rows_of(uint32_t row_bytes, Pages pages, double plain, double whole) {
    return {row_bytes, pages, plain, {whole, {8, 2}}, {}};
}

Bounds small_bounds() {
    Bounds bounds;
    bounds.cpu = "a \"name\"";
    bounds.kernels = "scalar";
    bounds.arena_bytes = 1 << 24;
    bounds.random_rows = {rows_of(100, Pages::k4Kb, 4e6, 5e6), rows_of(300, Pages::k4Kb, 1e6, 2e6),
                          rows_of(700, Pages::k4Kb, 5e5, 1e6)};
    bounds.random_rows[2].start = {1.25e6, {4, kStartLines}};
    bounds.readings = {{Pages::k4Kb, 2e10, 300}};
    bounds.scans = {{"fp32", 128, 1e6, 2e6}};
    bounds.hops = {{"sq8_elsewhere", 128, 700, 500, {8, 3}}};
    return bounds;
}

TEST(bounds, time_of_a_row_is_linear_between_sizes_measured) {
    Bounds bounds = small_bounds();
    EXPECT_NEAR(bounds.row_seconds(100), 200e-9, 1e-12);
    EXPECT_NEAR(bounds.row_seconds(200), 350e-9, 1e-12);
    EXPECT_NEAR(bounds.row_seconds(300), 500e-9, 1e-12);
    EXPECT_NEAR(bounds.row_seconds(500), 650e-9, 1e-12);  // of the better prefetch
    EXPECT_NEAR(bounds.row_seconds(1100), 1100e-9, 1e-12);
    EXPECT_NEAR(bounds.row_seconds(50), 125e-9, 1e-12);
}

TEST(bounds, time_of_a_row_is_that_of_large_pages_where_measured) {
    Bounds bounds = small_bounds();
    bounds.random_rows.push_back(rows_of(100, Pages::k2Mb, 4e6, 8e6));
    bounds.random_rows.push_back(rows_of(300, Pages::k2Mb, 4e6, 4e6));
    EXPECT_NEAR(bounds.row_seconds(200), 187.5e-9, 1e-12);
}

TEST(bounds, json_reads_back_equal) {
    const Bounds bounds = small_bounds();
    Bounds read;
    std::string why;
    ASSERT_TRUE(from_json(to_json(bounds), read, why)) << why;
    EXPECT_TRUE(bounds == read);
}

TEST(bounds, json_without_a_figure_is_refused) {
    Bounds read;
    std::string why;
    EXPECT_FALSE(from_json("{}", read, why));
    EXPECT_FALSE(from_json("no JSON", read, why));
    for (void (*spoil)(Bounds&) :
         {+[](Bounds& bounds) { bounds.random_rows.clear(); }, +[](Bounds& bounds) { bounds.random_rows[1].plain = 0; },
          +[](Bounds& bounds) { bounds.hops[0].best_ns = -1; }, +[](Bounds& bounds) { bounds.scans.clear(); }}) {
        Bounds bounds = small_bounds();
        spoil(bounds);
        EXPECT_FALSE(from_json(to_json(bounds), read, why));
    }
    std::string json = to_json(small_bounds());
    const std::string name = "\"dependent_load_ns\"";
    json.replace(json.find(name), name.size(), "\"dependent_load\"");
    EXPECT_FALSE(from_json(json, read, why));
}

TEST(bounds, memory_taken_is_what_was_asked_or_what_can_be_spared) {
    EXPECT_EQ(affordable_bytes(8 << 20), uint64_t{8} << 20);
    const uint64_t most = affordable_bytes(UINT64_MAX);
    EXPECT_GE(most, uint64_t{8} << 20);
    EXPECT_LT(most, uint64_t{1} << 45);
    EXPECT_EQ(most % (2 << 20), 0U);
}

TEST(bounds, bits_apart_are_counted_in_every_length) {
    Random random(1);
    for (uint32_t words = 1; words <= 33; ++words) {
        std::vector<uint64_t> query(words);
        std::vector<uint64_t> row(words);
        uint64_t expected = 0;
        for (uint32_t i = 0; i < words; ++i) {
            query[i] = random();
            row[i] = random();
            for (uint32_t bit = 0; bit < 64; ++bit) expected += ((query[i] ^ row[i]) >> bit) & 1;
        }
        EXPECT_EQ(count_apart()(query.data(), row.data(), words), expected) << words;
    }
}

TEST(bounds, codes_in_a_block_score_by_planes_of_the_query) {
    if (!has_vpopcntq()) GTEST_SKIP() << "no VPOPCNTQ";
    Random random(2);
    for (const uint32_t words : {1U, 2U, 13U, 24U}) {
        std::vector<uint64_t> planes(kPlanes * words);
        for (uint64_t& plane : planes) plane = random();
        std::vector<float> factors(2 * kNeighbours);
        for (float& factor : factors) factor = static_cast<float>(random.below(8));
        std::vector<uint64_t> codes(kNeighbours * words);
        for (uint64_t& code : codes) code = random();
        std::vector<std::byte> block(block_code_bytes(words));
        std::memcpy(block.data(), factors.data(), factors.size() * sizeof(float));
        std::memcpy(block.data() + factors.size() * sizeof(float), codes.data(), codes.size() * sizeof(uint64_t));
        float keys[kNeighbours];
        score_block(planes.data(), words, block.data(), keys);
        for (uint32_t i = 0; i < kNeighbours; ++i) {
            int sum = 0;
            for (uint32_t word = 0; word < words; ++word) {
                for (uint32_t plane = 0; plane < kPlanes; ++plane) {
                    sum += std::popcount(codes[word * kNeighbours + i] & planes[plane * words + word]) << plane;
                }
            }
            EXPECT_EQ(keys[i], factors[i] * static_cast<float>(sum) + factors[kNeighbours + i]) << words << ' ' << i;
        }
    }
}

// By ratios alone, for times differ between machines; 48 MiB leave the caches next to a core.
TEST(bounds, a_run_measures_all_and_more_bytes_take_longer) {
    MeasureOptions options;
    options.arena_bytes = 48 << 20;
    options.passes = 3;
    const Bounds measured = measure(options);
    Bounds bounds;
    std::string why;
    ASSERT_TRUE(from_json(to_json(measured), bounds, why)) << why;
    ASSERT_EQ(bounds.arena_bytes, options.arena_bytes);

    const size_t pages = bounds.huge_share >= 0.95 ? 2 : 1;
    ASSERT_EQ(bounds.random_rows.size(), pages * options.row_bytes.size());
    for (const RandomRows& rows : bounds.random_rows)
        EXPECT_EQ(rows.start.rows_per_second > 0, rows.row_bytes > kLongLines * 64);
    for (size_t i = pages; i < bounds.random_rows.size(); ++i) {
        EXPECT_GT(bounds.random_rows[i - pages].plain, bounds.random_rows[i].plain) << bounds.random_rows[i].row_bytes;
    }
    ASSERT_EQ(bounds.readings.size(), pages);
    for (const Reading& reading : bounds.readings)
        EXPECT_GT(reading.load_ns, 64 / reading.bytes_per_second * 1e9) << "loads that wait for each other";

    ASSERT_EQ(bounds.scans.size(), 3 * options.dims.size());
    for (size_t i = 0; i < bounds.scans.size(); i += 3) {
        EXPECT_GT(bounds.scans[i + 1].cache, bounds.scans[i].cache) << "int8, fp32 of " << bounds.scans[i].dim;
        EXPECT_GT(bounds.scans[i + 2].memory, bounds.scans[i].memory) << "bits, fp32 of " << bounds.scans[i].dim;
    }
    ASSERT_EQ(bounds.hops.size(), (bounds.has_vpopcntq ? 3 : 2) * options.dims.size());
    std::set<std::pair<std::string, uint32_t>> ways;
    for (const Hop& hop : bounds.hops) ways.insert({hop.rows, hop.dim});
    EXPECT_EQ(ways.size(), bounds.hops.size());
    for (const Hop& small : bounds.hops) {
        for (const Hop& large : bounds.hops) {
            if (small.rows == large.rows && small.dim == 128 && large.dim == 1536) {
                EXPECT_GT(large.best_ns, 1.5 * small.best_ns) << small.rows;
            }
            if (small.rows == "sq8_elsewhere" && large.rows == "fp32_elsewhere" && small.dim == large.dim &&
                small.dim > 128) {
                EXPECT_GT(large.best_ns, small.best_ns) << small.dim;
            }
        }
    }
}

}  // namespace
}  // namespace vz::bounds
