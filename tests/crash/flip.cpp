// The mode that flips bits of a store after an orderly close: no answer may be wrong, and of the bits that mean
// something as good as all are noticed, with the name of their file.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>

#include "engine/runtime/check.hpp"
#include "engine/runtime/inspect.hpp"
#include "tests/crash/copies.hpp"
#include "tests/crash/gate.hpp"

namespace vz {
namespace {

constexpr size_t kOperations = 30;
constexpr uint64_t kHeaderBytes = 4096;

struct RegionTally {
    uint64_t flips = 0;
    uint64_t refused = 0;    // at open, or its collection is set aside, or the archive is
    uint64_t reported = 0;   // the store opens without what it can compute anew; the check of the directory tells
    uint64_t misnamed = 0;   // of the refused: another file is named, the check of the directory names the right one
    uint64_t placeless = 0;  // of the refused: no offset is told
    uint64_t unnamed = 0;    // nobody names the file
    uint64_t unnoticed = 0;
};

std::string base_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Which bytes of a file are what.
struct FileMap {
    std::string kind;
    uint64_t bytes = 0;
    uint64_t used = 0;        // zeros follow, of room that was made for more
    uint64_t close_mark = 0;  // of a manifest: where its last frame begins, which says that the store was closed

    std::string region(uint64_t byte) const {
        if (byte >= used) return kind + " room";
        if (close_mark != 0 && byte >= close_mark) return kind + " close mark";
        return kind + (byte < kHeaderBytes ? " header" : " body");
    }
};

FileMap map_of(const Disk& disk, const std::string& path) {
    const Content& content = disk.inode(*disk.find(path)).durable;
    std::vector<std::byte> bytes(content.size());
    content.read(0, bytes);
    const auto last = std::find_if(bytes.rbegin(), bytes.rend(), [](std::byte byte) { return byte != std::byte{0}; });
    const std::string base = base_of(path);
    FileMap map;
    map.kind = base.ends_with(".vza") ? "archive" : base.substr(0, base.find('-'));
    map.bytes = bytes.size();
    map.used = (static_cast<uint64_t>(bytes.rend() - last) + 7) / 8 * 8;
    if (map.kind != "MANIFEST") return map;
    SimFs files(disk, SimFs::History::kNone);
    const auto frames = inspect_file(files, path);
    if (!frames.ok()) return map;
    for (const CheckFinding& frame : *frames) {
        if (frame.offset < map.used) map.close_mark = std::max(map.close_mark, frame.offset);
    }
    return map;
}

// What a flip of them changes for nobody: room that is written before it is read; the mark of the orderly close, whose
// loss is a start as after a crash; a file without content.
bool is_left_out(std::string_view region) {
    return region.ends_with(" room") || region.ends_with(" close mark") || region.starts_with("BALLAST");
}

// What the check of the directory finds wrong, as text.
std::string check_text(const Disk& disk) {
    SimFs files(disk, SimFs::History::kNone);
    const auto findings = check_directory(files, kDirectory);
    if (!findings.ok()) return findings.status().error().message;
    std::string text;
    for (const CheckFinding& finding : *findings) {
        if (finding.status != VZ_OK) text += finding.file + " at offset " + std::to_string(finding.offset) + "; ";
    }
    return text;
}

class Flips {
 public:
    Flips(const Timeline& timeline, const Scale& scale) : timeline_(timeline), scale_(scale) {}

    // What the store, or the reader of an archive, says to the flip.
    Verdict judge(const Disk& broken, const std::string& path, uint64_t seed) const {
        const size_t last = timeline_.models.size() - 1;
        SimFs files(broken, SimFs::History::kNone);
        if (!path.ends_with(".vza")) return judge_opening(&files, timeline_, {last, last}, seed);
        const std::string name = path.substr(0, path.size() - std::string_view(".vza").size());
        const Status status = check_archive(files, name, timeline_.models[last].archives().at(name));
        if (status.ok()) return {};
        const bool is_refused = status.code() == VZ_CORRUPTION || status.code() == VZ_UNSUPPORTED;
        return {is_refused ? Verdict::Kind::kRefused : Verdict::Kind::kLost, 0, status.error().message};
    }

