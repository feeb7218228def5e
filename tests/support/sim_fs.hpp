// A FileSystem in memory that can lose, tear or fail any step: it keeps the disk after each call that changed
// something, and makes from any of them the disks that a power cut or a kill may leave.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/io/file.hpp"
#include "tests/support/disk.hpp"
#include "tests/support/random.hpp"

namespace vz {

// A disk after a power cut.
struct Image {
    std::shared_ptr<const Disk> disk;
    uint64_t hash = 0;
    std::vector<bool> survivors;  // of the effects that were unsynced, in order
};

struct CrashImages {
    std::vector<Image> images;  // no two alike
    size_t effects = 0;         // independent ones at this cut
    bool exhaustive = false;    // every subset is there
};

// One call, as SimFs saw it.
struct Call {
    enum class Kind {
        kCreate,
        kOpen,
        kMap,
        kExists,
        kList,
        kMakeDirectory,
        kRename,
        kUnlink,
        kSyncDirectory,
        kLock,
        kSpace,
        kRead,
        kWrite,
        kAllocate,
        kSyncData,
        kSync,
        kSize,
        kSeal,
        kDropCache
    };
    Kind kind = Kind::kOpen;
    std::string path;
    uint64_t offset = 0;
    uint64_t bytes = 0;
};
const char* call_name(Call::Kind kind);

struct Fault {
    enum class Kind {
        kIoError,     // any call
        kDiskFull,    // calls that take space
        kShortWrite,  // half of a write lands
        kLostSync     // a sync fails and drops the dirty pages
    };
    enum class Span { kOnce, kForever };
    Kind kind = Kind::kIoError;
    Span span = Span::kOnce;
    uint64_t call = 0;  // the first one to fail, counted from 0
};

// Any thread; one mutex. It outlives its files, maps and locks. Writing to a sealed file, and any write or sync through
// a file whose write or sync has failed, stops the process: the engine must not do it.
class SimFs final : public FileSystem {
 public:
    enum class History { kKept, kNone };
    explicit SimFs(History history = History::kKept);
    explicit SimFs(const Image& image, History history = History::kNone);
    SimFs(const Disk& disk, History history);

    // The number of calls that changed the disk: a cut at c is after c of them, 0 <= c <= cuts().
    size_t cuts() const;
    // All calls, failed ones too.
    uint64_t calls() const;
    std::vector<Call> call_log() const;
    // A digest of all that calls have answered so far.
    uint64_t answers() const;
    // Answers about this file do not go into it.
    void leave_out(std::string path) { left_out_ = std::move(path); }
    // The disk at a cut, with its page cache: what a new process finds after a kill there.
    Disk disk_at(size_t cut) const;
    Disk disk() const;
    // Of what a process sees of it.
    uint64_t disk_hash() const;
    // At most `budget` images that a power cut at `cut` may leave: every subset of the unsynced effects if there are at
    // most ten and the budget holds them; else none, all, single ones, all but one, prefixes, and random ones. Same
    // `random`, same images.
    CrashImages crash_images(size_t cut, Random* random, size_t budget) const;

    void inject(const Fault& fault);
    void clear_fault();
    // A call has failed by injection.
    bool fault_fired() const;
    void set_free_bytes(uint64_t bytes);
    // A sync of a file takes that long, so that writers queue up behind it. Before any other thread.
    void set_sync_time(std::chrono::microseconds time) { sync_time_ = time; }

    Result<std::unique_ptr<File>> create(const std::string& path) override;
    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    Result<std::unique_ptr<Mapping>> map(const std::string& path) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Status make_directory(const std::string& path) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status unlink(const std::string& path) override;
    Status sync_directory(const std::string& path) override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path, LockMode mode) override;
    Result<Space> space(const std::string& path) override;

 private:
    friend class SimFile;
    friend class SimLock;

    // Counts and records a call; the failure that was injected for it, if any.
    Status enter(Call::Kind kind, const std::string& path, uint64_t offset = 0, uint64_t bytes = 0);
    void changed();
    // Whether: as every answer of a call, it goes into the digest.
    bool answer(bool yes);
    void note_answer(uint64_t hash) { answers_ = is_left_out_ ? answers_ : mix(answers_ + hash); }

    mutable std::mutex mutex_;
    Disk disk_;
    History keep_;
    std::vector<Disk> history_;
    std::vector<Call> call_log_;
    uint64_t calls_ = 0;
    uint64_t answers_ = 0;
    std::string left_out_;
    bool is_left_out_ = false;
    bool fault_set_ = false;
    bool fault_fired_ = false;
    Fault fault_;
    std::set<std::string> locked_;
    std::chrono::microseconds sync_time_{0};
    uint64_t free_bytes_ = uint64_t{1} << 40;
};

// At most `budget` disks that a power cut may leave of `disk`.
CrashImages crash_images(const Disk& disk, Random* random, size_t budget);

}  // namespace vz
