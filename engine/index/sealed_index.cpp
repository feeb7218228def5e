#include "engine/index/sealed_index.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/index/entries.hpp"

namespace vz {
namespace {

constexpr uint32_t kMetaVersion = 3;
constexpr uint32_t kMetaWithoutFar = 2;
constexpr uint32_t kMetaWithoutRerank = 1;
constexpr float kRerankMax = 64;  // beyond what calibration chooses: a later release may choose more

class Writer {
 public:
    template <class T>
    void put(const T& value) {
        const auto* bytes = reinterpret_cast<const std::byte*>(&value);
        bytes_.insert(bytes_.end(), bytes, bytes + sizeof value);
    }
    template <class T>
    void put_all(const std::vector<T>& values) {
        put(static_cast<uint32_t>(values.size()));
        for (const T& value : values) put(value);
    }
    std::vector<std::byte> take() { return std::move(bytes_); }

 private:
    std::vector<std::byte> bytes_;
};

class Reader {
 public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    template <class T>
    T get() {
        T value = {};
        if (bytes_.size() < sizeof value) {
            is_short_ = true;
            return value;
        }
        std::memcpy(&value, bytes_.data(), sizeof value);
        bytes_ = bytes_.subspan(sizeof value);
        return value;
    }
    template <class T>
    std::vector<T> get_all() {
        const auto count = get<uint32_t>();
        if (is_short_ || bytes_.size() / sizeof(T) < count) {
            is_short_ = true;
            return {};
        }
        std::vector<T> values(count);
        for (T& value : values) value = get<T>();
        return values;
    }
    bool is_short() const { return is_short_; }
    bool is_done() const { return !is_short_ && bytes_.empty(); }

