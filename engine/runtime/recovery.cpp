#include "engine/runtime/recovery.hpp"

#include <algorithm>
#include <charconv>

#include "engine/base/bytes.hpp"
#include "engine/base/plant.hpp"

namespace vz {
namespace {

Status damage(const std::string& file, uint64_t offset, const char* what) {
    return failure(VZ_CORRUPTION, "%s is damaged at offset %llu: %s; run `vectorizer check` on the directory",
                   file.c_str(), static_cast<unsigned long long>(offset), what);
}

Result<std::vector<std::string>> list_if_there(FileSystem& files, const std::string& directory) {
    VZ_ASSIGN(const bool there, files.exists(directory));
    if (!there) return std::vector<std::string>();
    return files.list(directory);
}

// Without CURRENT a directory is a database that died before its first CURRENT, or damage; never a new database over an
// old one.
Status check_unborn(FileSystem& files, const std::string& directory) {
    VZ_ASSIGN(const std::vector<std::string> segments, list_if_there(files, directory + "/seg"));
    for (const std::string& name : segments) {
        if (file_number_of(name) != 0)
            return damage(directory + "/CURRENT", 0, "it is missing, but there are segment files");
    }
    VZ_ASSIGN(const std::vector<std::string> wals, list_if_there(files, directory + "/wal"));
    for (const std::string& name : wals) {
        VZ_ASSIGN(std::unique_ptr<File> file, files.open(directory + "/wal/" + name, OpenMode::kRead));
        VZ_ASSIGN(const uint64_t size, file->size());
        std::vector<std::byte> bytes(size);
        VZ_TRY(file->read(0, bytes));
        const Result<FileHeader> header = decode_header(bytes, kWalMagic);
        if (header.ok() && !scan_frames(bytes, *header).frames.empty()) {
            return damage(directory + "/CURRENT", 0, "it is missing, but the WAL holds records");
        }
    }
    VZ_ASSIGN(const std::vector<std::string> names, list_if_there(files, directory));
    for (const std::string& name : names) {
        if (!name.starts_with("MANIFEST-")) continue;
        VZ_ASSIGN(std::unique_ptr<File> file, files.open(directory + "/" + name, OpenMode::kRead));
        VZ_ASSIGN(const uint64_t size, file->size());
        std::vector<std::byte> bytes(size);
        VZ_TRY(file->read(0, bytes));
        const Result<FileHeader> header = decode_header(bytes, kManifestMagic);
        if (!header.ok()) continue;
        const Result<ManifestReading> reading =
            read_manifest(files, directory, {header->file_number, header->database});
        if (reading.ok() && (reading->scan.frames.size() > 1 || !reading->state.collections.empty())) {
            return damage(directory + "/CURRENT", 0, "it is missing, but a manifest names collections");
        }
    }
    return {};
}

// IDENTITY was durable before the first CURRENT, and says the same database.
Status check_database(FileSystem& files, const std::string& directory, const vz_uuid& database) {
    const std::string path = directory + "/IDENTITY";
    Result<std::unique_ptr<File>> file = files.open(path, OpenMode::kRead);
    if (!file.ok() && file.status().code() == VZ_NOT_FOUND) return damage(path, 0, "it is missing");
    if (!file.ok()) return file.take_status();
    VZ_ASSIGN(const uint64_t size, (*file)->size());
    if (size != kFileHeaderBytes) return damage(path, size, "it has another size than it was made with");
    std::vector<std::byte> bytes(size);
    VZ_TRY((*file)->read(0, bytes));
    const Result<FileHeader> header = decode_header(bytes, kIdentityMagic);
    if (!header.ok()) return failure(header.status().code(), "%s: %s", path.c_str(), header.status().error().message);
    if (!check_identity(*header, database, 0).ok())
        return failure(VZ_CORRUPTION,
                       "%s and %s/CURRENT belong to different databases; run `vectorizer check` on the directory",
                       path.c_str(), directory.c_str());
    return {};
}

// Keeps the frames below `end` only.
void cut(FrameScan* scan, uint64_t end) {
    std::erase_if(scan->frames, [end](const Frame& frame) { return frame.offset >= end; });
    scan->end = end;
}

Lsn last_lsn_of(const FrameScan& scan) {
    Lsn last = 0;
    for (const Frame& frame : scan.frames) {
        if (frame.head.count != 0) last = frame.head.lsn + frame.head.count - 1;
    }
    return last;
}

// The gap-free history that both logs tell together, from the snapshot on.
struct History {
    Lsn end = 0;
    bool has_gap = false;      // something is told behind it
    bool wal_goes_on = false;  // by a WAL, which is whole up to there: what is missing were edits
};

History history_of(const ManifestReading& manifest, Lsn retired, const std::vector<WalReading>& wals) {
    struct Run {
        Lsn first;
        uint64_t count;
        bool is_in_wal = true;
    };
    std::vector<Run> runs;
    for (const Lsn lsn : manifest.logical) runs.push_back({lsn, 1, false});
    for (const WalReading& wal : wals) {
        for (const Frame& frame : wal.scan.frames) {
            if (frame.head.count != 0) runs.push_back({frame.head.lsn, frame.head.count});
        }
    }
    std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.first < b.first; });
    History history;
    history.end = std::max(manifest.scan.frames.front().head.lsn, retired);
    for (const Run& run : runs) {
        if (run.first + run.count - 1 <= history.end) continue;
        history.has_gap = run.first > history.end + 1;
        history.wal_goes_on = history.has_gap && run.is_in_wal;
        if (history.has_gap) break;
        history.end = run.first + run.count - 1;
    }
    return history;
}

