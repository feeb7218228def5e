#include "engine/runtime/repair.hpp"

#include <algorithm>
#include <set>

#include "engine/base/limits.hpp"
#include "engine/io/read_around.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/recovery.hpp"

namespace vz {
namespace {

bool tells_damage(const CheckFinding& finding) { return finding.status != VZ_OK; }

Status copy_to_quarantine(FileSystem& files, const std::string& directory, const std::string& path) {
    VZ_ASSIGN(const bool exists, files.exists(path));
    if (!exists) return {};
    VZ_ASSIGN(const std::string copy, quarantine_path(files, directory, path.substr(path.rfind('/') + 1)));
    VZ_ASSIGN(const std::unique_ptr<File> from, files.open(path, OpenMode::kRead));
    VZ_ASSIGN(const std::unique_ptr<File> to, files.create(copy));
    VZ_ASSIGN(const uint64_t size, from->size());
    std::vector<std::byte> buffer(kMiB);
    for (uint64_t at = 0; at < size; at += buffer.size()) {
        const auto piece = std::span(buffer).first(std::min<uint64_t>(buffer.size(), size - at));
        VZ_TRY(from->read(at, piece));
        VZ_TRY(to->write(at, piece));
    }
    VZ_TRY(to->sync());
    return files.sync_directory(directory + "/quarantine");
}

// What the repair may drop or write anew: all of the logs if it is in them, and the files that check named.
Result<std::set<std::string>> files_in_danger(FileSystem& files, const std::string& directory,
                                              const std::vector<CheckFinding>& findings) {
    std::set<std::string> paths;
    for (const CheckFinding& finding : findings) {
        if (tells_damage(finding) && finding.file.find("/seg/") != std::string::npos) paths.insert(finding.file);
    }
    for (const char* folder : {"", "/wal"}) {
        VZ_ASSIGN(const bool exists, files.exists(directory + folder));
        if (!exists) continue;
        VZ_ASSIGN(const std::vector<std::string> names, files.list(directory + folder));
        for (const std::string& name : names) {
            if (file_number_of(name) != 0 || name == "CURRENT" || name == "IDENTITY")
                paths.insert(directory + folder + "/" + name);
        }
    }
    return paths;
}

}  // namespace

Result<std::vector<CheckFinding>> repair_directory(FileSystem& files, const std::string& directory) {
    VZ_TRY(expect_database(files, directory));
    VZ_ASSIGN(const bool exists, files.exists(directory + "/wal"));
    if (exists) {
        // A copy may lack folders that were empty.
        for (const char* folder : {"/seg", "/tmp", "/quarantine"}) VZ_TRY(files.make_directory(directory + folder));
    }
    VZ_ASSIGN(const std::vector<CheckFinding> before, check_directory(files, directory));
    for (const CheckFinding& finding : before) {
        if (finding.status == VZ_UNSUPPORTED)
            return failure(VZ_UNSUPPORTED, "%s: %s", finding.file.c_str(), finding.message.c_str());
    }
    if (std::none_of(before.begin(), before.end(), tells_damage)) return std::vector<CheckFinding>();
    VZ_ASSIGN(const std::set<std::string> in_danger, files_in_danger(files, directory, before));
    std::vector<CheckFinding> lost;
    ReadAround around(
        files, [&lost](const std::string& path, uint64_t offset) { lost.push_back(unreadable_block(path, offset)); });
    for (const std::string& path : in_danger) VZ_TRY(copy_to_quarantine(around, directory, path));

    EngineSettings settings;
    settings.background = false;
    settings.must_exist = true;
    settings.accept_loss = [&lost](const CheckFinding& finding) { lost.push_back(finding); };
    VZ_ASSIGN(std::unique_ptr<Engine> engine, Engine::open(around, directory, settings));
    VZ_TRY(engine->end_quarantine());
    VZ_TRY(engine->close());
    engine.reset();
    VZ_ASSIGN(const std::vector<CheckFinding> after, check_directory(files, directory));
    for (const CheckFinding& finding : after) {
        if (tells_damage(finding))
            return failure(VZ_CORRUPTION, "%s: %s, after the repair too", finding.file.c_str(),
                           finding.message.c_str());
    }
    if (lost.empty()) {
        for (const CheckFinding& finding : before) {
            if (!tells_damage(finding)) continue;
            lost.push_back(finding);
            lost.back().status = VZ_OK;
            lost.back().message += ": mended, nothing was lost";
        }
    }
    return lost;
}

}  // namespace vz
