// A graph as a segment holds it: its meta, decoded; its blocks, walked. Input: a byte that names the true graph (its
// highest bit: the rest is a meta whole), then patches, 4 bytes each: u24 offset, of which the highest bit stands for
// the blocks, u8 value.
#include <cmath>

#include "engine/index/calibration.hpp"
#include "engine/index/growing_index.hpp"
#include "engine/index/sealed_index.hpp"
#include "engine/index/search.hpp"
#include "tests/fuzz/target.hpp"

namespace vz::fuzz {
namespace {

constexpr uint32_t kRows = 1200;  // enough to be calibrated
constexpr uint32_t kDim = 8;

struct Rows {
    std::vector<float> values;

    const float* row(Slot slot) const { return values.data() + size_t{slot} * kDim; }
    RowSource source() const {
        return {[](const void* owner, Slot slot) { return static_cast<const Rows*>(owner)->row(slot); }, this};
    }
};

struct alignas(64) Line {
    std::byte bytes[64];
};

struct Sample {
    Rows rows;
    vz_metric metric;
    std::vector<std::byte> meta;
    std::vector<Line> lines;  // of the blocks; patched by an input, true again after it

    std::span<std::byte> blocks() { return std::as_writable_bytes(std::span(lines)); }
};

Sample make_sample(vz_metric metric, vz_quantization quantization) {
    Sample sample;
    sample.metric = metric;
    uint32_t random = 1;
    for (uint32_t i = 0; i < kRows * kDim; ++i) {
        random = random * 1664525 + 1013904223;
        sample.rows.values.push_back(static_cast<float>(random >> 16 & 0xFF) + (i / kDim % 3 == 0 ? 900.0F : 0.5F));
    }
    IndexOptions options;
    options.dim = kDim;
    options.metric = metric;
    options.quantization = quantization;
    options.degree = 16;
    CallingThread workers;
    const auto index = GrowingIndex::create(options, sample.rows.source(), kRows).take();
    check(index->link(kRows, workers).ok());
    index->connect(workers);
    const IndexMeta meta = index_meta_of(*index, calibrate(*index->view(), kRows, 1, Calibration::kQuick, workers));
    check(!meta.curve.points.empty());
    sample.meta = encode_index_meta(meta);
    const std::span<const std::byte> blocks = index->blocks();
    check(blocks.size() % sizeof(Line) == 0);
    sample.lines.resize(blocks.size() / sizeof(Line));
    std::memcpy(sample.lines.data(), blocks.data(), blocks.size());
    return sample;
}

Sample& sample_of(uint32_t number) {
    static Sample samples[] = {make_sample(VZ_EUCLIDEAN, VZ_QUANTIZATION_AUTO),
                               make_sample(VZ_COSINE, VZ_QUANTIZATION_AUTO), make_sample(VZ_DOT, VZ_QUANTIZATION_NONE),
                               make_sample(VZ_MANHATTAN, VZ_QUANTIZATION_AUTO)};
    return samples[number % std::size(samples)];
}

void ask_curve(const Curve& curve) {
    for (const float recall : {0.5F, 0.98F, 0.999F}) {
        for (const uint32_t k : {1U, 10U, 1000U}) {
            const EffortChoice choice = effort_for(curve, recall, k);
            check(choice.effort != 0 && rerank_for(curve, k) >= k);
            for (const float key : {0.0F, 1e3F, 1e30F, INFINITY, std::nanf("")})
                check(far_effort(curve, recall, k, choice.effort, key) >= choice.effort);
        }
    }
}

void search(const SealedIndex& index, const Sample& sample) {
    static SearchScratch scratch;
    PartQuery part;
    part.graph = index.view();
    part.effort = 30;
    part.far = &index.meta().curve;
    part.recall = 0.98F;
    for (const Slot slot : {0U, 7U, 1199U}) {
        uint32_t count = 0;
        for (const SlotHit& hit :
             search_part(part, make_score_query(sample.metric, sample.rows.row(slot), kDim), scratch)) {
            check(hit.slot < index.meta().indexed_slots);
            ++count;
        }
        check(count <= part.k + kTiesMax);
    }
}

// The input's patches, taken back when it ends: copying the blocks would cost more than all that is asked of them.
class Patches {
 public:
    Patches(Input& input, std::span<std::byte> meta, std::span<std::byte> blocks) {
        while (!input.empty()) {
            const auto patch = input.take<uint32_t>();
            const std::span<std::byte> bytes = (patch & 0x80'0000) != 0 ? blocks : meta;
            std::byte& at = bytes[(patch & 0x7F'FFFF) % bytes.size()];
            before_.push_back({&at, at});
            at = static_cast<std::byte>(patch >> 24);
        }
    }
    ~Patches() {
        for (; !before_.empty(); before_.pop_back()) *before_.back().at = before_.back().value;
    }
    Patches(const Patches&) = delete;
    Patches& operator=(const Patches&) = delete;

 private:
    struct Before {
        std::byte* at;
        std::byte value;
    };
    std::vector<Before> before_;
};

}  // namespace
}  // namespace vz::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    Input input(data, size);
    const auto first = input.take<uint8_t>();
    Sample& sample = sample_of(first);
    std::vector<std::byte> meta_bytes = sample.meta;
    if ((first & 0x80) != 0) {
        meta_bytes = copy_of(input.rest());
        input = Input(nullptr, 0);
    }
    const Patches patches(input, meta_bytes, sample.blocks());
    Result<IndexMeta> decoded = decode_index_meta(meta_bytes);
    if (!decoded.ok()) {
        check(decoded.status().code() == VZ_CORRUPTION || decoded.status().code() == VZ_UNSUPPORTED);
        return 0;
    }
    IndexMeta meta = decoded.take();
    const Result<IndexMeta> again = decode_index_meta(encode_index_meta(meta));
    check(again.ok() && encode_index_meta(*again) == encode_index_meta(meta));
    ask_curve(meta.curve);
    // What whoever opens a segment compares first.
    if (meta.shape.dim != kDim || meta.metric != sample.metric || meta.slots != kRows) return 0;
    const auto opened = SealedIndex::open(std::move(meta), sample.blocks(), sample.rows.source());
    if (!opened.ok()) return 0;
    const Slot bad = (*opened)->find_bad_link();
    search(**opened, sample);
    check(bad == kNoSlot || bad < kRows);
    return 0;
}
