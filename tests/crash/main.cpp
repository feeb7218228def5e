// crash_sim MODE [--seed N] [--workloads N] [--budget N] [--stride N] [--continue-one-in N] [--floor N] [--fresh]
// [--every-kind] [--verbose]
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

#include "tests/crash/gate.hpp"

int main(int argument_count, char** arguments) {
    setvbuf(stdout, nullptr, _IOLBF, 0);
    vz::Scale scale;
    const std::string_view mode = argument_count > 1 ? arguments[1] : "";
    for (int i = 2; i < argument_count; ++i) {
        const std::string_view name = arguments[i];
        if (name == "--verbose") {
            scale.verbose = true;
            continue;
        }
        if (name == "--every-kind") {
            scale.every_kind = true;
            continue;
        }
        if (name == "--fresh") {
            // Other seeds in each run; CRASH_SEED repeats one.
            const char* given = std::getenv("CRASH_SEED");
            scale.seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()() * uint64_t{1000};
            std::printf("crash.%s begins at CRASH_SEED=%llu\n", arguments[1],
                        static_cast<unsigned long long>(scale.seed));
            continue;
        }
        if (i + 1 == argument_count) return 64;
        const unsigned long long value = std::strtoull(arguments[++i], nullptr, 10);
        if (name == "--seed")
            scale.seed = value;
        else if (name == "--workloads")
            scale.workloads = value;
        else if (name == "--budget")
            scale.budget = value;
        else if (name == "--floor")
            scale.floor = value;
        else if (name == "--stride" && value > 0)
            scale.stride = value;
        else if (name == "--continue-one-in" && value > 0)
            scale.continue_one_in = value;
        else
            return 64;
    }
    if (mode == "sweep") return vz::run_sweep(scale);
    if (mode == "nested") return vz::run_nested(scale);
    if (mode == "two-stage") return vz::run_two_stage(scale);
    if (mode == "threads") return vz::run_threads(scale);
    if (mode == "fault") return vz::run_fault(scale);
    if (mode == "flip") return vz::run_flip(scale);
    std::fputs(
        "crash_sim sweep|nested|two-stage|threads|fault|flip [--seed N] [--workloads N] [--budget N] [--stride N] "
        "[--continue-one-in N] [--floor N] [--fresh] [--every-kind] [--verbose]\n",
        stderr);
    return 64;
}
