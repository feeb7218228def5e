#include "benchmarks/bounds/reads.hpp"

#include <algorithm>

#include "benchmarks/bounds/turns.hpp"

namespace vz::bounds {
namespace {

constexpr uint32_t kRowsAhead[] = {1, 2, 4, 8, 16, 32, 64};
constexpr uint64_t kPassBytes = 64 << 20;

// A word of each line: memory gives no less than the line.
uint64_t touch(const std::byte* row, uint32_t lines) {
    uint64_t sum = 0;
    for (uint32_t line = 0; line < lines; ++line) sum += *reinterpret_cast<const uint64_t*>(row + size_t{line} * kLine);
    return sum;
}

// Seconds to read `count` rows of so many lines, at places drawn anew.
double read_rows(const Memory& memory, uint32_t lines, uint32_t count, Ahead ahead, Random& random) {
    const uint64_t stride = uint64_t{lines} * kLine;
    std::vector<uint32_t> rows(count + ahead.rows);
    for (uint32_t& row : rows) row = random.below(static_cast<uint32_t>(memory.bytes() / stride));
    const std::byte* base = memory.data();
    return cpu_seconds_of([&] {
        uint64_t sum = 0;
        if (ahead.rows == 0) {
            for (uint32_t i = 0; i < count; ++i) sum += touch(base + rows[i] * stride, lines);
        } else {
            for (uint32_t i = 0; i < ahead.rows; ++i) prefetch(base + rows[i] * stride, ahead.lines);
            for (uint32_t i = 0; i < count; ++i) {
                prefetch(base + rows[i + ahead.rows] * stride, ahead.lines);
                sum += touch(base + rows[i] * stride, lines);
            }
        }
        keep(sum);
    });
}

// Seconds of loads each of which names the next one's line. What is added, more with each, keeps the way from closing
// into a short circle and from being the way of another pass.
double load_in_turn(const Memory& memory, uint32_t count, Random& random) {
    const uint64_t lines = memory.bytes() / kLine;
    const uint64_t start = random();
    return cpu_seconds_of([&] {
        uint64_t line = 0;
        for (uint32_t i = 0; i < count; ++i) {
            const uint64_t word = *reinterpret_cast<const uint64_t*>(memory.data() + line * kLine);
            line = ((word + start + i) * 0x9e3779b97f4a7c15 >> 32) * lines >> 32;
        }
        keep(line);
    });
}

double read_in_order(const Memory& memory) {
    return cpu_seconds_of([&] { keep(touch(memory.data(), static_cast<uint32_t>(memory.bytes() / kLine))); });
}

}  // namespace

std::vector<RandomRows> measure_random_rows(std::span<const Memory* const> memories, uint32_t row_bytes,
                                            uint32_t passes) {
    const uint32_t lines = (row_bytes + kLine - 1) / kLine;
    const auto count = static_cast<uint32_t>(std::max<uint64_t>(1024, kPassBytes / row_bytes));
    std::vector<Ahead> aheads = {{}};
    for (const uint32_t rows : kRowsAhead) {
        aheads.push_back({rows, lines});
        if (lines > kLongLines) aheads.push_back({rows, kStartLines});
    }
    Random random(row_bytes);
    std::vector<Pass> ways;
    for (const Memory* memory : memories) {
        for (const Ahead ahead : aheads)
            ways.push_back([=, &random] { return read_rows(*memory, lines, count, ahead, random); });
    }
    const std::vector<double> least = least_seconds(ways, passes);
    std::vector<RandomRows> all;
    for (size_t i = 0; i < memories.size(); ++i) {
        RandomRows rows;
        rows.row_bytes = row_bytes;
        rows.pages = memories[i]->pages();
        for (size_t j = 0; j < aheads.size(); ++j) {
            const double rate = count / least[i * aheads.size() + j];
            RowRate& best = aheads[j].lines == lines ? rows.whole : rows.start;
            if (aheads[j].rows == 0) {
                rows.plain = rate;
            } else if (rate > best.rows_per_second) {
                best = {rate, aheads[j]};
            }
        }
        all.push_back(rows);
    }
    return all;
}

std::vector<Reading> measure_readings(std::span<const Memory* const> memories, uint32_t passes) {
    constexpr uint32_t kLoads = 200'000;
    Random random(kLoads);
    std::vector<Pass> ways;
    for (const Memory* memory : memories) {
        ways.push_back([=] { return read_in_order(*memory); });
        ways.push_back([=, &random] { return load_in_turn(*memory, kLoads, random); });
    }
    const std::vector<double> least = least_seconds(ways, passes);
    std::vector<Reading> readings;
    for (size_t i = 0; i < memories.size(); ++i) {
        const auto bytes = static_cast<double>(memories[i]->bytes());
        readings.push_back({memories[i]->pages(), bytes / least[2 * i], 1e9 * least[2 * i + 1] / kLoads});
    }
    return readings;
}

}  // namespace vz::bounds
