// The one line that a gate ends with, and its counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_set>
#include <vector>

#include "tests/crash/history.hpp"

namespace vz {

struct Scale {
    uint64_t seed = 1;  // of the first workload
    size_t workloads = 50;
    size_t budget = 8;           // images of one cut, at most
    size_t stride = 1;           // every stride-th cut
    uint64_t floor = 1;          // fewer distinct states are a failure
    size_t continue_one_in = 1;  // of a sweep's recoveries: ways to go on, of which one is taken
    bool every_kind = false;     // a kind of operation that was never acknowledged is a failure
    bool verbose = false;
    bool stop_at_first = false;  // a failure ends the process
};

class Gate {
 public:
    Gate(std::string name, const Scale& scale) : name_(std::move(name)), scale_(scale) {}

    void count_point(bool exhaustive) {
        ++points_;
        exhaustive_ += exhaustive ? 1 : 0;
    }
    // False: a disk like that was judged already, with the same things acknowledged.
    bool is_new(uint64_t image, uint64_t acknowledged) {
        ++states_;
        return distinct_.insert(image * 0x9E3779B97F4A7C15u + acknowledged).second;
    }
    void count_workload() { ++workloads_; }
    // Those that a workload has acknowledged.
    void count_operations(const Tally& acknowledged) {
        for (size_t kind = 0; kind < kOperationKinds; ++kind) operations_[kind] += acknowledged[kind];
    }
    // Of states whose verdict is shared: those that were run to the end.
    void count_continued(uint64_t states) { continued_ += states; }
    void count(const Verdict& verdict, const std::string& where) {
        if (verdict.kind == Verdict::Kind::kGood) return;
        (verdict.kind == Verdict::Kind::kLost ? lost_ : refused_) += 1;
        if (lost_ + refused_ > 10 && !scale_.verbose) return;
        std::printf("crash.%s %s: %s: %s\n", name_.c_str(), verdict.kind == Verdict::Kind::kLost ? "lost" : "refused",
                    where.c_str(), verdict.detail.c_str());
        if (scale_.stop_at_first) std::_Exit(1);
    }
    bool failed() const { return lost_ + refused_ > 0; }
    uint64_t states() const { return states_; }
    uint64_t distinct() const { return distinct_.size(); }

    // Prints the line; the exit status of the process.
    int finish() {
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin_;
        const std::string continued = continued_ == 0 ? "" : " continued=" + std::to_string(continued_);
        const bool has_all = print_operations() || !scale_.every_kind;
        const bool pass = has_all && !failed() && distinct_.size() >= scale_.floor && points_ > 0;
        std::printf(
            "GATE crash.%s %s workloads=%llu points=%llu states=%llu distinct=%zu%s exhaustive=%.1f%% lost=%llu "
            "refused=%llu seed=%llu..%llu time=%.1f\n",
            name_.c_str(), pass ? "PASS" : "FAIL", number(workloads_), number(points_), number(states_),
            distinct_.size(), continued.c_str(),
            points_ == 0 ? 0.0 : 100.0 * static_cast<double>(exhaustive_) / static_cast<double>(points_), number(lost_),
            number(refused_), number(scale_.seed), number(scale_.seed + scale_.workloads - 1), time.count());
        return pass ? 0 : 1;
    }

 private:
    // False: there is a kind without any.
    bool print_operations() const {
        std::string text;
        bool has_all = true;
        for (size_t kind = 0; kind < kOperationKinds; ++kind) {
            text += std::string(kind == 0 ? " " : ", ") + operation_name(static_cast<Operation::Kind>(kind)) + "=" +
                    std::to_string(operations_[kind]);
            has_all = has_all && operations_[kind] != 0;
        }
        std::printf("crash.%s acknowledged:%s\n", name_.c_str(), text.c_str());
        return has_all;
    }
    static unsigned long long number(uint64_t value) { return value; }

    std::string name_;
    Scale scale_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::unordered_set<uint64_t> distinct_;
    Tally operations_ = {};
    uint64_t workloads_ = 0, continued_ = 0, points_ = 0, exhaustive_ = 0, states_ = 0, lost_ = 0, refused_ = 0;
};

int run_sweep(const Scale& scale);
int run_nested(const Scale& scale);
int run_two_stage(const Scale& scale);
int run_fault(const Scale& scale);
int run_threads(const Scale& scale);
int run_flip(const Scale& scale);
int run_planted();

}  // namespace vz
