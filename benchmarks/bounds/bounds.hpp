// What memory and processor of a machine allow a search at best: the figures of one run of vectorizer-bounds, as JSON
// and back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vz::bounds {

enum class Pages : uint8_t { k4Kb, k2Mb };
const char* name_of(Pages pages);

// What is fetched before it is needed: so many rows ahead, the first so many cache lines of each.
struct Ahead {
    uint32_t rows = 0;  // 0: nothing
    uint32_t lines = 0;

    friend bool operator==(const Ahead&, const Ahead&) = default;
};

struct RowRate {
    double rows_per_second = 0;
    Ahead ahead;

    friend bool operator==(const RowRate&, const RowRate&) = default;
};

// Rows at random places, of which a word of each line is read.
struct RandomRows {
    uint32_t row_bytes = 0;
    Pages pages = Pages::k4Kb;
    double plain = 0;  // rows a second without prefetch
    RowRate whole;     // best prefetch of all lines
    RowRate start;     // best prefetch of the first lines; no longer row than kLongLines has it

    const RowRate& best() const { return start.rows_per_second > whole.rows_per_second ? start : whole; }
    friend bool operator==(const RandomRows&, const RandomRows&) = default;
};

// Whose first lines alone are worth fetching ahead: the hardware streams the rest.
inline constexpr uint32_t kLongLines = 8;
inline constexpr uint32_t kStartLines = 4;

struct Reading {
    Pages pages = Pages::k4Kb;
    double bytes_per_second = 0;  // in order
    double load_ns = 0;           // a load whose address the load before it gave

    friend bool operator==(const Reading&, const Reading&) = default;
};

// Rows a second of a scan in order.
struct Scan {
    std::string values;  // fp32, int8, bits
    uint32_t dim = 0;
    double memory = 0;
    double cache = 0;  // rows that stay in the L2 cache

    friend bool operator==(const Scan&, const Scan&) = default;
};

// One hop of a walk that scores 32 neighbours at random places.
struct Hop {
    std::string rows;  // codes_in_block, sq8_elsewhere, fp32_elsewhere
    uint32_t dim = 0;
    double plain_ns = 0;
    double best_ns =
        0;        // codes_in_block: the block was fetched one hop earlier; the others: best look-ahead within the list
    Ahead ahead;  // of the best

    friend bool operator==(const Hop&, const Hop&) = default;
};

struct Bounds {
    std::string cpu;
    std::string kernels;
    bool has_vpopcntq = false;  // without it no hop has its codes in the block
    uint64_t arena_bytes = 0;
    uint64_t cache_bytes = 0;  // of the last level; 0: the system does not say
    double huge_share =
        0;  // of the arena that should lie in 2-MB pages; nothing is measured there unless nearly all does
    std::vector<RandomRows> random_rows;
    std::vector<Reading> readings;
    std::vector<Scan> scans;
    std::vector<Hop> hops;

    // Seconds for one row of so many bytes at a random place, best prefetch, largest pages that were measured; linear
    // between the row sizes measured and beyond them. Needs random_rows of one size at least.
    double row_seconds(uint32_t row_bytes) const;

    friend bool operator==(const Bounds&, const Bounds&) = default;
};

std::string to_json(const Bounds& bounds);
// False: not such JSON, or figures are missing or not positive; `why` says which.
bool from_json(const std::string& json, Bounds& bounds, std::string& why);

}  // namespace vz::bounds
