#include "engine/index/graph.hpp"

#include <cstring>
#include <numeric>

namespace vz {
namespace {

float fp32_key(vz_metric metric, const CodedRow& from, const float* row, float norm, uint32_t dim) {
    const Kernels& k = kernels();
    if (metric == VZ_MANHATTAN) return k.l1(from.values, row, dim);
    if (metric == VZ_COSINE) {
        const float norms = from.norm * norm;
        return norms > 0.0F ? 2.0F - 2.0F * k.dot(from.values, row, dim) / norms : 2.0F;
    }
    if (metric == VZ_DOT && !from.is_row) return -k.dot(from.values, row, dim);
    return k.squared_l2(from.values, row, dim);
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
        keys[i] = row == nullptr ? INFINITY
                                 : fp32_key(graph.quantizer->metric(), from, row, graph.header(slots[i]).norm, dim);
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
    if (metric == VZ_DOT && from.is_row) {
        for (uint32_t i = 0; i < count; ++i) {
            const float norm = graph.header(slots[i]).norm;
            const float difference = from.lift - lift_of(graph, norm);
            keys[i] += from.by_dot ? -norm * norm : difference * difference;
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
