// Recall and queries a second of every peer over a range of efforts, in one process, passes alternating.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "benchmarks/ann/peer.hpp"
#include "benchmarks/bounds/bounds.hpp"

namespace vz::ann {

struct SweepOptions {
    uint32_t k = 10;
    uint32_t rounds = 7;
    uint32_t threads = 1;  // of a second measurement by wall time; 1: none
    std::vector<uint32_t> efforts;
    BuildOptions build;
    std::vector<std::string> peers;
    // Say what a row at a random place takes; else each peer measures its own rows.
    std::optional<bounds::Bounds> bounds;
};

// Writes CSV, one line a point and peer, and the ratios to hnswlib at fixed recall to the terminal.
void sweep(const DataSet& set, const SweepOptions& options, std::ostream& csv);

}  // namespace vz::ann