Status check_tails(const std::string& directory, const ManifestReading& manifest, Findings* findings,
                   const History& history) {
    const std::string manifest_file = manifest_path(directory, findings->manifest);
    if (history.wal_goes_on)
        return damage(manifest_file, manifest.scan.end, "acknowledged edits are missing behind it");
    if (is_damage(manifest.scan, findings->last_lsn)) {
        // Whole as it is, it vouches for records that the WAL has lost.
        if (manifest.scan.zeros_follow && !findings->wals.empty())
            return damage(wal_path(directory, findings->state.wals.back().number), findings->wals.back().scan.end,
                          "acknowledged records are missing behind it");
        return damage(manifest_file, manifest.scan.end, "acknowledged edits are missing behind it");
    }
    for (size_t i = 0; i < findings->wals.size(); ++i) {
        const WalReading& wal = findings->wals[i];
        const std::string file = wal_path(directory, findings->state.wals[i].number);
        const bool is_open = i + 1 == findings->wals.size();
        if (is_open && is_damage(wal.scan, findings->last_lsn))
            return damage(file, wal.scan.end, "acknowledged records are missing behind it");
        if (is_open && last_lsn_of(wal.scan) < findings->state.wals[i].last_lsn)
            return damage(file, wal.scan.end, "acknowledged records are missing");
        if (is_open && !wal.scan.zeros_follow)
            findings->torn.push_back(file + " from offset " + std::to_string(wal.scan.end));
    }
    if (history.has_gap)
        return damage(findings->wals.empty() ? manifest_file : wal_path(directory, findings->state.wals.back().number),
                      0, "the history has a gap");
    if (findings->state.clean_close) {
        const CleanClose& close = *findings->state.clean_close;
        const WalReading& wal = findings->wals.back();
        if (wal.scan.end != close.wal_end || !wal.scan.zeros_follow || findings->last_lsn != close.last_lsn) {
            return damage(wal_path(directory, findings->state.wals.back().number), wal.scan.end,
                          "it does not end where it was closed");
        }
        if (!manifest.scan.zeros_follow)
            return damage(manifest_file, manifest.scan.end, "it does not end where it was closed");
    }
    return {};
}

}  // namespace

uint64_t file_number_of(const std::string& name) {
    constexpr std::string_view kTemporary = "CURRENT.";
    const size_t dash = name.rfind('-');
    const bool is_temporary = name.starts_with(kTemporary);
    if (!is_temporary && (dash == std::string::npos || name.size() - dash != 17)) return 0;
    uint64_t number = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + (is_temporary ? kTemporary.size() : dash + 1), end, number, 16);
    return parsed.ec == std::errc() && parsed.ptr == end ? number : 0;
}

Result<uint64_t> highest_file_number(FileSystem& files, const std::string& directory) {
    uint64_t highest = 0;
    if (VZ_PLANT(file_number_reused)) return highest;
    for (const char* folder : {"", "/wal", "/seg", "/tmp", "/quarantine"}) {
        VZ_ASSIGN(const std::vector<std::string> names, list_if_there(files, directory + folder));
        for (const std::string& name : names) highest = std::max(highest, file_number_of(name));
    }
    return highest;
}

