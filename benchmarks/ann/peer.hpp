// One of the indexes that a sweep compares. A peer is driven by one thread at a time, except search(), which any thread
// may call with a worker number of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/ann/data_set.hpp"

namespace vz::ann {

struct BuildOptions {
    uint32_t degree = 32;
    uint32_t build_effort = 128;
    float alpha = 0;  // 0: the default
    uint32_t threads = 1;
    std::string quantization = "auto";
};

struct PeerCounters {
    uint64_t scored = 0;
    uint64_t hops = 0;
};

class Peer {
 public:
    virtual ~Peer() = default;
    virtual std::string name() const = 0;
    virtual std::string version() const = 0;
    virtual std::string flags() const = 0;  // how its code was compiled or chosen
    virtual bool knows(vz_metric metric) const = 0;
    virtual void build(const DataSet& set, const BuildOptions& options) = 0;
    // Row numbers of the k best found, at most k.
    virtual uint32_t search(const float* query, uint32_t k, uint32_t effort, uint32_t worker, uint32_t* rows) = 0;
    virtual uint64_t hot_bytes() const = 0;
    virtual PeerCounters counters() const { return {}; }
    // CPU seconds to score one of its rows at a random place; 0: not measured.
    virtual double row_seconds() const { return 0; }
};

std::unique_ptr<Peer> make_vectorizer();
#ifdef VZ_HAVE_HNSWLIB
std::unique_ptr<Peer> make_hnswlib();
#else
inline std::unique_ptr<Peer> make_hnswlib() { return nullptr; }
#endif
std::unique_ptr<Peer> make_faiss();  // null: built without

}  // namespace vz::ann
