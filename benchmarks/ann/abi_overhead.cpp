// What the C ABI costs: the same searches at default effort through vz_search, vz_result_rows and vz_result_release,
// and through the engine's own search of a collection, over two copies of one data directory, in turns on one thread,
// then with the copies exchanged; all that with new copies, several times.
//   vectorizer-abi-overhead --data FOLDER [--metric M] [--queries N] [--k K]
// One line: instructions of user space a search (0 where the kernel counts none) and CPU time, and the share that the
// ABI adds, of all and of each pair of copies. Both sides read id, version and expiry of each hit, for these are the
// answer; the ABI's also writes them down.
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "benchmarks/ann/data_set.hpp"
#include "benchmarks/ann/options.hpp"
#include "benchmarks/clock.hpp"
#include "engine/collection/search.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/runtime/engine.hpp"
#include "vectorizer/engine.h"

namespace vz::ann {
namespace {

constexpr uint32_t kBlock = 50;  // searches on one side before the other has its turn
constexpr int kRounds = 10;
constexpr int kPlacements = 4;  // where the pages of a copy come to lie moves its times by some percent

// Instructions and CPU time of this thread.
class Meter {
 public:
    Meter() {
        perf_event_attr attributes = {};
        attributes.type = PERF_TYPE_HARDWARE;
        attributes.size = sizeof(attributes);
        attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
        attributes.exclude_kernel = 1;
        attributes.exclude_hv = 1;
        counter_ = static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
    }
    ~Meter() {
        if (counter_ >= 0) ::close(counter_);
    }
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;

    struct Reading {
        double instructions = 0, seconds = 0;
        Reading operator-(const Reading& other) const {
            return {instructions - other.instructions, seconds - other.seconds};
        }
        Reading& operator+=(const Reading& other) {
            instructions += other.instructions;
            seconds += other.seconds;
            return *this;
        }
    };
    Reading read() const {
        uint64_t count = 0;
        if (counter_ >= 0 && ::read(counter_, &count, sizeof count) != sizeof count) count = 0;
        return {static_cast<double>(count), cpu_seconds()};
    }

 private:
    int counter_ = -1;
};

[[noreturn]] void fail(std::string_view what) {
    std::fprintf(stderr, "vectorizer-abi-overhead: %.*s\n", static_cast<int>(what.size()), what.data());
    std::exit(1);
}

void check(vz_status status, const vz_error& error) {
    if (status != VZ_OK) fail(error.message);
}

template <class T>
T made() {
    T value = {};
    value.struct_size = sizeof(T);
    return value;
}

class AbiSide {
 public:
    explicit AbiSide(const std::string& directory) {
        vz_error error = {};
        check(vz_engine_open({directory.data(), directory.size()}, nullptr, &engine_, &error), error);
    }
    ~AbiSide() { vz_engine_close(engine_, nullptr); }
    AbiSide(const AbiSide&) = delete;
    AbiSide& operator=(const AbiSide&) = delete;

    // One sealed segment of the whole data set.
    void fill(const DataSet& set) {
        vz_error error = {};
        auto field = made<vz_vector_field>();
        field.dim = set.base.dim;
        field.metric = set.metric;
        auto schema = made<vz_schema>();
        schema.vector_fields = &field;
        schema.vector_field_count = 1;
        check(vz_collection_create(engine_, kDocs, &schema, nullptr, &error), error);
        for (uint32_t begin = 0; begin < set.base.rows; begin += 1000) {
            const uint32_t count = std::min(1000U, set.base.rows - begin);
            std::vector<std::string> names;
            std::vector<vz_str> ids;
            for (uint32_t i = 0; i < count; ++i) names.push_back(std::to_string(begin + i));
            for (const std::string& name : names) ids.push_back({name.data(), name.size()});
            auto request = made<vz_write_request>();
            request.kind = VZ_UPSERT;
            request.count = count;
            request.ids = ids.data();
            request.vectors = {set.base.row(begin), count, 0, set.base.dim, VZ_F32};
            check(vz_write(engine_, kDocs, &request, nullptr, &error), error);
        }
        check(vz_checkpoint(engine_, kDocs, nullptr, &error), error);
        for (int tries = 0; tries < 3000; ++tries) {
            auto stats = made<vz_collection_stats>();
            check(vz_collection_stats_read(engine_, kDocs, &stats, &error), error);
            if (stats.unindexed_rows == 0 && stats.growing_rows == 0) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        fail("the collection does not settle");
    }

    uint64_t search(const float* query, uint32_t dim, uint32_t k) {
        vz_error error = {};
        vz_result* result = nullptr;
        auto request = made<vz_search_request>();
        request.queries = {query, 1, 0, dim, VZ_F32};
        request.k = k;
        check(vz_search(engine_, kDocs, &request, &result, &error), error);
        auto rows = made<vz_rows>();
        check(vz_result_rows(result, 0, &rows, &error), error);
        vz_result_release(result);
        return rows.count;
    }

 private:
    static constexpr vz_str kDocs = {"docs", 4};
    vz_engine* engine_ = nullptr;
};

class InnerSide {
 public:
    explicit InnerSide(const std::string& directory) : files_(make_posix_file_system()) {
        auto opened = Engine::open(*files_, directory, EngineSettings());
        if (!opened.ok()) fail(opened.status().error().message);
        engine_ = opened.take();
        collection_ = engine_->catalogue().resolve("docs").take();
    }
    uint64_t search(const float* query, uint32_t k) {
        const ReadView view = collection_->pin();
        const std::shared_ptr<const Schema> schema = collection_->schema();
        NearestQuery nearest;
        nearest.field = schema->field("");
        nearest.values = query;
        nearest.k = k;
        const auto hits = search_nearest(view, nearest, {}, nullptr);
        if (!hits.ok()) fail(hits.status().error().message);
        for (const Hit& hit : *hits) {
            const IdView id = hit.row.part->id(hit.row.row);
            read_ = read_ + id.high + id.text.size() + hit.row.part->version(hit.row.row) +
                    static_cast<uint64_t>(hit.row.part->expires_ms(hit.row.row));
        }
        return (*hits).size();
    }

