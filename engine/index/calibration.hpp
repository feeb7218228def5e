// Measures how effort and recall relate on one graph, on its own rows (README.md, Calibration).
#pragma once

#include "engine/base/workers.hpp"
#include "engine/index/curve.hpp"
#include "engine/index/graph.hpp"

namespace vz {

enum class Calibration {
    kWhole,  // for a graph that stays
    kQuick,  // for one that grows: fewer rows, k = 10, no efforts beyond those that find nearly all
};

// Sampled rows are searched with themselves left out; more of them where recall is not known to a small error yet.
// `linked`: slots with edges. Reads every block of the graph, which may be growing. Where codes do not keep the order
// of the rows, more of them are scored exactly: so many that kShareWanted of the true ones are among them, 8 times k at
// most; what needs more is walked in fp32 (code_guard.hpp). Queries need not be like rows: some that are unlike them
// (FarKind), as recommendations from examples are, show what such take.
Curve calibrate(const GraphView& graph, uint32_t linked, uint64_t seed, Calibration scope, Workers& workers);

inline constexpr float kShareWanted = 0.99F;

}  // namespace vz