Result<std::string> quarantine_path(FileSystem& files, const std::string& directory, const std::string& name) {
    std::string path = directory + "/quarantine/" + name;
    for (;;) {
        VZ_ASSIGN(const bool taken, files.exists(path));
        if (!taken) return path;
        path += "~";
    }
}

Status settle(FileSystem& files, const std::string& directory) {
    if (VZ_PLANT(page_cache_trusted)) return {};
    for (const char* folder : {"", "/wal", "/seg"}) VZ_TRY(files.sync_directory(directory + folder));
    const auto settle_file = [&](const std::string& path) -> Status {
        VZ_ASSIGN(std::unique_ptr<File> file, files.open(path, OpenMode::kReadWrite));
        VZ_TRY(file->sync());
        return file->drop_cache();
    };
    VZ_ASSIGN(const bool has_current, files.exists(directory + "/CURRENT"));
    if (has_current) VZ_TRY(settle_file(directory + "/CURRENT"));
    VZ_ASSIGN(const std::vector<std::string> names, files.list(directory));
    for (const std::string& name : names) {
        if (name.starts_with("MANIFEST-")) VZ_TRY(settle_file(directory + "/" + name));
    }
    VZ_ASSIGN(const std::vector<std::string> wals, files.list(directory + "/wal"));
    for (const std::string& name : wals) VZ_TRY(settle_file(directory + "/wal/" + name));
    return {};
}

Result<Findings> examine(FileSystem& files, const std::string& directory) {
    Findings findings;
    VZ_ASSIGN(findings.highest_number, highest_file_number(files, directory));
    Result<Current> current = read_current(files, directory);
    if (!current.ok()) {
        if (current.status().code() != VZ_NOT_FOUND) return current.take_status();
        VZ_TRY(check_unborn(files, directory));
        findings.unborn = true;
        return findings;
    }
    VZ_TRY(check_database(files, directory, current->database));
    findings.database = current->database;
    findings.manifest = current->manifest;
    VZ_ASSIGN(ManifestReading manifest, read_manifest(files, directory, *current));
    findings.state = std::move(manifest.state);
    if (findings.state.wals.empty())
        return damage(manifest_path(directory, current->manifest), kFileHeaderBytes, "it names no WAL");
    for (const WalState& wal : findings.state.wals) {
        Result<WalReading> read = read_wal(files, directory, current->database, wal.number);
        // Edits that cannot be read may be those that gave it up.
        if (!read.ok() && !manifest.scan.zeros_follow)
            return damage(manifest_path(directory, current->manifest), manifest.scan.end,
                          "a WAL is missing that it names up to here");
        VZ_ASSIGN(WalReading reading, std::move(read));
        if (wal.sealed_end != 0) {
            if (reading.scan.end < wal.sealed_end)
                return damage(wal_path(directory, wal.number), reading.scan.end, "it ends before its sealed end");
            cut(&reading.scan, wal.sealed_end);
            if (last_lsn_of(reading.scan) != wal.last_lsn)
                return damage(wal_path(directory, wal.number), wal.sealed_end,
                              "its last record is not the one that was sealed");
        }
        reading.forget_contents();
        findings.wals.push_back(std::move(reading));
    }
    const History history = history_of(manifest, findings.state.retired_lsn, findings.wals);
    findings.last_lsn = history.end;
    VZ_TRY(check_tails(directory, manifest, &findings, history));
    return findings;
}

Status expect_database(FileSystem& files, const std::string& directory) {
    VZ_ASSIGN(const bool exists, files.exists(directory));
    if (!exists) return failure(VZ_NOT_FOUND, "there is no data directory %s", directory.c_str());
    VZ_ASSIGN(const bool has_current, files.exists(directory + "/CURRENT"));
    if (has_current) return {};
    const Result<Findings> findings = examine(files, directory);
    // What is damaged is told by whoever opens it.
    if (!findings.ok() || !findings->unborn) return {};
    return failure(VZ_NOT_FOUND, "%s holds no database", directory.c_str());
}

Result<WalReading> read_again(FileSystem& files, const std::string& directory, const Findings& findings, size_t index) {
    const FrameScan& before = findings.wals[index].scan;
    const uint64_t number = findings.wals[index].header.file_number;
    VZ_ASSIGN(WalReading reading, read_wal(files, directory, findings.database, number));
    if (reading.scan.end < before.end)
        return damage(wal_path(directory, number), reading.scan.end, "it has changed while it was read");
    cut(&reading.scan, before.end);
    return reading;
}

}  // namespace vz
