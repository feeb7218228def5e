// A log many times larger than the bounds of what grows in memory is replayed within them.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <thread>

#include "engine/collection/read.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"

namespace vz {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint32_t kReplayDim = 256;
constexpr uint32_t kReplayBatch = 500;      // half a MiB of vectors
constexpr uint32_t kLargeBatches = 280;     // of one collection
constexpr uint32_t kSmallCollections = 24;  // none of which reaches a bound of its own
constexpr uint32_t kSmallBatches = 2;
constexpr uint64_t kLogBytes =
    uint64_t{kLargeBatches + kSmallCollections * kSmallBatches} * kReplayBatch * kReplayDim * sizeof(float);
constexpr uint64_t kWalFileBytes = 4 * kMiB;
constexpr uint64_t kGrowingBytes = 2 * kMiB;
constexpr uint64_t kGrowingTotalBytes = 8 * kMiB;

EngineSettings settings_of(uint64_t growing_bytes, uint64_t growing_total_bytes) {
    EngineSettings settings;
    settings.background = false;
    settings.wal_file_bytes = kWalFileBytes;
    settings.growing_bytes_max = growing_bytes;
    settings.growing_total_bytes_max = growing_total_bytes;
    return settings;
}

uint64_t heap_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        uint64_t kib = 0;
        if (word == "RssAnon:" && status >> kib) return kib * 1024;
    }
    return 0;
}

float component(uint32_t i, uint32_t d) { return static_cast<float>((i * 31 + d * 7) % 997); }

void write_batch(Engine& engine, const std::string& collection, uint32_t first) {
    PointBatch batch;
    for (uint32_t i = first; i < first + kReplayBatch; ++i) {
        batch.ids.push_back(std::to_string(i));
        for (uint32_t d = 0; d < kReplayDim; ++d) batch.vectors.push_back(component(i, d));
    }
    if (!write_points(engine, collection, VZ_UPSERT, batch).ok()) ::_exit(3);
}

std::string small(uint32_t i) { return "small " + std::to_string(i); }

void create(Engine& engine, const std::string& name) {
    if (!engine.catalogue().create(name, one_field(kReplayDim), {}).ok()) ::_exit(2);
}

// Everything stays in the log: nothing is sealed.
void write_log(const std::string& directory) {
    const auto files = make_posix_file_system();
    auto engine = Engine::open(*files, directory, settings_of(0, 0));
    if (!engine.ok()) ::_exit(1);
    create(**engine, "large");
    for (uint32_t i = 0; i < kSmallCollections; ++i) create(**engine, small(i));
    for (uint32_t batch = 0; batch < kLargeBatches; ++batch) write_batch(**engine, "large", batch * kReplayBatch);
    for (uint32_t batch = 0; batch < kSmallBatches; ++batch) {
        for (uint32_t i = 0; i < kSmallCollections; ++i) write_batch(**engine, small(i), batch * kReplayBatch);
    }
    ::_exit(0);
}

bool has_all(Engine& engine, const std::string& name, uint32_t points) {
    const auto found = engine.catalogue().resolve(name);
    if (!found.ok() || (*found)->points() != points) return false;
    uint32_t seen = 0;
    const ReadView view = (*found)->pin();
    const Result<Page> page = scan_rows(view, nullptr, std::nullopt, 0, points + 1, {});
    if (!page.ok()) return false;
    for (const RowRef& row : page->rows) {
        const auto i = static_cast<uint32_t>(row.part->id(row.row).high);
        const float* values = row.part->vector(0, row.row);
        seen += values[0] == component(i, 0) && values[kReplayDim - 1] == component(i, kReplayDim - 1) ? 1 : 0;
    }
    return seen == points;
}

// Opens, and tells the most that the heap has held on the way in the file `peak`.
void replay(const std::string& directory, const std::string& peak) {
    ::malloc_trim(0);  // of the process that forked
    const uint64_t before = heap_bytes();
    std::atomic<bool> is_done = false;
    uint64_t most = 0;
    std::thread watch([&] {
        while (!is_done.load()) {
            most = std::max(most, heap_bytes());
            std::this_thread::sleep_for(std::chrono::microseconds(300));
        }
    });
    const auto files = make_posix_file_system();
    auto engine = Engine::open(*files, directory, settings_of(kGrowingBytes, kGrowingTotalBytes));
    is_done = true;
    watch.join();
    std::ofstream(peak) << most - before;
    if (!engine.ok()) ::_exit(1);
    bool is_whole = has_all(**engine, "large", kLargeBatches * kReplayBatch);
    for (uint32_t i = 0; i < kSmallCollections; ++i)
        is_whole = is_whole && has_all(**engine, small(i), kSmallBatches * kReplayBatch);
    ::_exit(is_whole ? 0 : 4);
}

int in_a_process(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child == 0) work();
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

TEST(Replay, OfALogLargerThanItsBoundsStaysWithinThem) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer's heap is another one";
#endif
    const e2e::TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    ASSERT_EQ(in_a_process([&] { write_log(data); }), 0);
    // The second time, what the first one sealed and left in the log.
    for (int time = 0; time < 2; ++time) {
        ASSERT_EQ(in_a_process([&] { replay(data, directory.path() + "/peak"); }), 0);
        uint64_t peak = 0;
        std::ifstream(directory.path() + "/peak") >> peak;
        std::printf("GATE replay.memory %s log_mib=%llu bounds_mib=%llu peak_mib=%llu\n",
                    HasFailure() ? "FAIL" : "PASS", static_cast<unsigned long long>(kLogBytes / kMiB),
                    static_cast<unsigned long long>((kGrowingTotalBytes + kWalFileBytes) / kMiB),
                    static_cast<unsigned long long>(peak / kMiB));
        // What grows is allocated ahead, up to twice; a segment is put together beside the rows that it is made of.
        EXPECT_LT(peak, 4 * (kGrowingTotalBytes + kWalFileBytes));
        EXPECT_LT(peak * 3, kLogBytes);
        EXPECT_GT(peak, kMiB);
    }
}

}  // namespace
}  // namespace vz
