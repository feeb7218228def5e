// hnswlib as Debian packages it. This unit is compiled -O3 -march=native: else the peer runs without AVX and a ratio to
// it is a lie.
#define VZ_HAVE_HNSWLIB
#include "benchmarks/ann/peer.hpp"

#include <hnswlib/hnswlib.h>

#include <atomic>
#include <cmath>
#include <thread>

namespace vz::ann {
namespace {

class HnswlibPeer final : public Peer {
 public:
    std::string name() const override { return "hnswlib"; }
    std::string version() const override { return "packaged"; }
    std::string flags() const override { return "-O3 -march=native"; }
    bool knows(vz_metric metric) const override { return metric != VZ_MANHATTAN; }

    void build(const DataSet& set, const BuildOptions& options) override {
        dim_ = set.base.dim;
        cosine_ = set.metric == VZ_COSINE;
        if (set.metric == VZ_EUCLIDEAN) {
            space_ = std::make_unique<hnswlib::L2Space>(dim_);
        } else {
            space_ = std::make_unique<hnswlib::InnerProductSpace>(dim_);
        }
        constexpr size_t kM = 16;
        constexpr size_t kEfConstruction = 200;
        index_ = std::make_unique<hnswlib::HierarchicalNSW<float>>(space_.get(), set.base.rows, kM, kEfConstruction);
        std::atomic<uint32_t> next{1};
        const auto add = [&](uint32_t row, std::vector<float>& unit) {
            index_->addPoint(prepared(set.base.row(row), unit), row);
        };
        std::vector<float> first;
        add(0, first);
        const auto work = [&] {
            std::vector<float> unit;
            for (uint32_t row = next++; row < set.base.rows; row = next++) add(row, unit);
        };
        std::vector<std::thread> others;
        for (uint32_t i = 1; i < options.threads; ++i) others.emplace_back(work);
        work();
        for (auto& thread : others) thread.join();
        rows_ = set.base.rows;
        units_.resize(64);
    }

    uint32_t search(const float* query, uint32_t k, uint32_t effort, uint32_t worker, uint32_t* rows) override {
        if (effort != effort_) {
            index_->setEf(effort);
            effort_ = effort;
        }
        auto found = index_->searchKnn(prepared(query, units_[worker]), k);
        uint32_t count = 0;
        for (; !found.empty(); found.pop()) rows[count++] = static_cast<uint32_t>(found.top().second);
        return count;
    }

    uint64_t hot_bytes() const override { return index_->size_data_per_element_ * rows_; }

 private:
    const float* prepared(const float* values, std::vector<float>& unit) const {
        if (!cosine_) return values;
        float square = 0;
        for (uint32_t i = 0; i < dim_; ++i) square += values[i] * values[i];
        const float factor = square > 0 ? 1.0F / std::sqrt(square) : 0.0F;
        unit.resize(dim_);
        for (uint32_t i = 0; i < dim_; ++i) unit[i] = values[i] * factor;
        return unit.data();
    }

    uint32_t dim_ = 0;
    uint32_t effort_ = 0;
    uint64_t rows_ = 0;
    bool cosine_ = false;
    std::unique_ptr<hnswlib::SpaceInterface<float>> space_;
    std::unique_ptr<hnswlib::HierarchicalNSW<float>> index_;
    std::vector<std::vector<float>> units_;
};

}  // namespace

std::unique_ptr<Peer> make_hnswlib() { return std::make_unique<HnswlibPeer>(); }

}  // namespace vz::ann
