#include "engine/index/sample.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <random>
#include <span>
#include <utility>

#include "engine/base/checksum.hpp"
#include "engine/base/limits.hpp"
#include "engine/index/prune.hpp"
#include "engine/index/search.hpp"

namespace vz {
namespace {

constexpr uint32_t kRowsAtOnce = 64;
constexpr uint32_t kNearest = 10;
// Near to many: to one of so many rows, and to so many at least, which by chance no row is.
constexpr size_t kManyDivisor = 16;
constexpr size_t kManyLeast = 12;
// What lies so much nearer to one of those than others do, as their distances are compared, belongs to it.
constexpr float kWithMiddle = 1.0F / 16;
constexpr uint32_t kMiddlesMax = 16;  // each is a pass over the codes
constexpr uint32_t kReranked = 8;     // times k: candidates by codes whose exact scores make the truth

// Of this many bytes and fewer, rows are read for their lot.
constexpr uint64_t kRowsReadBytesMax = 1 * kGiB;

// By the row itself, or else by its codes: those differ where a graph was built about another mean.
uint64_t draw_lot(const GraphView& graph, Slot slot, uint64_t seed, bool reads_rows) {
    if (reads_rows) {
        const float* row = graph.rows(slot);
        return row == nullptr ? UINT64_MAX : xxh3_64(std::as_bytes(std::span(row, graph.shape().dim)), seed);
    }
    const BlockHeader& header = graph.header(slot);
    const float of_codes[] = {header.norm, header.norm2, std::bit_cast<float>(header.code_sum), header.scale,
                              header.offset};
    return xxh3_64(std::as_bytes(std::span(of_codes)), seed);
}

}  // namespace

std::vector<Slot> sample_rows(const GraphView& graph, uint32_t linked, uint64_t seed, uint32_t rows_max) {
    struct Drawn {
        uint64_t lot;
        Slot slot;
    };
    const uint32_t count = std::min(rows_max, linked / 10);
    std::vector<Drawn> drawn;
    uint64_t highest = UINT64_MAX;
    const auto keep_lowest = [&] {
        std::sort(drawn.begin(), drawn.end(),
                  [](const Drawn& a, const Drawn& b) { return a.lot != b.lot ? a.lot < b.lot : a.slot < b.slot; });
        drawn.erase(
            std::unique(drawn.begin(), drawn.end(), [](const Drawn& a, const Drawn& b) { return a.lot == b.lot; }),
            drawn.end());
        if (drawn.size() < count) return;
        drawn.resize(count);
        highest = count != 0 ? drawn.back().lot : 0;
    };
    const bool reads_rows = uint64_t{linked} * graph.shape().dim * sizeof(float) <= kRowsReadBytesMax;
    for (Slot slot = 0; slot < linked; ++slot) {
        if (graph.is_absent(slot)) continue;
        const uint64_t lot = draw_lot(graph, slot, seed, reads_rows);
        if (lot < highest) drawn.push_back({lot, slot});
        if (drawn.size() >= 4 * size_t{count} + 1024) keep_lowest();
    }
    keep_lowest();
    std::vector<Slot> sample;
    for (const Drawn& each : drawn) {
        if (graph.rows(each.slot) != nullptr) sample.push_back(each.slot);
    }
    return sample;
}

std::vector<std::vector<float>> compared_rows(const GraphView& graph, std::span<const Slot> slots) {
    const uint32_t dim = graph.shape().dim;
    std::vector<std::vector<float>> rows;
    for (const Slot slot : slots) {
        const float* row = graph.rows(slot);
        const float norm = graph.quantizer->metric() == VZ_COSINE ? row_norm(row, dim) : 1.0F;
        auto& compared = rows.emplace_back(row, row + dim);
        for (float& value : compared) value = norm > 0 ? value / norm : 0;
    }
    return rows;
}

FarQueries::FarQueries(std::span<const std::vector<float>> rows, uint32_t count, FarKind kind)
    : dim_(static_cast<uint32_t>(rows.front().size())) {
    values_.reserve(size_t{count} * dim_);
    switch (kind) {
        case FarKind::kBetween: mix(rows, count, {0.5F, 0.5F, 0}); break;
        case FarKind::kBeyond: mix(rows, count, {1, 1, -1}); break;
        case FarKind::kOpposite: mix(rows, count, {-1, 0, 0}); break;
        case FarKind::kAnywhere: draw(rows, count);
    }
    auto kept = values_.begin();
    for (auto query = values_.begin(); query != values_.end(); query += dim_) {
        if (!std::all_of(query, query + dim_, [](float value) { return std::isfinite(value); })) continue;
        kept = std::copy(query, query + dim_, kept);
    }
    values_.erase(kept, values_.end());
}

void FarQueries::mix(std::span<const std::vector<float>> rows, uint32_t count, const std::array<float, 3>& factors) {
    for (uint32_t i = 0; i < count; ++i) {
        for (uint32_t d = 0; d < dim_; ++d) {
            float value = 0;
            for (uint32_t j = 0; j < factors.size(); ++j) value += factors[j] * rows[(i + j) % rows.size()][d];
            values_.push_back(value);
        }
    }
}

void FarQueries::draw(std::span<const std::vector<float>> rows, uint32_t count) {
    std::vector<float> mean(dim_);
    std::vector<float> deviation(dim_);
    const auto n = static_cast<float>(rows.size());
    for (const auto& row : rows) {
        for (uint32_t d = 0; d < dim_; ++d) mean[d] += row[d] / n;
    }
    for (const auto& row : rows) {
        for (uint32_t d = 0; d < dim_; ++d) deviation[d] += (row[d] - mean[d]) * (row[d] - mean[d]) / n;
    }
    std::mt19937 random;  // the same ones each time
    // Of deviation 1, and about normal: the sum of three uniform ones.
    const auto normal = [&random] {
        float sum = 0;
        for (int i = 0; i < 3; ++i) sum += static_cast<float>(random()) / static_cast<float>(std::mt19937::max());
        return 2 * sum - 3;
    };
    for (uint32_t i = 0; i < count; ++i) {
        for (uint32_t d = 0; d < dim_; ++d) values_.push_back(mean[d] + std::sqrt(deviation[d]) * normal());
    }
}

// Blocks are read once for all, a few at a time, while they are in the cache.
void find_truths(const GraphView& graph, uint32_t linked, uint32_t k, std::span<const Slot> left_out,
                 std::span<Sampled> sampled) {
    const vz_metric metric = graph.quantizer->metric();
    for (Sampled& row : sampled) {
        graph.quantizer->prepare_query(row.values, row.coded);
        row.nearest.reset(kReranked * k, 1);
        row.scores.clear();
    }
    Slot slots[kRowsAtOnce];
    float keys[kRowsAtOnce];
    for (Slot begin = 0; begin < linked; begin += kRowsAtOnce) {
        uint32_t count = 0;
        for (Slot slot = begin; slot < std::min(linked, begin + kRowsAtOnce); ++slot) {
            const bool is_left_out = std::binary_search(left_out.begin(), left_out.end(), slot);
            if (!is_left_out && !graph.is_absent(slot)) slots[count++] = slot;
        }
        for (Sampled& row : sampled) {
            score_slots(graph, row.coded, slots, count, keys);
            const Slot* own = std::find(slots, slots + count, row.slot);
            if (own != slots + count) keys[own - slots] = INFINITY;
            row.nearest.insert(keys, slots, count);
        }
    }
    for (Sampled& row : sampled) {
        const ScoreQuery query = make_score_query(metric, row.values, graph.shape().dim);
        for (uint32_t i = 0; i < row.nearest.size(); ++i)
            row.scores.push_back(exact_score(graph, query, row.nearest.slot(i)));
        row.best = row.scores;
        std::sort(row.best.begin(), row.best.end(),
                  [&](float a, float b) { return is_similarity(metric) ? a > b : a < b; });
        row.best.resize(std::min<size_t>(row.best.size(), k));
    }
}

namespace {

// Slots that are among the nearest of many, those of most first.
std::vector<Slot> met_by_many(std::span<const Sampled> sampled) {
    std::vector<Slot> met;
    for (const Sampled& row : sampled) {
        for (uint32_t i = 0; i < std::min(row.nearest.size(), kNearest); ++i) met.push_back(row.nearest.slot(i));
    }
    std::sort(met.begin(), met.end());
    std::vector<std::pair<size_t, Slot>> counted;
    for (auto at = met.begin(); at != met.end();) {
        const auto next = std::upper_bound(at, met.end(), *at);
        const auto count = static_cast<size_t>(next - at);
        if (count >= kManyLeast && count * kManyDivisor >= sampled.size()) counted.emplace_back(count, *at);
        at = next;
    }
    std::sort(counted.rbegin(), counted.rend());
    std::vector<Slot> slots;
    for (const auto& [count, slot] : counted) slots.push_back(slot);
    return slots;
}

}  // namespace

std::vector<Slot> near_to_many(const GraphView& graph, uint32_t linked, std::span<const Sampled> sampled) {
    // By a similarity long rows are near to many because they are what is looked for.
    if (is_similarity(graph.quantizer->metric())) return {};
    std::vector<Slot> left_out;
    std::vector<float> keys(linked);
    std::vector<Slot> all(linked);
    std::iota(all.begin(), all.end(), Slot{0});
    CodedRow coded;
    uint32_t passes = 0;
    for (const Slot slot : met_by_many(sampled)) {
        if (std::find(left_out.begin(), left_out.end(), slot) != left_out.end()) continue;
        if (++passes > kMiddlesMax) break;
        prepare_slot(graph, slot, coded);
        score_slots(graph, coded, all.data(), linked, keys.data());
        std::vector<float> to_sampled;
        for (const Sampled& row : sampled) to_sampled.push_back(keys[row.slot]);
        const auto median = to_sampled.begin() + static_cast<ptrdiff_t>(to_sampled.size() / 2);
        std::nth_element(to_sampled.begin(), median, to_sampled.end());
        const float border = std::max(twin_distance(graph, slot), *median * kWithMiddle);
        for (Slot other = 0; other < linked; ++other) {
            if (other == slot || (keys[other] <= border && !graph.is_absent(other))) left_out.push_back(other);
        }
    }
    std::sort(left_out.begin(), left_out.end());
    left_out.erase(std::unique(left_out.begin(), left_out.end()), left_out.end());
    return left_out;
}

float share_found(vz_metric metric, const Sampled& truth, uint32_t k, std::span<const float> scores) {
    const size_t wanted = std::min<size_t>(k, truth.best.size());
    if (wanted == 0) return 1;  // the only row
    const float border = truth.best[wanted - 1];
    const auto found = std::count_if(scores.begin(), scores.end(), [&](float score) {
        return is_similarity(metric) ? score >= border : score <= border;
    });
    return std::min(1.0F, static_cast<float>(found) / static_cast<float>(wanted));
}

float key_at(double quantile, std::span<const Sampled> sampled, vz_metric metric) {
    std::vector<float> keys;
    for (const Sampled& row : sampled) {
        const float key = far_key(row.nearest, row.coded, metric);
        if (std::isfinite(key)) keys.push_back(key);
    }
    if (keys.empty()) return INFINITY;
    const auto place = keys.begin() + static_cast<ptrdiff_t>(quantile * static_cast<double>(keys.size() - 1));
    std::nth_element(keys.begin(), place, keys.end());
    return *place;
}

}  // namespace vz
