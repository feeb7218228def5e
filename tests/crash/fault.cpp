// Modes that break something: a call that fails, a bit that flips.
#include <algorithm>
#include <cstdlib>
#include <set>

#include "tests/crash/gate.hpp"
#include "tests/crash/store.hpp"

namespace vz {
namespace {

constexpr size_t kFaultOperations = 30;

struct FaultName {
    Fault::Kind kind;
    Fault::Span span;
    const char* text;
};
constexpr FaultName kFaults[] = {
    {Fault::Kind::kIoError, Fault::Span::kOnce, "EIO once"},
    {Fault::Kind::kIoError, Fault::Span::kForever, "EIO for ever"},
    {Fault::Kind::kDiskFull, Fault::Span::kOnce, "ENOSPC once"},
    {Fault::Kind::kDiskFull, Fault::Span::kForever, "ENOSPC for ever"},
    {Fault::Kind::kShortWrite, Fault::Span::kOnce, "short write"},
    {Fault::Kind::kLostSync, Fault::Span::kOnce, "failed sync that drops pages"},
    {Fault::Kind::kLostSync, Fault::Span::kForever, "failed syncs that drop pages"},
};

// Every tenth workload has each kind of operation.
bool is_tour(uint64_t seed) { return seed % 10 == 0; }

bool may_fail_with(vz_status status) {
    switch (status) {
        case VZ_IO_ERROR:
        case VZ_DISK_FULL:
        case VZ_READ_ONLY:
        case VZ_OUTCOME_UNKNOWN:
        case VZ_CORRUPTION: return true;
        default: return false;
    }
}

// Runs the workload with a fault in it. The timeline's last models are what the store may be afterwards: acknowledged,
// and that with the operation whose outcome is unknown.
Verdict run_with_fault(SimFs* files, uint64_t seed, Timeline* timeline, bool* unknown_out) {
    bool& unknown = *unknown_out;
    uint64_t last_lsn = 0;
    std::set<std::string> applied;  // request ids
    Model model;
    WorkloadSource source(seed, kClockBegins, is_tour(seed) ? "tour-" : "");
    auto opened = Store::open(*files, kDirectory, seed * 1000, kClockBegins);
    if (!opened.ok())
        return may_fail_with(opened.status().code())
                   ? Verdict()
                   : Verdict{Verdict::Kind::kRefused, 0, "opening: " + std::to_string(opened.status().code())};
    const auto store = opened.take();
    std::vector<Operation> tour;
    if (is_tour(seed)) tour = source.one_of_each(model);
    for (size_t i = 0; i < (tour.empty() ? kFaultOperations : tour.size()); ++i) {
        Operation operation = tour.empty() ? source.next(model) : tour[i];
        const std::string request(reinterpret_cast<const char*>(operation.request_id.bytes),
                                  sizeof(operation.request_id.bytes));
        // If the first delivery failed, this one is the first.
        operation.repeated = operation.repeated && applied.contains(request);
        // A tour goes on as if what failed had been done.
        const bool fits =
            !(is_tour(seed) && files->fault_fired()) &&
            (operation.kind == Operation::Kind::kCreate || model.collections().contains(operation.collection));
        uint64_t lsn = 0;
        const Status status = store->apply(operation, &lsn);
        if (status.ok()) {
            if (!is_expected(operation, status))
                return {Verdict::Kind::kLost, 0, std::string(operation_name(operation.kind)) + " is not refused"};
            if (unknown && lsn != 0 && !operation.repeated)
                return {Verdict::Kind::kLost, 0, "a write succeeds after one of unknown outcome"};
            if (unknown) continue;
            model.apply(operation, lsn);
            timeline->count(operation);
            applied.insert(request);
            last_lsn = std::max(lsn, store->durable_lsn());
            timeline->add(0, 0, model);
        } else if (status.code() == VZ_OUTCOME_UNKNOWN && !unknown) {
            unknown = true;
            Model with = model;
            // The store does not tell the LSN; if the operation survives, it has the next one.
            with.apply(operation, last_lsn + 1);
            timeline->add(0, 0, with);
        } else if (!may_fail_with(status.code()) && fits && !is_expected(operation, status)) {
            return {Verdict::Kind::kRefused, 0,
                    std::string(operation_name(operation.kind)) + " answers status " + std::to_string(status.code())};
        }
    }
    return {};
}

}  // namespace

int run_fault(const Scale& scale) {
    Gate gate("fault", scale);
    for (uint64_t seed = scale.seed; seed < scale.seed + scale.workloads; ++seed) {
        gate.count_workload();
        for (const FaultName& fault : kFaults) {
            for (uint64_t call = 0;; call += scale.stride) {
                SimFs files(SimFs::History::kKept);
                files.inject({fault.kind, fault.span, call});
                Timeline timeline{Model()};
                const std::string where =
                    "--seed " + std::to_string(seed) + " " + fault.text + " at call " + std::to_string(call);
                if (scale.verbose) std::printf("%s\n", where.c_str());
                bool unknown = false;
                gate.count(run_with_fault(&files, seed, &timeline, &unknown), where);
                gate.count_operations(timeline.acknowledged);
                if (!files.fault_fired()) break;
                files.clear_fault();
                Random random(seed * 43 + call);
                const CrashImages crash = files.crash_images(files.cuts(), &random, scale.budget);
                gate.count_point(crash.exhaustive);
                const size_t last = timeline.models.size() - 1;
                const Allowed allowed{unknown ? last - 1 : last, last};
                for (const Image& image : crash.images) {
                    if (!gate.is_new(image.hash, last)) continue;
                    SimFs after(image);
                    gate.count(judge(&after, timeline, allowed, seed), where);
                }
                SimFs restarted(files.disk(), SimFs::History::kNone);
                gate.count(judge(&restarted, timeline, allowed, seed), where + ", restarted");
            }
        }
    }
    return gate.finish();
}

}  // namespace vz