    void count(const Verdict& verdict, const Disk& broken, const std::string& path, uint64_t byte,
               const std::string& region, RegionTally* tally) const {
        const auto names = [base = base_of(path)](const std::string& text) { return text.find(base) != text.npos; };
        ++tally->flips;
        if (verdict.kind == Verdict::Kind::kRefused) {
            ++tally->refused;
            const bool tells_offset = verdict.detail.find("offset") != std::string::npos;
            tally->placeless += tells_offset ? 0 : 1;
            if (names(verdict.detail)) return;
            const std::string found = check_text(broken);
            (names(found) ? tally->misnamed : tally->unnamed) += 1;
            show("misnamed", region, verdict.detail + " | " + found);
            return;
        }
        const std::string found = check_text(broken);
        (found.empty() ? tally->unnoticed : tally->reported) += 1;
        if (!found.empty() && !names(found)) ++tally->unnamed;
        if (found.empty() || !names(found))
            show(found.empty() ? "unnoticed" : "unnamed", region, path + " byte " + std::to_string(byte) + " " + found);
    }

 private:
    void show(const char* what, const std::string& region, const std::string& text) const {
        if (scale_.verbose) std::printf("%s: %s: %s\n", what, region.c_str(), text.c_str());
    }

    const Timeline& timeline_;
    const Scale& scale_;
};

// Prints a line for each region, and the share. False: it is too small, or a place was not told.
bool print(const std::map<std::string, RegionTally>& regions) {
    uint64_t flips = 0;
    uint64_t good = 0;
    bool pass = true;
    const auto number = [](uint64_t value) -> unsigned long long { return value; };
    for (const auto& [name, tally] : regions) {
        std::printf(
            "crash.flip %s: flips=%llu refused=%llu reported=%llu misnamed=%llu placeless=%llu unnamed=%llu "
            "unnoticed=%llu%s\n",
            name.c_str(), number(tally.flips), number(tally.refused), number(tally.reported), number(tally.misnamed),
            number(tally.placeless), number(tally.unnamed), number(tally.unnoticed),
            is_left_out(name) ? " left out" : "");
        if (is_left_out(name)) continue;
        if (tally.placeless != 0 || tally.misnamed != 0) pass = false;
        flips += tally.flips;
        good += tally.flips - tally.unnoticed - tally.unnamed;
    }
    pass = pass && good * 1000 >= flips * 999;
    std::printf("crash.flip in use: flips=%llu noticed with their file=%llu, %.3f%% of at least 99.9%%\n",
                number(flips), number(good),
                flips == 0 ? 0.0 : 100.0 * static_cast<double>(good) / static_cast<double>(flips));
    return pass;
}

}  // namespace

int run_flip(const Scale& scale) {
    Gate gate("flip", scale);
    std::map<std::string, RegionTally> regions;
    for (uint64_t seed = scale.seed; seed < scale.seed + scale.workloads; ++seed) {
        gate.count_workload();
        SimFs files(SimFs::History::kNone);
        const Timeline timeline = run_workload(&files, seed, kOperations, End::kClosed);
        gate.count_operations(timeline.acknowledged);
        const Flips flips(timeline, scale);
        const Disk disk = files.disk();
        Random random(seed * 47);
        for (const std::string& path : disk.paths()) {
            const FileMap map = map_of(disk, path);
            const uint64_t bits = map.bytes * 8;
            for (uint64_t bit = random.below(scale.stride); bit < bits; bit += 1 + random.below(2 * scale.stride - 1)) {
                Disk broken = disk;
                broken.flip_bit(path, bit);
                if (!gate.is_new(broken.hash(), bit)) continue;
                gate.count_point(false);
                const Verdict verdict = flips.judge(broken, path, seed);
                // A refusal is right; another answer than the true one is not.
                if (verdict.kind == Verdict::Kind::kLost) {
                    gate.count(verdict, "--seed " + std::to_string(seed) + " " + path + " bit " + std::to_string(bit));
                    continue;
                }
                const std::string region = map.region(bit / 8);
                flips.count(verdict, broken, path, bit / 8, region, &regions[region]);
            }
        }
    }
    if (!print(regions)) gate.count({Verdict::Kind::kLost, 0, "flips are not noticed, or not placed"}, "all workloads");
    return gate.finish();
}

}  // namespace vz
