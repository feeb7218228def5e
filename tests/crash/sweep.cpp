// Modes that cut the power: after every call of a workload, inside a recovery, and after a kill and a reopening.
#include <cstdlib>
#include <set>

#include "tests/crash/gate.hpp"
#include "tests/crash/store.hpp"

namespace vz {
namespace {

size_t operations_of(uint64_t seed) { return 30 + seed % 31; }

std::string place(uint64_t seed, size_t cut, const Image& image) {
    std::string text = "--seed " + std::to_string(seed) + " cut " + std::to_string(cut) + " survivors ";
    for (const bool survives : image.survivors) text += survives ? '1' : '0';
    return text;
}

// Whether what is done after each recovery leaves out no kind of operation.
bool follows_with_every_kind() {
    std::set<Operation::Kind> kinds;
    for (const Operation& operation : WorkloadSource(1).one_of_each(Model())) kinds.insert(operation.kind);
    return kinds.size() == kOperationKinds;
}

}  // namespace

int run_sweep(const Scale& scale) {
    Gate gate("sweep", scale);
    if (!follows_with_every_kind()) gate.count({Verdict::Kind::kRefused, 0, "a kind is missing"}, "after recoveries");
    for (uint64_t seed = scale.seed; seed < scale.seed + scale.workloads; ++seed) {
        SimFs files(SimFs::History::kKept);
        const Timeline timeline =
            run_workload(&files, seed, operations_of(seed), seed % 3 == 0 ? End::kClosed : End::kAbandoned);
        gate.count_workload();
        gate.count_operations(timeline.acknowledged);
        Random random(seed * 31);
        for (size_t cut = 0; cut <= files.cuts(); cut += scale.stride) {
            const CrashImages crash = files.crash_images(cut, &random, scale.budget);
            gate.count_point(crash.exhaustive);
            const Allowed allowed = allowed_at(timeline, cut);
            CutJudge judge(timeline, allowed, random.next(), scale.continue_one_in);
            for (const Image& image : crash.images) {
                if (!gate.is_new(image.hash + seed, allowed.first * 2 + (allowed.last - allowed.first))) continue;
                SimFs after(image);
                gate.count(judge.judge(&after), place(seed, cut, image));
            }
            gate.count_continued(judge.continued());
        }
    }
    return gate.finish();
}

int run_nested(const Scale& scale) {
    Gate gate("nested", scale);
    for (uint64_t seed = scale.seed; seed < scale.seed + scale.workloads; ++seed) {
        SimFs files(SimFs::History::kKept);
        const Timeline timeline = run_workload(&files, seed, operations_of(seed), End::kAbandoned);
        gate.count_workload();
        gate.count_operations(timeline.acknowledged);
        Random random(seed * 37);
        for (size_t cut = random.below(scale.stride); cut <= files.cuts(); cut += scale.stride) {
            const CrashImages crash = files.crash_images(cut, &random, 16);
            const Image& first = crash.images[random.below(crash.images.size())];
            const Allowed allowed = allowed_at(timeline, cut);
            SimFs recovering(first, SimFs::History::kKept);
            Timeline after(timeline.models[0]);
            const Verdict verdict = judge(&recovering, timeline, allowed, seed, &after);
            gate.count(verdict, place(seed, cut, first));
            if (verdict.kind != Verdict::Kind::kGood) continue;
            for (size_t second = 0; second <= recovering.cuts(); ++second) {
                const CrashImages crash_again = recovering.crash_images(second, &random, scale.budget);
                gate.count_point(crash_again.exhaustive);
                const Allowed then = allowed_at(after, second);
                for (const Image& image : crash_again.images) {
                    if (!gate.is_new(image.hash + seed, cut * 1000 + then.first * 2 + (then.last - then.first)))
                        continue;
                    SimFs last(image);
                    // Until the first recovery was complete, what was in flight at the first cut is still open.
                    const Verdict outcome = then.first == 0 ? judge_opening(&last, timeline, allowed, seed + second)
                                                            : judge_opening(&last, after, then, seed + second);
                    gate.count(outcome, place(seed, cut, first) + " then" + place(seed, second, image));
                }
            }
        }
    }
    return gate.finish();
}

int run_two_stage(const Scale& scale) {
    Gate gate("two-stage", scale);
    for (uint64_t seed = scale.seed; seed < scale.seed + scale.workloads; ++seed) {
        SimFs files(SimFs::History::kKept);
        const Timeline timeline = run_workload(&files, seed, operations_of(seed), End::kAbandoned);
        gate.count_workload();
        gate.count_operations(timeline.acknowledged);
        Random random(seed * 41);
        for (size_t cut = 0; cut <= files.cuts(); cut += scale.stride) {
            const Allowed allowed = allowed_at(timeline, cut);
            SimFs next(files.disk_at(cut), SimFs::History::kKept);
            Timeline after(timeline.models[0]);
            const Verdict verdict = judge(&next, timeline, allowed, seed, &after);
            gate.count(verdict, "--seed " + std::to_string(seed) + " kill at cut " + std::to_string(cut));
            if (verdict.kind != Verdict::Kind::kGood) continue;
            for (size_t second = 0; second <= next.cuts(); ++second) {
                const CrashImages crash = next.crash_images(second, &random, scale.budget);
                gate.count_point(crash.exhaustive);
                const Allowed then = allowed_at(after, second);
                for (const Image& image : crash.images) {
                    if (!gate.is_new(image.hash + seed, cut * 1000 + then.first * 2 + (then.last - then.first)))
                        continue;
                    SimFs last(image);
                    const Verdict outcome = then.first == 0 ? judge_opening(&last, timeline, allowed, seed + second)
                                                            : judge_opening(&last, after, then, seed + second);
                    gate.count(outcome, "kill at cut " + std::to_string(cut) + " then " + place(seed, second, image));
                }
            }
        }
    }
    return gate.finish();
}

}  // namespace vz
