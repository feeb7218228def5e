#include "engine/index/kernels.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

namespace vz {
namespace {

// Bytes that end at an unreadable page: whoever reads past a row dies here.
class GuardedBytes {
 public:
    explicit GuardedBytes(size_t bytes) {
        const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        readable_ = (bytes + page - 1) / page * page;
        base_ = static_cast<uint8_t*>(
            mmap(nullptr, readable_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        mprotect(base_ + readable_, page, PROT_NONE);
        page_ = page;
    }
    GuardedBytes(const GuardedBytes&) = delete;
    GuardedBytes& operator=(const GuardedBytes&) = delete;
    ~GuardedBytes() { munmap(base_, readable_ + page_); }
    uint8_t* last(size_t bytes) { return base_ + readable_ - bytes; }

 private:
    uint8_t* base_;
    size_t readable_ = 0;
    size_t page_ = 0;
};

std::vector<const Kernels*> every_set() {
    std::vector<const Kernels*> sets = {&kernels_scalar()};
    if (kernels_avx2() != nullptr) sets.push_back(kernels_avx2());
    if (kernels_avx512() != nullptr) sets.push_back(kernels_avx512());
    return sets;
}

struct Sums {
    double dot = 0, l2 = 0, l1 = 0, dot_terms = 0;
};

template <class T>
Sums reference(const float* a, const T* b, uint32_t dim) {
    Sums sums;
    for (uint32_t i = 0; i < dim; ++i) {
        const double x = static_cast<double>(a[i]);
        const double y = static_cast<double>(b[i]);
        sums.dot += x * y;
        sums.dot_terms += std::fabs(x * y);
        sums.l2 += (x - y) * (x - y);
        sums.l1 += std::fabs(x - y);
    }
    return sums;
}

template <class T>
void expect_close(const Sums& want, uint32_t dim, float dot, float l2, float l1, const T& label) {
    const double unit = (dim + 2.0) * std::ldexp(1.0, -23);
    EXPECT_LE(std::fabs(static_cast<double>(dot) - want.dot), unit * want.dot_terms + 1e-37) << label << " dim " << dim;
    EXPECT_LE(std::fabs(static_cast<double>(l2) - want.l2), 2 * unit * want.l2 + 1e-37) << label << " dim " << dim;
    EXPECT_LE(std::fabs(static_cast<double>(l1) - want.l1), unit * want.l1 + 1e-37) << label << " dim " << dim;
}

TEST(kernels, float_sums_stay_within_the_bound_at_every_dimension_and_end) {
    GuardedBytes floats(2101 * 4);
    GuardedBytes rows(2101 * 4);
    GuardedBytes bytes(2101);
    std::mt19937 random(7);
    for (uint32_t dim = 1; dim <= 2100; ++dim) {
        auto* a = reinterpret_cast<float*>(floats.last(dim * 4));
        auto* b = reinterpret_cast<float*>(rows.last(dim * 4));
        uint8_t* c = bytes.last(dim);
        const float scale = dim % 3 == 0 ? 1e15F : dim % 3 == 1 ? 1.0F : 1e-15F;
        std::uniform_real_distribution<float> uniform(-1, 1);
        for (uint32_t i = 0; i < dim; ++i) {
            a[i] = uniform(random) * scale;
            b[i] = uniform(random) * scale;
            c[i] = static_cast<uint8_t>(random());
        }
        const Sums want = reference(a, b, dim);
        const Sums want_bytes = reference(a, c, dim);
        for (const Kernels* k : every_set()) {
            expect_close(want, dim, k->dot(a, b, dim), k->squared_l2(a, b, dim), k->l1(a, b, dim), k->name);
            expect_close(want_bytes, dim, k->dot_bytes(a, c, dim), k->squared_l2_bytes(a, c, dim),
                         k->l1_bytes(a, c, dim), k->name);
        }
    }
}

TEST(kernels, a_pair_scores_alike_at_every_offset_and_as_bytes) {
    std::mt19937 random(11);
    for (const uint32_t dim : {1U, 15U, 17U, 63U, 100U, 128U, 784U, 1111U}) {
        std::vector<float> query(dim);
        std::vector<float> row(dim);
        std::vector<uint8_t> bytes(dim);
        for (uint32_t i = 0; i < dim; ++i) {
            query[i] = static_cast<float>(random()) / 1e7F;
            bytes[i] = static_cast<uint8_t>(random());
            row[i] = static_cast<float>(bytes[i]);
        }
        for (const Kernels* k : every_set()) {
            const float dot = k->dot(query.data(), row.data(), dim);
            EXPECT_EQ(dot, k->dot_bytes(query.data(), bytes.data(), dim));
            EXPECT_EQ(k->squared_l2(query.data(), row.data(), dim),
                      k->squared_l2_bytes(query.data(), bytes.data(), dim));
            EXPECT_EQ(k->l1(query.data(), row.data(), dim), k->l1_bytes(query.data(), bytes.data(), dim));
            for (uint32_t offset = 0; offset < 64; ++offset) {
                std::vector<std::byte> moved(dim * 4 + 128);
                auto* place = moved.data() + (64 - reinterpret_cast<uintptr_t>(moved.data()) % 64) + offset / 4 * 4;
                std::memcpy(place, row.data(), dim * 4);
                EXPECT_EQ(dot, k->dot(query.data(), reinterpret_cast<const float*>(place), dim));
            }
        }
    }
}

TEST(kernels, code_sums_are_equal_bit_by_bit) {
    std::mt19937 random(13);
    for (uint32_t padded = 64; padded <= 2112; padded += 64) {
        for (int fill = 0; fill < 8; ++fill) {
            // The header before the codes, and within the last of them, where the query has zeros.
            const uint32_t header_at = fill < 4 ? 0 : padded - 28;
            const uint32_t codes_at = fill < 4 ? 64 : 0;
            const size_t stride = 64 + padded;
            std::vector<int8_t> query(padded);
            std::vector<uint8_t> blocks(stride * 5);
            for (auto& value : query)
                value = fill % 4 == 0 ? static_cast<int8_t>(random()) : fill % 4 == 1 ? -128 : fill % 4 == 2 ? 127 : 0;
            if (fill >= 4) std::fill(query.end() - 28, query.end(), int8_t{0});
            for (auto& value : blocks) value = fill % 4 == 0 ? static_cast<uint8_t>(random()) : fill % 4 == 3 ? 0 : 255;
            for (int i = 0; i < 5; ++i) {
                BlockHeader header = {};
                header.scale = 0.5F;
                header.offset = -1.0F;
                header.norm2 = 3.0F;
                header.code_sum = 17;
                std::memcpy(&blocks[stride * static_cast<size_t>(i) + header_at], &header, sizeof header);
            }
            const CodedQuery coded = {query.data(), padded, 1.0F, 1.0F, 0.5F, 2.0F, -1.0F, 3, header_at, codes_at};
            const uint32_t ids[] = {4, 0, 2, 2, 1, 3};
            float want[6];
            float want_l1[6];
            kernels_scalar().score_codes(&coded, blocks.data(), stride, ids, 6, want);
            kernels_scalar().score_codes_l1(&coded, blocks.data(), stride, ids, 6, want_l1);
            for (const Kernels* k : every_set()) {
                const uint8_t* row = &blocks[codes_at];
                EXPECT_EQ(kernels_scalar().dot_codes(query.data(), row, padded),
                          k->dot_codes(query.data(), row, padded))
                    << k->name;
                float got[6];
                k->score_codes(&coded, blocks.data(), stride, ids, 6, got);
                for (int i = 0; i < 6; ++i) EXPECT_NEAR(want[i], got[i], std::fabs(want[i]) * 1e-6F) << k->name;
                k->score_codes_l1(&coded, blocks.data(), stride, ids, 6, got);
                for (int i = 0; i < 6; ++i) EXPECT_EQ(want_l1[i], got[i]) << k->name;
            }
        }
    }
}

TEST(kernels, hadamard_is_its_own_inverse_times_size) {
    std::mt19937 random(17);
    for (uint32_t size = 1; size <= 4096; size *= 2) {
        std::vector<float> values(size);
        for (auto& value : values) value = static_cast<float>(random() % 64);
        for (const Kernels* k : every_set()) {
            std::vector<float> turned = values;
            k->hadamard(turned.data(), size);
            k->hadamard(turned.data(), size);
            for (uint32_t i = 0; i < size; ++i) EXPECT_EQ(turned[i], values[i] * static_cast<float>(size)) << k->name;
        }
    }
}

TEST(kernels, a_pool_keeps_the_nearest_in_order_behind_their_equals) {
    std::mt19937 random(19);
    for (uint32_t limit = 1; limit <= 300; limit += limit < 40 ? 1 : 13) {
        for (const Kernels* k : every_set()) {
            std::vector<PoolLane> lanes((limit + 15) / 16);
            for (auto& lane : lanes) std::fill_n(lane.keys, 16, INFINITY);
            std::vector<std::pair<float, uint32_t>> want;
            uint32_t size = 0;
            uint32_t next = 0;
            while (next < 4 * limit + 100) {
                float keys[40];
                uint32_t slots[40];
                const auto count = static_cast<uint32_t>(random() % 40);
                uint32_t foremost = limit;
                for (uint32_t i = 0; i < count; ++i) {
                    const auto kind = random() % 50;
                    // Many are equal.
                    keys[i] = kind == 0 ? INFINITY : kind == 1 ? NAN : static_cast<float>(random() % 200) - 100.0F;
                    slots[i] = next++;
                    if (!std::isfinite(keys[i])) continue;
                    const auto at = std::upper_bound(want.begin(), want.end(), keys[i],
                                                     [](float key, const auto& pair) { return key < pair.first; });
                    if (at - want.begin() >= limit) continue;
                    foremost = std::min(foremost, static_cast<uint32_t>(at - want.begin()));
                    want.insert(at, {keys[i], slots[i]});
                    if (want.size() > limit) want.pop_back();
                }
                const PoolChange change = k->insert(lanes.data(), size, limit, keys, slots, count);
                size = change.size;
                ASSERT_EQ(size, want.size()) << k->name << " limit " << limit;
                ASSERT_EQ(change.first, foremost) << k->name << " limit " << limit;
                for (uint32_t i = 0; i < size; ++i) {
                    ASSERT_EQ(lanes[i / 16].keys[i % 16], want[i].first)
                        << k->name << " limit " << limit << " place " << i;
                    ASSERT_EQ(lanes[i / 16].slots[i % 16], want[i].second)
                        << k->name << " limit " << limit << " place " << i;
                }
                for (uint32_t i = size; i < limit; ++i) ASSERT_EQ(lanes[i / 16].keys[i % 16], INFINITY) << k->name;
            }
        }
    }
}

}  // namespace
}  // namespace vz