 private:
    std::span<const std::byte> bytes_;
    bool is_short_ = false;
};

bool are_measured(const std::vector<CurvePoint>& points) {
    return std::all_of(points.begin(), points.end(), [](const CurvePoint& point) {
        const bool is_share = point.recall >= 0 && point.recall <= 1 && point.error >= 0 && point.error <= 1;
        return is_share && point.k != 0 && point.effort != 0 && point.effort <= VZ_EFFORT_MAX &&
               std::isfinite(point.scored) && std::isfinite(point.hops) && point.scored >= 0 && point.hops >= 0;
    });
}

Status check_meta(const IndexMeta& meta) {
    const BlockShape& shape = meta.shape;
    if (shape.dim == 0 || shape.dim > VZ_DIM_MAX || shape.degree == 0 || shape.degree > VZ_DEGREE_MAX ||
        shape != make_block_shape(shape.layout, shape.dim, shape.degree, shape.header_place()) ||
        (shape.header_place() == HeaderPlace::kBehind && !header_fits_behind(shape.layout, shape.dim, meta.metric))) {
        return failure(VZ_CORRUPTION, "index: the shape of its blocks is wrong");
    }
    if (meta.metric < VZ_COSINE || meta.metric > VZ_MANHATTAN || meta.indexed_slots > meta.slots ||
        meta.slots > 0x7fff'ffffU) {
        return failure(VZ_CORRUPTION, "index: metric or slots are wrong");
    }
    if (shape.layout == Layout::kSq8 ? meta.mean.size() != shape.dim : !meta.mean.empty()) {
        return failure(VZ_CORRUPTION, "index: the mean has %zu values", meta.mean.size());
    }
    for (const Slot slot : meta.entries) {
        if (slot >= meta.indexed_slots) return failure(VZ_CORRUPTION, "index: entry %u is no slot", slot);
    }
    for (const float value : meta.mean) {
        if (!std::isfinite(value)) return failure(VZ_CORRUPTION, "index: the mean is not finite");
    }
    if (!(meta.curve.rerank >= kRerank && meta.curve.rerank <= kRerankMax))
        return failure(VZ_CORRUPTION, "index: the number of rows to score exactly is wrong");
    if (!(meta.curve.share >= 0 && meta.curve.share <= 1))
        return failure(VZ_CORRUPTION, "index: the share that codes find is wrong");
    if (!are_measured(meta.curve.points)) return failure(VZ_CORRUPTION, "index: a point of the curve is none");
    float from = meta.curve.near_key;
    if (!(from > -INFINITY)) return failure(VZ_CORRUPTION, "index: the key of what lies near is no number");
    for (const FarCurve& kind : meta.curve.far) {
        if (!std::isfinite(kind.key) || !(kind.key > from) || kind.points.empty() || !are_measured(kind.points))
            return failure(VZ_CORRUPTION, "index: the curves of far queries are wrong");
        from = kind.key;
    }
    if (!std::isfinite(meta.lift_norm)) return failure(VZ_CORRUPTION, "index: the norm without lift is not finite");
    return {};
}

// Layouts with the header behind the codes; 4 and 5 are taken by the design.
constexpr uint32_t kHeaderBehind = 5;

uint32_t layout_number(const BlockShape& shape) {
    return static_cast<uint32_t>(shape.layout) + (shape.header_place() == HeaderPlace::kBehind ? kHeaderBehind : 0);
}

}  // namespace

std::vector<std::byte> encode_index_meta(const IndexMeta& meta) {
    Writer out;
    out.put(kMetaVersion);
    out.put(layout_number(meta.shape));
    out.put(meta.shape.dim);
    out.put(meta.shape.degree);
    out.put(meta.shape.stride);
    out.put(meta.metric);
    out.put(meta.slots);
    out.put(meta.indexed_slots);
    out.put(meta.seed);
    out.put(meta.lift_norm);
    out.put_all(meta.mean);
    out.put_all(meta.entries);
    out.put_all(meta.curve.points);
    out.put(meta.curve.rerank);
    out.put(meta.curve.share);
    out.put(meta.curve.near_key);
    out.put(static_cast<uint32_t>(meta.curve.far.size()));
    for (const FarCurve& kind : meta.curve.far) {
        out.put(kind.key);
        out.put_all(kind.points);
    }
    return out.take();
}

Result<IndexMeta> decode_index_meta(std::span<const std::byte> bytes) {
    Reader in(bytes);
    IndexMeta meta;
    const auto version = in.get<uint32_t>();
    const auto layout = in.get<uint32_t>();
    if (version < kMetaWithoutRerank || version > kMetaVersion)
        return failure(VZ_UNSUPPORTED, "index: version %u is not known", version);
    const bool is_behind = layout == kHeaderBehind + static_cast<uint32_t>(Layout::kSq8) ||
                           layout == kHeaderBehind + static_cast<uint32_t>(Layout::kBytes);
    if ((layout < 1 || layout > 3) && !is_behind)
        return failure(VZ_UNSUPPORTED, "index: layout %u is not known", layout);
    const auto dim = in.get<uint32_t>();
    const auto degree = in.get<uint32_t>();
    meta.shape = make_block_shape(static_cast<Layout>(layout - (is_behind ? kHeaderBehind : 0)), dim, degree,
                                  is_behind ? HeaderPlace::kBehind : HeaderPlace::kBefore);
    meta.shape.degree = degree;
    meta.shape.stride = in.get<uint32_t>();
    meta.metric = in.get<vz_metric>();
    meta.slots = in.get<uint32_t>();
    meta.indexed_slots = in.get<uint32_t>();
    meta.seed = in.get<uint64_t>();
    meta.lift_norm = in.get<float>();
    meta.mean = in.get_all<float>();
    meta.entries = in.get_all<Slot>();
    meta.curve.points = in.get_all<CurvePoint>();
    if (version > kMetaWithoutRerank) {
        meta.curve.rerank = in.get<float>();
        meta.curve.share = in.get<float>();
    }
    if (version > kMetaWithoutFar) {
        meta.curve.near_key = in.get<float>();
        const auto kinds = in.get<uint32_t>();
        for (uint32_t i = 0; i < kinds && !in.is_short(); ++i) {
            FarCurve& kind = meta.curve.far.emplace_back();
            kind.key = in.get<float>();
            kind.points = in.get_all<CurvePoint>();
        }
    }
    if (!in.is_done()) return failure(VZ_CORRUPTION, "index: meta of %zu bytes does not parse", bytes.size());
    VZ_TRY(check_meta(meta));
    return meta;
}

IndexMeta index_meta_of(const GrowingIndex& index, Curve curve) {
    IndexMeta meta;
    const GraphView* graph = index.view();
    VZ_CHECK(graph != nullptr);
    meta.shape = graph->shape();
    meta.metric = index.options().metric;
    meta.slots = index.linked();
    meta.indexed_slots = index.linked();
    meta.seed = index.options().seed;
    meta.lift_norm = graph->lift_norm;
    meta.mean = graph->quantizer->mean();
    meta.entries = graph->entries->slots;
    meta.curve = std::move(curve);
    return meta;
}

Result<std::unique_ptr<SealedIndex>> SealedIndex::open(IndexMeta meta, std::span<const std::byte> blocks,
                                                       RowSource rows) {
    VZ_TRY(check_meta(meta));
    if (blocks.size() < uint64_t{meta.shape.stride} * meta.indexed_slots) {
        return failure(VZ_CORRUPTION, "index: %zu bytes of blocks are too few for %u slots", blocks.size(),
                       meta.indexed_slots);
    }
    if (reinterpret_cast<uintptr_t>(blocks.data()) % 64 != 0)
        return failure(VZ_CORRUPTION, "index: blocks are not aligned to 64 bytes");
    return std::unique_ptr<SealedIndex>(new SealedIndex(std::move(meta), blocks, rows));
}

SealedIndex::SealedIndex(IndexMeta meta, std::span<const std::byte> blocks, RowSource rows)
    : meta_(std::move(meta)),
      quantizer_(meta_.metric, meta_.shape, meta_.seed, meta_.mean),
      entries_{meta_.entries, {}} {
    view_ = {&quantizer_, blocks.data(), &entries_, rows, meta_.indexed_slots, meta_.lift_norm};
    pack_entries(view_, entries_);
}

Slot SealedIndex::find_bad_link() const {
    const BlockShape& shape = view_.shape();
    for (Slot slot = 0; slot < meta_.indexed_slots; ++slot) {
        const Slot* ids = ids_of(shape, view_.block(slot));
        for (uint32_t i = 0; i < shape.degree; ++i) {
            if (ids[i] != kNoSlot && ids[i] >= meta_.indexed_slots) return slot;
        }
    }
    return kNoSlot;
}

}  // namespace vz
