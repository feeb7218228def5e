// Known bugs, put in one at a time: each must be caught by one of the modes. Who watches the tests.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "engine/base/plant.hpp"
#include "tests/crash/gate.hpp"

namespace vz {
namespace {

const char* planted_name =
    "";  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): the switch that the macro asks

struct Plant {
    const char* name;
    int (*mode)(const Scale&);
    Scale scale;
};

constexpr Scale scale_of(size_t workloads, size_t budget, size_t stride) {
    Scale scale;
    scale.workloads = workloads;
    scale.budget = budget;
    scale.stride = stride;
    scale.stop_at_first = true;
    return scale;
}

const Plant kPlants[] = {
    {"answer_before_sync", run_sweep, scale_of(5, 8, 1)},
    {"edit_answered_before_sync", run_sweep, scale_of(5, 8, 1)},
    {"checksum_not_verified", run_sweep, scale_of(20, 12, 1)},
    {"damage_taken_for_torn_tail", run_flip, scale_of(3, 1, 8)},
    {"torn_tail_taken_for_damage", run_sweep, scale_of(20, 12, 1)},
    {"current_not_synced_before_rename", run_sweep, scale_of(20, 12, 1)},
    {"directory_not_synced_after_current", run_nested, scale_of(5, 12, 20)},
    {"manifest_not_synced_before_current", run_sweep, scale_of(20, 12, 1)},
    {"wal_not_synced_before_named", run_sweep, scale_of(20, 12, 1)},
    {"wal_directory_not_synced", run_sweep, scale_of(20, 12, 1)},
    {"page_cache_trusted", run_two_stage, scale_of(3, 12, 1)},
    {"sync_retried", run_fault, scale_of(1, 4, 1)},
    {"writes_go_on_after_failure", run_fault, scale_of(1, 4, 1)},
    {"manifest_unlinked_before_current", run_nested, scale_of(2, 12, 10)},
    {"batch_applied_in_part", run_sweep, scale_of(20, 12, 1)},
    {"expiry_forgotten_at_replay", run_sweep, scale_of(20, 12, 1)},
    {"removed_field_drops_point", run_sweep, scale_of(20, 12, 1)},
    {"request_id_forgotten", run_sweep, scale_of(20, 12, 1)},
    {"sealed_end_not_synced", run_sweep, scale_of(100, 12, 1)},
    {"file_number_reused", run_nested, scale_of(10, 12, 10)},
    {"segment_directory_not_synced", run_sweep, scale_of(20, 12, 1)},
    {"checkpoint_forgets_marks", run_sweep, scale_of(20, 12, 1)},
    {"snapshot_does_not_pin", run_sweep, scale_of(20, 12, 1)},
    {"compacted_segment_not_synced", run_sweep, scale_of(20, 12, 1)},
};

// Whether the mode goes red, in a child process: a planted bug may stop it.
bool goes_red(const Plant& plant, const char* name) {
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        planted_name = name;
        if (std::freopen("/dev/null", "w", stdout) == nullptr || std::freopen("/dev/null", "w", stderr) == nullptr)
            std::_Exit(0);
        std::_Exit(plant.mode(plant.scale));
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return false;
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

}  // namespace

bool is_planted(const char* name) { return std::strcmp(name, planted_name) == 0; }

int run_planted() {
    const auto begin = std::chrono::steady_clock::now();
    size_t caught = 0;
    bool control = true;
    for (const Plant& plant : kPlants) {
        const bool red = goes_red(plant, plant.name);
        caught += red ? 1 : 0;
        std::printf("planted %-40s %s\n", plant.name, red ? "caught" : "MISSED");
    }
    for (const auto mode : {run_sweep, run_nested, run_two_stage}) {
        if (goes_red({"", mode, scale_of(1, 8, 20)}, "")) control = false;
    }
    if (!control) std::printf("without a planted bug a mode is red, too\n");
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    const bool pass = control && caught == std::size(kPlants);
    std::printf("GATE crash.planted %s planted=%zu caught=%zu control=%s seed=1 time=%.1f\n", pass ? "PASS" : "FAIL",
                std::size(kPlants), caught, control ? "green" : "red", time.count());
    return pass ? 0 : 1;
}

}  // namespace vz

int main() {
    setvbuf(stdout, nullptr, _IOLBF, 0);
    return vz::run_planted();
}
