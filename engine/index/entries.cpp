#include "engine/index/entries.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <numeric>

namespace vz {
namespace {

constexpr uint32_t kEntriesMin = 64;
constexpr uint32_t kEntriesMax = 4096;
constexpr uint32_t kProbes = 256;     // rows that walks look for
constexpr uint32_t kProbeRounds = 5;  // each with others
constexpr uint32_t kProbeEffort = 16;
constexpr double kFoundNearlyAll = 0.99;
constexpr double kFoundEnough = 0.9;  // share of the probes
// Share of the missed ones that the most entries must find: on rows without structure half.
constexpr double kWorthScoring = 0.66;
constexpr double kFoundError = 0.05;  // twice the standard error of that share

std::unique_ptr<EntrySet> sample(const GraphView& graph, uint32_t count, uint64_t seed) {
    auto entries = std::make_unique<EntrySet>();
    const uint32_t linked = graph.slots;
    count = std::min(count, linked);
    // Evenly spaced, each shifted within its space by the seed, to the next that has a row: no slot twice, and one at
    // least if there is any.
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t low = i * linked / count;
        const uint64_t high = (i + 1) * linked / count;
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        const uint64_t shift = (seed >> 33) % (high - low);
        for (uint64_t j = 0; j < high - low; ++j) {
            const auto slot = static_cast<Slot>(low + (shift + j) % (high - low));
            if (graph.is_absent(slot)) continue;
            entries->slots.push_back(slot);
            break;
        }
    }
    if (graph.quantizer->metric() == VZ_DOT && linked > 2 * count) {
        // Most answers of the dot metric are long rows: half of the entries are the longest.
        std::vector<Slot> longest(linked);
        std::iota(longest.begin(), longest.end(), 0U);
        const auto norm = [&](Slot slot) { return graph.header(slot).norm; };
        std::nth_element(longest.begin(), longest.begin() + count / 2, longest.end(),
                         [&](Slot a, Slot b) { return norm(a) != norm(b) ? norm(a) > norm(b) : a < b; });
        for (size_t i = 0; i < std::min<size_t>(count, entries->slots.size()) / 2; ++i)
            entries->slots[2 * i] = longest[i];
        std::sort(entries->slots.begin(), entries->slots.end());
        entries->slots.erase(std::unique(entries->slots.begin(), entries->slots.end()), entries->slots.end());
    }
    std::erase_if(entries->slots, [&](Slot slot) { return graph.is_absent(slot); });
    pack_entries(graph, *entries);
    return entries;
}

struct Probed {
    uint32_t rows = 0;
    std::vector<Slot> missed;  // where a short walk to the row itself did not come to

    double share_found() const { return rows == 0 ? 1 : 1 - static_cast<double>(missed.size()) / rows; }
};

Probed probe(GraphView graph, const EntrySet& entries, uint32_t round, WalkScratch& scratch) {
    graph.entries = &entries;
    Probed probed;
    Slot last = kNoSlot;
    for (uint64_t i = 0; i < kProbes; ++i) {
        // The middle first, then on either side of it.
        const uint64_t part = (kProbeRounds / 2 + round) % kProbeRounds;
        const auto slot =
            static_cast<Slot>((2 * (i * kProbeRounds + part) + 1) * graph.slots / (2 * kProbes * kProbeRounds));
        if (slot == last || graph.is_absent(slot)) continue;  // of fewer rows than probes, each once
        last = slot;
        ++probed.rows;
        prepare_slot(graph, slot, scratch.coded);
        scratch.coded.by_dot = graph.quantizer->metric() == VZ_DOT;  // as queries compare
        float of_itself = 0;
        score_slots(graph, scratch.coded, &slot, 1, &of_itself);
        walk(graph, scratch, {kProbeEffort});
        if (!(scratch.pool.key(0) <= of_itself)) probed.missed.push_back(slot);
    }
    return probed;
}

// A few dozen clusters, some of them without an entry: rows that were missed become entries, as long as that halves
// what others miss.
std::unique_ptr<EntrySet> with_missed(const GraphView& graph, std::unique_ptr<EntrySet> entries, WalkScratch& scratch) {
    if (entries->slots.empty()) return entries;  // no slot has a row, or none is linked yet: there is nothing to walk
    Probed probed = probe(graph, *entries, 1, scratch);
    for (uint32_t round = 2; round < kProbeRounds && probed.share_found() < kFoundNearlyAll; ++round) {
        auto more = std::make_unique<EntrySet>();
        std::set_union(entries->slots.begin(), entries->slots.end(), probed.missed.begin(), probed.missed.end(),
                       std::back_inserter(more->slots));
        pack_entries(graph, *more);
        Probed next = probe(graph, *more, round, scratch);
        if (2 * next.missed.size() > probed.missed.size()) break;
        entries = std::move(more);
        probed = std::move(next);
    }
    return entries;
}

// As many evenly spread ones as make a difference.
std::unique_ptr<EntrySet> spread(const GraphView& graph, uint64_t seed, WalkScratch& scratch) {
    const uint32_t most = std::min(kEntriesMax, graph.slots / 8);
    uint32_t count = least_entries(graph.slots);
    auto entries = sample(graph, count, seed);
    const auto found_by = [&](const EntrySet& set) { return probe(graph, set, 0, scratch).share_found(); };
    if (entries->slots.empty() || count >= most) return entries;
    const double found = found_by(*entries);
    if (found >= kFoundEnough) return entries;
    auto all = sample(graph, most, seed);
    const double found_by_all = found_by(*all);
    if (found_by_all < found + kWorthScoring * (1 - found)) return entries;
    const double enough = std::min(kFoundEnough, found_by_all - kFoundError);
    while (4 * count < most) {
        count *= 4;
        entries = sample(graph, count, seed);
        if (found_by(*entries) >= enough) return entries;
    }
    return all;
}

}  // namespace

// Measured at 60,000 rows: a quarter to the whole of sqrt(n) give the same curve, so the fewest rows to score.
uint32_t least_entries(uint32_t linked) {
    const auto root = static_cast<uint32_t>(std::sqrt(static_cast<double>(linked)));
    return std::clamp(root / 4, kEntriesMin, kEntriesMax);
}

std::unique_ptr<EntrySet> choose_entries(const GraphView& graph, uint64_t seed, WalkScratch& scratch) {
    return with_missed(graph, spread(graph, seed, scratch), scratch);
}

void pack_entries(const GraphView& graph, EntrySet& entries) {
    if (graph.shape().layout == Layout::kFp32) return;
    const size_t stride = graph.shape().row_bytes();
    entries.blocks.resize(stride * entries.slots.size());
    for (size_t i = 0; i < entries.slots.size(); ++i)
        std::memcpy(&entries.blocks[i * stride], graph.block(entries.slots[i]), stride);
}

}  // namespace vz
