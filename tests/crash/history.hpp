// One run of the store on a simulated disk, and the judgement of what a cut of it may leave.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "tests/crash/workload.hpp"
#include "tests/support/sim_fs.hpp"

namespace vz {

inline constexpr const char* kDirectory = "data";

// A step of a history: opening the store, an operation, or closing it. Acknowledged at cut `end`, begun at cut `begin`;
// operations of a group share both.
struct Step {
    size_t begin = 0;
    size_t end = 0;
};

// What was acknowledged, step by step. After `steps[i]` the store is models[i + 1]; models[0] is before the first.
struct Timeline {
    std::vector<Step> steps;
    std::vector<Model> models;
    std::vector<std::string> dumps;
    std::vector<std::pair<size_t, Operation>> requests;  // with an id; the index of the model that first has it

    Tally acknowledged = {};

    explicit Timeline(const Model& start) : models{start}, dumps{start.dump()} {}
    void add(size_t begin, size_t end, const Model& model);
    void count(const Operation& operation) { ++acknowledged[static_cast<size_t>(operation.kind)]; }
};

// The models that a store may equal after a cut: indexes first to last.
struct Allowed {
    size_t first = 0;
    size_t last = 0;
};
Allowed allowed_at(const Timeline& timeline, size_t cut);

// Opens the store (a step of its own), draws `operations` operations, closes it if asked. What must succeed and does
// not ends the process with a message: a workload on a disk without faults never fails.
enum class End { kClosed, kAbandoned };
Timeline run_workload(SimFs* files, uint64_t seed, size_t operations, End end);

// What came of recovering one disk.
struct Verdict {
    enum class Kind { kGood, kRefused, kLost };
    Kind kind = Kind::kGood;
    size_t model = 0;    // the index that the store equals
    std::string detail;  // for people, when not good
};

// Opens the store on `files` and compares it with the allowed models of `timeline`; then one write of each kind, an
// orderly close and a second opening, each compared. The cuts of the writes are added to `after`, if given.
Verdict judge(SimFs* files, const Timeline& timeline, Allowed allowed, uint64_t seed, Timeline* after = nullptr);

// judge() for the images of one cut. The engine decides by its seed and by what its calls answer, nothing else. So
// recoveries that were answered alike and leave disks that look alike go on alike: what comes after the first
// comparison is run for one of them, and all share its verdict. Every sixteenth of the others is run all the same and
// has to end with the same answers on the same disk. One in `continue_one_in` ways to go on is taken at all.
class CutJudge {
 public:
    CutJudge(const Timeline& timeline, Allowed allowed, uint64_t seed, uint64_t continue_one_in)
        : timeline_(timeline), allowed_(allowed), seed_(seed), continue_one_in_(continue_one_in) {}
    Verdict judge(SimFs* files);
    // Recoveries that went on.
    uint64_t continued() const { return continued_; }

 private:
    struct End {
        Verdict verdict;
        uint64_t answers = 0;
        uint64_t disk = 0;
    };
    const Timeline& timeline_;
    Allowed allowed_;
    uint64_t seed_;
    uint64_t continue_one_in_;
    std::unordered_map<uint64_t, End> ends_;
    uint64_t shared_ = 0;
    uint64_t continued_ = 0;
};

// Only the opening and the comparison.
Verdict judge_opening(SimFs* files, const Timeline& timeline, Allowed allowed, uint64_t seed);

// Whether a store without faults may answer so.
bool is_expected(const Operation& operation, const Status& status);

// The first place where two dumps differ, as text.
std::string difference(const std::string& expected, const std::string& found);

}  // namespace vz
