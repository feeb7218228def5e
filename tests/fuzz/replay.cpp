// Drives a target without libFuzzer: every seed, then as many mutations of seeds as asked for.   fuzz_x
// [SEED_DIRECTORY] [MUTATIONS] [SEED]
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "tests/fuzz/target.hpp"

namespace {

using Bytes = std::vector<uint8_t>;

std::vector<Bytes> read_seeds(const char* directory) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Bytes> seeds;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return seeds;
}

void mutate(Bytes& bytes, const std::vector<Bytes>& seeds, std::mt19937& random) {
    const auto below = [&](size_t n) { return static_cast<size_t>(random()) % std::max<size_t>(n, 1); };
    for (size_t changes = 1 + below(4); changes > 0; --changes) {
        const size_t at = below(bytes.size());
        switch (below(6)) {
            case 0:
                if (!bytes.empty()) bytes[at] = static_cast<uint8_t>(bytes[at] ^ (1U << below(8)));
                break;
            case 1:
                if (!bytes.empty()) bytes[at] = static_cast<uint8_t>(random());
                break;
            case 2:
                bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<uint8_t>(random()));
                break;
            case 3:
                bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                            bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), at + below(16))));
                break;
            case 4: {
                const Bytes& other = seeds[below(seeds.size())];
                const size_t from = below(other.size());
                const size_t count = std::min(other.size() - from, below(64));
                bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                             other.begin() + static_cast<std::ptrdiff_t>(from),
                             other.begin() + static_cast<std::ptrdiff_t>(from + count));
                break;
            }
            default: bytes.resize(at);
        }
    }
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<Bytes> seeds = count > 1 ? read_seeds(arguments[1]) : std::vector<Bytes>(1);
    const unsigned long mutations = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 0;
    const unsigned long seed = count > 3 ? std::strtoul(arguments[3], nullptr, 10) : 1;
    if (seeds.empty()) {
        std::fprintf(stderr, "no seeds in %s\n", arguments[1]);
        return 1;
    }
    for (const Bytes& bytes : seeds) LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
    for (unsigned long i = 0; i < mutations; ++i) {
        Bytes bytes = seeds[random() % seeds.size()];
        mutate(bytes, seeds, random);
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    std::printf("GATE fuzz.replay ok seeds=%zu mutations=%lu seed=%lu\n", seeds.size(), mutations, seed);
    return 0;
}
