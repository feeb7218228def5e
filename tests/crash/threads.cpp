// The mode with threads: several writers, the commit thread and its markers, and a power cut after every call. The seed
// gives the operations, the scheduler their order, so a failure is repeated by running the seed often, not by running
// it once.
#include <cstdlib>
#include <thread>

#include "tests/crash/gate.hpp"
#include "tests/crash/store.hpp"

namespace vz {
namespace {

constexpr size_t kWriters = 4;
constexpr size_t kOperations = 25;

struct Writer {
    std::string prefix;
    Timeline timeline{Model()};
    std::vector<uint64_t> lsns;  // parallel to timeline.steps; 0: none
    std::string trouble;
};

void run_writer(Store* store, SimFs* files, uint64_t seed, Writer* writer) {
    Model model;
    WorkloadSource source(seed, kClockBegins, writer->prefix, WorkloadSource::Time::kStands);
    for (size_t i = 0; i < kOperations; ++i) {
        const Operation operation = source.next(model);
        const size_t begin = files->cuts();
        uint64_t lsn = 0;
        const Status status = store->apply(operation, &lsn);
        if (!is_expected(operation, status)) {
            writer->trouble = std::string(operation_name(operation.kind)) + ": " +
                              (status.ok() ? "not refused" : status.error().message);
            return;
        }
        if (status.ok()) model.apply(operation, lsn);
        if (status.ok() && !operation.repeated) writer->timeline.count(operation);
        writer->timeline.add(begin, files->cuts(), model);
        writer->lsns.push_back(operation.repeated ? 0 : lsn);
        const Result<std::string> found = store->dump(writer->prefix);
        if (!found.ok() || *found != writer->timeline.dumps.back()) {
            writer->trouble = std::string(operation_name(operation.kind)) + ": what was written is not read back";
            return;
        }
    }
}

// The store equals an allowed model of each writer, and together these are a prefix in LSN order.
Verdict judge_all(SimFs* files, const std::vector<Writer>& writers, size_t cut, uint64_t seed) {
    auto opened = Store::open(*files, kDirectory, seed, kClockBegins);
    if (!opened.ok()) return {Verdict::Kind::kRefused, 0, opened.status().error().message};
    uint64_t newest = 0;
    uint64_t oldest_absent = UINT64_MAX;
    for (const Writer& writer : writers) {
        const Result<std::string> found = (*opened)->dump(writer.prefix);
        if (!found.ok()) return {Verdict::Kind::kRefused, 0, found.status().error().message};
        const Allowed allowed = allowed_at(writer.timeline, cut);
        size_t model = allowed.last;
        while (model > allowed.first && writer.timeline.dumps[model] != *found) --model;
        if (writer.timeline.dumps[model] != *found) {
            return {Verdict::Kind::kLost, 0,
                    writer.prefix + ": " + difference(writer.timeline.dumps[allowed.first], *found)};
        }
        // Where an operation changed nothing that can be seen, it may be there or not.
        size_t least = model;
        while (least > allowed.first && writer.timeline.dumps[least - 1] == *found) --least;
        for (size_t i = 0; i < least; ++i) newest = std::max(newest, writer.lsns[i]);
        if (model < writer.lsns.size() && writer.lsns[model] != 0)
            oldest_absent = std::min(oldest_absent, writer.lsns[model]);
    }
    if (newest > oldest_absent) {
        return {Verdict::Kind::kLost, 0,
                "LSN " + std::to_string(newest) + " is there, " + std::to_string(oldest_absent) + " is not"};
    }
    return {};
}

}  // namespace

int run_threads(const Scale& scale) {
    Gate gate("threads", scale);
    for (uint64_t seed = scale.seed; seed < scale.seed + scale.workloads; ++seed) {
        SimFs files(SimFs::History::kKept);
        files.set_sync_time(std::chrono::microseconds(50 * (seed % 4)));
        std::vector<Writer> writers(kWriters);
        for (size_t i = 0; i < kWriters; ++i) writers[i].prefix = "w" + std::to_string(i);
        size_t first_cut = 0;
        {
            auto opened = Store::open(files, kDirectory, seed * 1000, kClockBegins, Store::Threads::kBackground);
            if (!opened.ok()) {
                gate.count({Verdict::Kind::kRefused, 0, opened.status().error().message},
                           "--seed " + std::to_string(seed));
                continue;
            }
            first_cut = files.cuts();
            std::vector<std::thread> threads;
            for (size_t i = 0; i < kWriters; ++i) {
                threads.emplace_back(run_writer, opened->get(), &files, seed * kWriters + i, &writers[i]);
            }
            for (std::thread& thread : threads) thread.join();
        }
        for (const Writer& writer : writers) {
            if (!writer.trouble.empty())
                gate.count({Verdict::Kind::kLost, 0, writer.prefix + ": " + writer.trouble},
                           "--seed " + std::to_string(seed));
        }
        if (gate.failed()) continue;
        gate.count_workload();
        for (const Writer& writer : writers) gate.count_operations(writer.timeline.acknowledged);
        Random random(seed * 53);
        for (size_t cut = first_cut; cut <= files.cuts(); cut += scale.stride) {
            const CrashImages crash = files.crash_images(cut, &random, scale.budget);
            gate.count_point(crash.exhaustive);
            for (const Image& image : crash.images) {
                if (!gate.is_new(image.hash + seed, cut)) continue;
                SimFs after(image);
                gate.count(judge_all(&after, writers, cut, random.next()),
                           "--seed " + std::to_string(seed) + " cut " + std::to_string(cut));
            }
        }
    }
    return gate.finish();
}

}  // namespace vz
