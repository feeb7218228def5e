#include "engine/index/graph.hpp"

#include <numeric>

#include "engine/index/score.hpp"

namespace vz {
namespace {

// A key outside these grows by its fourth root only: float32 then holds the squared distance of any two rows, and their
// dot product. The order stays, and so does the pruning rule, with another alpha.
constexpr double kPlainMin = 1e-20;
constexpr double kPlainMax = 1e24;

bool is_plain(float key) {
    return std::abs(key) >= static_cast<float>(kPlainMin) && std::abs(key) <= static_cast<float>(kPlainMax);
}

float narrowed(double key) {
    const double size = std::abs(key);
    const double edge = std::clamp(size, kPlainMin, kPlainMax);
    return static_cast<float>(std::copysign(edge * std::sqrt(std::sqrt(size / edge)), key));
}

float fp32_key_by_dot(const CodedRow& from, const float* row, uint32_t dim) {
    const float dot = kernels().dot(from.values, row, dim);
    if (std::abs(dot) <= static_cast<float>(kPlainMax)) return -dot;
    return narrowed(-dot_in_double(from.values, row, dim));
}

// `lift`: between the two rows, 0 where there is none.
float fp32_key_by_distance(const CodedRow& from, const float* row, float lift, uint32_t dim) {
    const float squared = kernels().squared_l2(from.values, row, dim) + lift * lift;
    if (is_plain(squared)) return squared;
    return narrowed(squared_l2_in_double(from.values, row, dim) +
                    static_cast<double>(lift) * static_cast<double>(lift));
}

float fp32_key(const GraphView& graph, const CodedRow& from, Slot slot, const float* row) {
    const uint32_t dim = graph.shape().dim;
    switch (graph.quantizer->metric()) {
        case VZ_MANHATTAN: return score_row({VZ_MANHATTAN, dim, from.values, 0}, row);
        case VZ_COSINE:
            return 2.0F - 2.0F * score_row({VZ_COSINE, dim, from.values, from.norm}, row, graph.header(slot).norm);
        case VZ_EUCLIDEAN: return fp32_key_by_distance(from, row, 0, dim);
        default:
            if (!from.is_row || from.by_dot) return fp32_key_by_dot(from, row, dim);
            return fp32_key_by_distance(from, row, from.lift - lift_of(graph, graph.header(slot).norm), dim);
    }
}

void score_fp32(const GraphView& graph, const CodedRow& from, const Slot* slots, uint32_t count, float* keys) {
    const uint32_t dim = graph.shape().dim;
    const size_t lines = std::min<size_t>(4, (dim * sizeof(float) + 63) / 64);
    for (uint32_t i = 0; i < count; ++i) {
        const auto* row = reinterpret_cast<const char*>(graph.rows(slots[i]));
        for (size_t line = 0; line < lines && row != nullptr; ++line) __builtin_prefetch(row + 64 * line);
    }
    for (uint32_t i = 0; i < count; ++i) {
        const float* row = graph.rows(slots[i]);
        keys[i] = row == nullptr ? INFINITY : fp32_key(graph, from, slots[i], row);
    }
}

}  // namespace

void score_slots(const GraphView& graph, const CodedRow& from, const Slot* slots, uint32_t count, float* keys) {
    const vz_metric metric = graph.quantizer->metric();
    if (graph.shape().layout == Layout::kFp32) {
        score_fp32(graph, from, slots, count, keys);
    } else if (metric == VZ_MANHATTAN) {
        kernels().score_codes_l1(&from.query, graph.blocks, graph.shape().stride, slots, count, keys);
    } else {
        kernels().score_codes(&from.query, graph.blocks, graph.shape().stride, slots, count, keys);
    }
    if (metric == VZ_DOT && from.is_row && graph.shape().layout != Layout::kFp32) {
        for (uint32_t i = 0; i < count; ++i) {
            const float norm = graph.header(slots[i]).norm;
            const float difference = from.lift - lift_of(graph, norm);
            keys[i] = from.by_dot ? 0.5F * (keys[i] - norm * norm - from.norm * from.norm)
                                  : keys[i] + difference * difference;
        }
    }
}

void score_entries(const GraphView& graph, const CodedRow& from, float* keys) {
    const EntrySet& entries = *graph.entries;
    const auto count = static_cast<uint32_t>(entries.slots.size());
    const vz_metric metric = graph.quantizer->metric();
    if (graph.shape().layout == Layout::kFp32 || (metric == VZ_DOT && from.is_row)) {
        score_slots(graph, from, entries.slots.data(), count, keys);
        return;
    }
    thread_local std::vector<Slot> order;
    if (order.size() < count) {
        order.resize(count);
        std::iota(order.begin(), order.end(), 0U);
    }
    const size_t stride = graph.shape().row_bytes();
    const auto score = metric == VZ_MANHATTAN ? kernels().score_codes_l1 : kernels().score_codes;
    score(&from.query, entries.blocks.data(), stride, order.data(), count, keys);
}

void prepare_slot(const GraphView& graph, Slot slot, CodedRow& out) {
    const float* row = graph.shape().layout == Layout::kFp32 ? graph.rows(slot) : nullptr;
    graph.quantizer->prepare_row(graph.block(slot), row, out);
    if (graph.quantizer->metric() == VZ_DOT) out.lift = lift_of(graph, out.norm);
}

}  // namespace vz
