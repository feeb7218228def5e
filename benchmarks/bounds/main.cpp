// vectorizer-bounds: what memory and processor of this machine allow a search at best.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "benchmarks/bounds/measure.hpp"

namespace {

using namespace vz::bounds;

void print(const RowRate& rate, uint32_t row_bytes) {
    std::printf("  %7.1f M/s, %.1f GB/s (%u rows, %u lines)", 1e-6 * rate.rows_per_second,
                1e-9 * rate.rows_per_second * row_bytes, rate.ahead.rows, rate.ahead.lines);
}

void print(const Bounds& bounds) {
    std::printf("%s, kernels %s, arena %llu MiB, last-level cache %llu MiB, huge pages %.0f %%\n", bounds.cpu.c_str(),
                bounds.kernels.c_str(), static_cast<unsigned long long>(bounds.arena_bytes >> 20),
                static_cast<unsigned long long>(bounds.cache_bytes >> 20), 100 * bounds.huge_share);
    if (bounds.arena_bytes < 4 * bounds.cache_bytes)
        std::printf("The arena is less than four times the cache: some of what is random was in it.\n");
    std::printf("\nrandom rows, one thread     no prefetch   best prefetch (so many rows ahead, lines of each)\n");
    for (const RandomRows& rows : bounds.random_rows) {
        std::printf("%6u bytes, %s pages  %7.1f M/s  ", rows.row_bytes, name_of(rows.pages), 1e-6 * rows.plain);
        print(rows.whole, rows.row_bytes);
        if (rows.start.rows_per_second > 0) print(rows.start, rows.row_bytes);
        std::printf("\n");
    }
    std::printf("\n");
    for (const Reading& reading : bounds.readings) {
        std::printf("%s pages: in order %.1f GB/s, dependent load %.0f ns\n", name_of(reading.pages),
                    1e-9 * reading.bytes_per_second, reading.load_ns);
    }
    std::printf("\nscans in order         memory      L2, M rows/s\n");
    for (const Scan& scan : bounds.scans)
        std::printf("%-5s %6u values  %8.1f %8.1f\n", scan.values.c_str(), scan.dim, 1e-6 * scan.memory,
                    1e-6 * scan.cache);
    std::printf("\na hop over 32 neighbours       alone    best look-ahead, ns (rows, lines)\n");
    for (const Hop& hop : bounds.hops) {
        std::printf("%-15s %6u values %7.0f %7.0f (%u, %u)\n", hop.rows.c_str(), hop.dim, hop.plain_ns, hop.best_ns,
                    hop.ahead.rows, hop.ahead.lines);
    }
    if (!bounds.has_vpopcntq) std::printf("codes in the block: not measured, this processor has no VPOPCNTQ\n");
}

}  // namespace

int main(int count, char** words) {
    CLI::App all(
        "Measures what memory and processor of this machine allow a search at best. Two arenas are taken, one for each "
        "page size.",
        "vectorizer-bounds");
    MeasureOptions options;
    uint64_t arena_mib = options.arena_bytes >> 20;
    std::string json;
    all.add_option("--arena-mib", arena_mib, "of each arena; less when memory is short")
        ->capture_default_str()
        ->check(CLI::Range(8, 1 << 20));
    all.add_option("--row-bytes", options.row_bytes, "of random rows")
        ->delimiter(',')
        ->capture_default_str()
        ->check(CLI::Range(8, 1 << 16));
    all.add_option("--dims", options.dims, "of scans and hops")
        ->delimiter(',')
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 14));
    all.add_option("--passes", options.passes, "over each, in turns, of which the best counts")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    all.add_option("--json", json, "file to write, for `vectorizer-ann sweep --bounds`");
    CLI11_PARSE(all, count, words);
    options.arena_bytes = arena_mib << 20;

    const Bounds bounds = measure(options);
    print(bounds);
    if (json.empty()) return 0;
    std::ofstream out(json);
    out << to_json(bounds);
    if (out.flush()) return 0;
    std::fprintf(stderr, "vectorizer-bounds: cannot write %s\n", json.c_str());
    return 1;
}
