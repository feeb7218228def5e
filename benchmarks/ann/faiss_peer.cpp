#include "benchmarks/ann/peer.hpp"

#ifdef VZ_HAVE_FAISS
#include <faiss/Index.h>
#include <faiss/IndexHNSW.h>
#include <omp.h>

#include <cmath>
#endif

namespace vz::ann {

#ifdef VZ_HAVE_FAISS
namespace {

// Debian's faiss is a baseline build: shown, never a target. Serves one thread, as its effort is a member of the index.
class FaissPeer final : public Peer {
 public:
    std::string name() const override { return "faiss"; }
    std::string version() const override {
        return std::to_string(FAISS_VERSION_MAJOR) + '.' + std::to_string(FAISS_VERSION_MINOR) + '.' +
               std::to_string(FAISS_VERSION_PATCH);
    }
    std::string flags() const override { return "as packaged"; }
    bool knows(vz_metric metric) const override { return metric != VZ_MANHATTAN; }

    void build(const DataSet& set, const BuildOptions& options) override {
        dim_ = set.base.dim;
        cosine_ = set.metric == VZ_COSINE;
        rows_ = set.base.rows;
        const auto metric = set.metric == VZ_EUCLIDEAN ? faiss::METRIC_L2 : faiss::METRIC_INNER_PRODUCT;
        index_ = std::make_unique<faiss::IndexHNSWFlat>(static_cast<int>(dim_), 16, metric);
        index_->hnsw.efConstruction = 200;
        omp_set_num_threads(static_cast<int>(options.threads));
        std::vector<float> rows = set.base.values;
        if (cosine_) {
            for (size_t i = 0; i < rows_; ++i) to_unit(&rows[i * dim_]);
        }
        index_->add(static_cast<faiss::Index::idx_t>(rows_), rows.data());
    }

    uint32_t search(const float* query, uint32_t k, uint32_t effort, uint32_t, uint32_t* rows) override {
        unit_.assign(query, query + dim_);
        if (cosine_) to_unit(unit_.data());
        index_->hnsw.efSearch = static_cast<int>(effort);
        ids_.resize(k);
        scores_.resize(k);
        index_->search(1, unit_.data(), k, scores_.data(), ids_.data());
        uint32_t count = 0;
        for (const auto id : ids_) {
            if (id >= 0) rows[count++] = static_cast<uint32_t>(id);
        }
        return count;
    }

    uint64_t hot_bytes() const override { return rows_ * (dim_ * sizeof(float) + 32 * sizeof(int)); }

 private:
    void to_unit(float* values) const {
        float square = 0;
        for (uint32_t i = 0; i < dim_; ++i) square += values[i] * values[i];
        for (uint32_t i = 0; i < dim_ && square > 0; ++i) values[i] /= std::sqrt(square);
    }

    uint32_t dim_ = 0;
    uint64_t rows_ = 0;
    bool cosine_ = false;
    std::unique_ptr<faiss::IndexHNSWFlat> index_;
    std::vector<float> unit_;
    std::vector<faiss::Index::idx_t> ids_;
    std::vector<float> scores_;
};

}  // namespace

std::unique_ptr<Peer> make_faiss() { return std::make_unique<FaissPeer>(); }
#else
std::unique_ptr<Peer> make_faiss() { return nullptr; }
#endif

}  // namespace vz::ann
