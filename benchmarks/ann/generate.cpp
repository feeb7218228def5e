#include "benchmarks/ann/generate.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>

#include "benchmarks/ann/formats.hpp"

namespace vz::ann {
namespace {

// The library's distributions differ between libraries; its engines do not.
class Normal {
 public:
    explicit Normal(uint64_t seed) : random_(seed) {}

    float operator()() {
        const double a = (static_cast<double>(random_() >> 11) + 1) * 0x1p-53;
        const double b = static_cast<double>(random_() >> 11) * 0x1p-53;
        return static_cast<float>(std::sqrt(-2 * std::log(a)) * std::cos(2 * 3.14159265358979 * b));
    }
    uint64_t below(uint64_t count) { return random_() % count; }

 private:
    std::mt19937_64 random_;
};

}  // namespace

void generate(const Generator& g, const std::string& folder) {
    if (g.rows == 0 || g.queries == 0 || g.dim == 0 || g.inner == 0 || g.inner > g.dim || g.clusters == 0)
        quit("rows, queries, dim, clusters and inner are at least 1, inner at most dim");
    Normal normal(g.seed);
    std::vector<float> surface(size_t{g.dim} * g.inner);
    for (float& value : surface) value = normal() / std::sqrt(static_cast<float>(g.inner));
    std::vector<float> centres(size_t{g.clusters} * g.inner);
    for (float& value : centres) value = g.clusters == 1 ? 0.0F : normal();
    const float spread = g.clusters == 1 ? 1.0F : g.spread;

    std::vector<float> at(g.inner);
    const auto make = [&](uint32_t count) {
        std::vector<uint64_t> of_cluster(count);
        for (uint64_t& cluster : of_cluster) cluster = normal.below(g.clusters);
        if (g.in_order) std::sort(of_cluster.begin(), of_cluster.end());
        Matrix matrix = {count, g.dim, {}};
        matrix.values.reserve(size_t{count} * g.dim);
        for (const uint64_t cluster : of_cluster) {
            for (uint32_t i = 0; i < g.inner; ++i) at[i] = centres[cluster * g.inner + i] + spread * normal();
            const float factor = g.lengths > 0 ? std::exp(g.lengths * normal()) : 1.0F;
            for (uint32_t i = 0; i < g.dim; ++i) {
                float value = g.noise * normal();
                for (uint32_t j = 0; j < g.inner; ++j) value += surface[size_t{i} * g.inner + j] * at[j];
                matrix.values.push_back(factor * value);
            }
        }
        return matrix;
    };
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) quit("cannot make " + folder + ": " + failed.message());
    write_vectors(folder + "/base.fbin", make(g.rows));
    write_vectors(folder + "/query.fbin", make(g.queries));
}

}  // namespace vz::ann