 private:
    std::unique_ptr<FileSystem> files_;
    std::unique_ptr<Engine> engine_;
    std::shared_ptr<Collection> collection_;
    volatile uint64_t read_ = 0;  // so that what is read is read
};

struct Compared {
    Meter::Reading by_abi, by_inner;
};

Compared compare(const DataSet& set, const std::string& abi_directory, const std::string& inner_directory, uint32_t k) {
    AbiSide abi(abi_directory);
    InnerSide inner(inner_directory);
    const Meter meter;
    uint64_t hits = 0;
    const auto measure = [&](uint32_t begin, uint32_t end, bool is_abi) {
        const Meter::Reading before = meter.read();
        for (uint32_t i = begin; i < end; ++i) {
            if (is_abi) {
                hits += abi.search(set.queries.row(i), set.queries.dim, k);
            } else {
                hits -= inner.search(set.queries.row(i), k);
            }
        }
        return meter.read() - before;
    };
    // The best of all rounds for each block, as others use the machine too.
    std::vector<Meter::Reading> best[2];
    for (int round = 0; round <= kRounds; ++round) {
        for (uint32_t begin = 0, block = 0; begin < set.queries.rows; begin += kBlock, ++block) {
            const uint32_t end = std::min(begin + kBlock, set.queries.rows);
            for (const uint32_t turn : {0U, 1U}) {
                const bool is_abi = (block + static_cast<uint32_t>(round) + turn) % 2 == 0;
                const Meter::Reading took = measure(begin, end, is_abi);
                if (round == 0) {
                    best[is_abi].push_back(took);
                } else {
                    best[is_abi][block].instructions = std::min(best[is_abi][block].instructions, took.instructions);
                    best[is_abi][block].seconds = std::min(best[is_abi][block].seconds, took.seconds);
                }
            }
        }
    }
    if (hits != 0) fail("the two sides find differently many hits");
    Compared compared;
    for (const Meter::Reading& reading : best[1]) compared.by_abi += reading;
    for (const Meter::Reading& reading : best[0]) compared.by_inner += reading;
    return compared;
}

void run(const DataSet& set, const std::string& directory, uint32_t k) {
    const std::string one = directory + "/one";
    const std::string two = directory + "/two";
    const std::string filled = directory + "/filled";
    AbiSide(filled).fill(set);
    const auto share = [](double all, double part) { return part > 0 ? 100 * (all - part) / part : 0; };
    Meter::Reading by_abi;
    Meter::Reading by_inner;
    std::string shares;
    for (int placement = 0; placement < kPlacements; ++placement) {
        for (const std::string& copy : {one, two}) {
            std::filesystem::remove_all(copy);
            std::filesystem::copy(filled, copy, std::filesystem::copy_options::recursive);
        }
        // Each side over each copy: the page cache holds one of them in larger pieces than the other.
        Compared both = compare(set, one, two, k);
        const Compared swapped = compare(set, two, one, k);
        both.by_abi += swapped.by_abi;
        both.by_inner += swapped.by_inner;
        by_abi += both.by_abi;
        by_inner += both.by_inner;
        char text[32];
        std::snprintf(text, sizeof text, " %.2f%%", share(both.by_abi.seconds, both.by_inner.seconds));
        shares += text;
    }
    const double searches = 2.0 * kPlacements * set.queries.rows;
    std::printf(
        "abi overhead %s points=%u dim=%u k=%u instructions/search: abi=%.0f inner=%.0f added=%.2f%% | cpu us/search: "
        "abi=%.2f inner=%.2f added=%.2f%% of each pair:%s\n",
        set.name.c_str(), set.base.rows, set.base.dim, k, by_abi.instructions / searches,
        by_inner.instructions / searches, share(by_abi.instructions, by_inner.instructions),
        by_abi.seconds / searches * 1e6, by_inner.seconds / searches * 1e6, share(by_abi.seconds, by_inner.seconds),
        shares.c_str());
}

}  // namespace
}  // namespace vz::ann

int main(int count, char** arguments) {
    std::string data, metric;
    uint32_t queries = 500, k = 10;
    const bool is_good = vz::ann::read_options(
        count, arguments, {{"--data", &data}, {"--metric", &metric}, {"--queries", &queries}, {"--k", &k}});
    if (!is_good || data.empty()) {
        std::fprintf(stderr, "vectorizer-abi-overhead --data FOLDER [--metric M] [--queries N] [--k K]\n");
        return 2;
    }
    std::string directory = (std::filesystem::temp_directory_path() / "vz-abi-overhead-XXXXXX").string();
    if (::mkdtemp(directory.data()) == nullptr) return 1;
    const vz::ann::DataSet set = vz::ann::load(data, metric, queries);
    vz::ann::run(set, directory, k);
    std::filesystem::remove_all(directory);
    return 0;
}
