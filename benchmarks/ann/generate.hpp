// Data sets where nothing can be fetched, from a seed, with what makes data easy or hard chosen.
#pragma once

#include <cstdint>
#include <string>

namespace vz::ann {

struct Generator {
    uint32_t rows = 60'000;
    uint32_t queries = 1'000;
    uint32_t dim = 128;
    uint32_t inner = 16;  // dimension of the surface that rows lie near; as large as dim: no structure
    float noise = 0.05F;  // off that surface, in standard deviations along it
    uint32_t clusters = 1;
    float spread = 0.3F;    // of a cluster on the surface, where the centres have 1
    bool in_order = false;  // cluster by cluster
    float lengths = 0;      // standard deviation of the logarithm of a factor of each row
    uint64_t seed = 1;
};

// Writes base.fbin and query.fbin; exits with a message on failure.
void generate(const Generator& generator, const std::string& folder);

}  // namespace vz::ann
