#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "benchmarks/ann/peer.hpp"
#include "benchmarks/clock.hpp"
#include "engine/index/calibration.hpp"
#include "engine/index/growing_index.hpp"
#include "engine/index/search.hpp"
#include "engine/runtime/worker_pool.hpp"

namespace vz::ann {
namespace {

class VectorizerPeer final : public Peer {
 public:
    std::string name() const override { return "vectorizer"; }
    std::string version() const override { return VZ_BENCHMARKS_VERSION; }
    std::string flags() const override { return kernels().name; }
    bool knows(vz_metric) const override { return true; }

    void build(const DataSet& set, const BuildOptions& options) override {
        set_ = &set;
        IndexOptions index;
        index.dim = set.base.dim;
        index.metric = set.metric;
        index.degree = options.degree;
        index.build_effort = options.build_effort;
        if (options.alpha > 0) index.alpha = options.alpha;
        if (options.quantization == "none") index.quantization = VZ_QUANTIZATION_NONE;
        if (options.quantization == "sq8") index.quantization = VZ_QUANTIZATION_SQ8;
        const RowSource rows = {
            [](const void* owner, Slot slot) { return static_cast<const Matrix*>(owner)->row(slot); }, &set.base};
        auto created = GrowingIndex::create(index, rows, set.base.rows);
        if (!created.ok()) fail(created.status());
        index_ = created.take();
        WorkerPool threads(WorkerPool::Work::kQueries, options.threads - 1);
        const Status linked = index_->link(set.base.rows, threads);
        if (!linked.ok()) fail(linked);
        index_->connect(threads);
        curve_ = calibrate(*index_->view(), index_->linked(), index.seed, Calibration::kQuick, threads);
        scratch_.resize(64);
        measure_row();
    }

    uint32_t search(const float* query, uint32_t k, uint32_t effort, uint32_t worker, uint32_t* rows) override {
        const ScoreQuery scored = make_score_query(set_->metric, query, set_->base.dim);
        PartQuery part;
        part.graph = index_->view();
        part.k = k;
        part.effort = effort;
        part.rerank = rerank_for(curve_, k);
        const auto hits = search_part(part, scored, scratch_[worker]);
        const auto count = static_cast<uint32_t>(std::min<size_t>(k, hits.size()));
        for (uint32_t i = 0; i < count; ++i) rows[i] = hits[i].slot;
        return count;
    }

    uint64_t hot_bytes() const override { return index_->bytes(); }

    PeerCounters counters() const override {
        PeerCounters sum;
        for (const auto& scratch : scratch_) {
            sum.scored += scratch.walk.counters.scored;
            sum.hops += scratch.walk.counters.hops;
        }
        return sum;
    }

    double row_seconds() const override { return row_seconds_; }

 private:
    // Rows at random places, in lists as long as a node's: what a walk would take if it did nothing else.
    void measure_row() {
        const GraphView& graph = *index_->view();
        constexpr uint32_t kLists = 20'000;
        std::vector<Slot> slots(32);
        std::vector<float> keys(slots.size());
        CodedRow query;
        graph.quantizer->prepare_query(set_->queries.row(0), query);
        uint64_t random = 1;
        double best = INFINITY;
        for (uint32_t pass = 0; pass < 3; ++pass) {
            const double begin = cpu_seconds();
            for (uint32_t i = 0; i < kLists; ++i) {
                for (Slot& slot : slots) {
                    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
                    slot = static_cast<Slot>((random >> 32) * set_->base.rows >> 32);
                }
                score_slots(graph, query, slots.data(), static_cast<uint32_t>(slots.size()), keys.data());
            }
            best = std::min(best, (cpu_seconds() - begin) / (kLists * static_cast<double>(slots.size())));
        }
        row_seconds_ = best;
    }

    [[noreturn]] static void fail(const Status& status) {
        std::fprintf(stderr, "vectorizer: %s\n", status.error().message);
        std::exit(1);
    }

    const DataSet* set_ = nullptr;
    std::unique_ptr<GrowingIndex> index_;
    Curve curve_;  // says how many rows to score exactly
    double row_seconds_ = 0;
    std::vector<SearchScratch> scratch_;
};

}  // namespace

std::unique_ptr<Peer> make_vectorizer() { return std::make_unique<VectorizerPeer>(); }

}  // namespace vz::ann
