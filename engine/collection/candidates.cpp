#include "engine/collection/candidates.hpp"

namespace vz {
namespace {

constexpr uint32_t kSampleRows = 256;

// The first path that a test asks.
const std::string* first_path(const FilterNode& node) {
    if (node.kind == FilterNode::Kind::kField || node.kind == FilterNode::Kind::kNested) return &node.test.path_text;
    for (const FilterNode& child : node.children) {
        if (const std::string* path = first_path(child)) return path;
    }
    return nullptr;
}

std::shared_ptr<PassingRows> room_for(uint32_t rows) {
    auto passing = std::make_shared<PassingRows>();
    passing->rows = rows;
    passing->words.resize((uint64_t{rows} + 63) / 64);
    return passing;
}

}  // namespace

Candidates known_candidates(const Part& part, uint32_t rows, const RowFilter& filter) {
    Candidates candidates;
    candidates.rows = part.filters().find(filter.text());
    if (candidates.rows != nullptr && candidates.rows->rows >= rows) {
        candidates.source = FilterSource::kCache;
    } else {
        candidates.rows = nullptr;
        candidates.wanted_index = first_path(filter.filter().root());
    }
    return candidates;
}

Result<Candidates> find_candidates(const Part& part, uint32_t rows, const RowFilter& filter, const Interruption& stop) {
    Candidates candidates = known_candidates(part, rows, filter);
    if (candidates.rows != nullptr) return candidates;
    const std::shared_ptr<const PassingRows> known = part.filters().find(filter.text());
    const std::shared_ptr<PassingRows> passing = room_for(rows);
    uint32_t row = 0;
    if (known != nullptr) {
        std::copy(known->words.begin(), known->words.end(), passing->words.begin());
        passing->count = known->count;
        row = known->rows;
    }
    for (; row < rows; ++row) {
        if (row % kRowsBetweenChecks == 0) VZ_TRY(stop.check());
        if (!filter.passes(part, row)) continue;
        passing->add(row);
        ++passing->count;
    }
    candidates.rows = passing;
    candidates.source = FilterSource::kPayloads;
    part.filters().keep(filter.text(), passing);
    return candidates;
}

double estimate_selectivity(const Part& part, uint32_t rows, const RowFilter& filter, uint32_t passing_max,
                            std::vector<uint32_t>* passing) {
    passing->clear();
    const uint32_t sampled = std::min(rows, kSampleRows);
    if (sampled == 0) return 0;
    for (uint32_t i = 0; i < sampled; ++i) {
        const auto row = static_cast<uint32_t>(uint64_t{rows} * i / sampled);
        if (filter.passes(part, row)) passing->push_back(row);
    }
    const size_t passed = passing->size();
    const size_t kept = std::min<size_t>(passed, passing_max);
    for (size_t i = 0; i < kept; ++i) (*passing)[i] = (*passing)[i * passed / kept];
    passing->resize(kept);
    return static_cast<double>(passed) / sampled;
}

}  // namespace vz
