#include "tests/support/sim_fs.hpp"

#include <thread>
#include <utility>

#include "engine/base/check.hpp"

namespace vz {
namespace {

// A copy of the file, as a process sees it when it maps it.
class SimMapping final : public Mapping {
 public:
    explicit SimMapping(const Content& content)
        : size_(content.size()), bytes_(std::make_unique_for_overwrite<std::byte[]>(content.size())) {
        content.read(0, {bytes_.get(), size_});
    }
    std::span<const std::byte> bytes() const override { return {bytes_.get(), size_}; }
    bool failed() const override { return false; }
    void advise(Advice, uint64_t, uint64_t) const override {}

 private:
    uint64_t size_;
    std::unique_ptr<std::byte[]> bytes_;
};

bool takes_space(Call::Kind kind) {
    switch (kind) {
        case Call::Kind::kCreate:
        case Call::Kind::kMakeDirectory:
        case Call::Kind::kRename:
        case Call::Kind::kWrite:
        case Call::Kind::kAllocate:
        case Call::Kind::kSyncData:
        case Call::Kind::kSync:
        case Call::Kind::kSyncDirectory:
        case Call::Kind::kLock: return true;
        default: return false;
    }
}

bool is_sync(Call::Kind kind) {
    return kind == Call::Kind::kSyncData || kind == Call::Kind::kSync || kind == Call::Kind::kSyncDirectory;
}

bool applies(Fault::Kind fault, Call::Kind call) {
    switch (fault) {
        case Fault::Kind::kIoError: return true;
        case Fault::Kind::kDiskFull: return takes_space(call);
        case Fault::Kind::kShortWrite: return call == Call::Kind::kWrite;
        case Fault::Kind::kLostSync: return is_sync(call);
    }
    return false;
}

// What only a broken directory lacks.
Status unfit(const std::string& path) { return failure(VZ_IO_ERROR, "%s is not there", path.c_str()); }

Status missing(const std::string& path) { return failure(VZ_NOT_FOUND, "cannot open %s: there is none", path.c_str()); }

}  // namespace

const char* call_name(Call::Kind kind) {
    static constexpr const char* kNames[] = {"create",         "open",   "map",    "exists",         "list",
                                             "make_directory", "rename", "unlink", "sync_directory", "lock",
                                             "space",          "read",   "write",  "allocate",       "sync_data",
                                             "sync",           "size",   "seal",   "drop_cache"};
    return kNames[static_cast<size_t>(kind)];
}

class SimFile final : public File {
 public:
    SimFile(SimFs& files, uint64_t id, OpenMode mode, std::string path)
        : files_(files), id_(id), mode_(mode), path_(std::move(path)) {}

    Status read(uint64_t offset, std::span<std::byte> bytes) const override {
        const std::scoped_lock lock(files_.mutex_);
        VZ_TRY(files_.enter(Call::Kind::kRead, path_, offset, bytes.size()));
        const Content& content = files_.disk_.inode(id_).cached;
        files_.note_answer(content.hash(offset, bytes.size()));
        if (!files_.answer(offset <= content.size() && bytes.size() <= content.size() - offset)) {
            return failure(VZ_IO_ERROR, "cannot read %s: it ends before offset %llu", path_.c_str(),
                           static_cast<unsigned long long>(offset + bytes.size()));
        }
        content.read(offset, bytes);
        return {};
    }

    Status write(uint64_t offset, std::span<const std::byte> bytes) override {
        const std::scoped_lock lock(files_.mutex_);
        check_writable();
        Status failed = files_.enter(Call::Kind::kWrite, path_, offset, bytes.size());
        failed_ = failed_ || !failed.ok();
        if (!failed.ok() && files_.fault_.kind == Fault::Kind::kShortWrite) bytes = bytes.first(bytes.size() / 2);
        if (failed.ok() || files_.fault_.kind == Fault::Kind::kShortWrite) {
            files_.disk_.write(id_, offset, bytes);
            files_.changed();
        }
        return failed;
    }

    Status allocate(uint64_t bytes) override {
        const std::scoped_lock lock(files_.mutex_);
        check_writable();
        VZ_TRY(files_.enter(Call::Kind::kAllocate, path_, 0, bytes));
        files_.disk_.extend(id_, bytes);
        files_.changed();
        return {};
    }

    Status sync_data() override { return sync_as(Call::Kind::kSyncData); }
    Status sync() override { return sync_as(Call::Kind::kSync); }

    Result<uint64_t> size() const override {
        const std::scoped_lock lock(files_.mutex_);
        VZ_TRY(files_.enter(Call::Kind::kSize, path_));
        const uint64_t size = files_.disk_.inode(id_).cached.size();
        files_.note_answer(size);
        return size;
    }

    // Nobody but the engine removes files here, and it sees what it removed: no step that can fail.
    Result<bool> is_in_place() const override {
        const std::scoped_lock lock(files_.mutex_);
        return files_.disk_.find(path_) == id_;
    }

    Status seal() override {
        const std::scoped_lock lock(files_.mutex_);
        VZ_TRY(files_.enter(Call::Kind::kSeal, path_));
        files_.disk_.seal(id_);
        files_.changed();
        return {};
    }

    Status drop_cache() override {
        const std::scoped_lock lock(files_.mutex_);
        VZ_TRY(files_.enter(Call::Kind::kDropCache, path_));
        files_.disk_.drop_cache(id_);
        files_.changed();
        return {};
    }

 private:
    void check_writable() const {
        VZ_CHECK(mode_ == OpenMode::kReadWrite);
        VZ_CHECK(!files_.disk_.inode(id_).sealed);
        VZ_CHECK(!failed_);
    }

    Status sync_as(Call::Kind kind) {
        if (files_.sync_time_.count() != 0) std::this_thread::sleep_for(files_.sync_time_);
        const std::scoped_lock lock(files_.mutex_);
        VZ_CHECK(!failed_);
        Status failed = files_.enter(kind, path_);
        if (failed.ok()) {
            files_.disk_.sync(id_);
        } else {
            failed_ = true;
            files_.disk_.fail_sync(id_, files_.fault_.kind == Fault::Kind::kLostSync ? Disk::Dirty::kDropped
                                                                                     : Disk::Dirty::kMayHaveLanded);
        }
        files_.changed();
        return failed;
    }

    SimFs& files_;
    uint64_t id_;
    OpenMode mode_;
    std::string path_;
    bool failed_ = false;
};

class SimLock final : public FileLock {
 public:
    SimLock(SimFs& files, std::string path) : files_(files), path_(std::move(path)) {}
    ~SimLock() override {
        const std::scoped_lock lock(files_.mutex_);
        files_.locked_.erase(path_);
    }

 private:
    SimFs& files_;
    std::string path_;
};

SimFs::SimFs(History history) : SimFs(Disk(), history) {}
SimFs::SimFs(const Image& image, History history) : SimFs(*image.disk, history) {}
SimFs::SimFs(const Disk& disk, History history) : disk_(disk), keep_(history) { changed(); }

size_t SimFs::cuts() const {
    const std::scoped_lock lock(mutex_);
    return history_.empty() ? 0 : history_.size() - 1;
}

uint64_t SimFs::calls() const {
    const std::scoped_lock lock(mutex_);
    return calls_;
}

std::vector<Call> SimFs::call_log() const {
    const std::scoped_lock lock(mutex_);
    return call_log_;
}

uint64_t SimFs::answers() const {
    const std::scoped_lock lock(mutex_);
    return answers_;
}

Disk SimFs::disk_at(size_t cut) const {
    const std::scoped_lock lock(mutex_);
    return history_.at(cut);
}

Disk SimFs::disk() const {
    const std::scoped_lock lock(mutex_);
    return disk_;
}

uint64_t SimFs::disk_hash() const {
    const std::scoped_lock lock(mutex_);
    return disk_.hash_with_seals();
}

CrashImages SimFs::crash_images(size_t cut, Random* random, size_t budget) const {
    return vz::crash_images(disk_at(cut), random, budget);
}

void SimFs::inject(const Fault& fault) {
    const std::scoped_lock lock(mutex_);
    fault_ = fault;
    fault_set_ = true;
    fault_fired_ = false;
}

void SimFs::clear_fault() {
    const std::scoped_lock lock(mutex_);
    fault_set_ = false;
}

bool SimFs::fault_fired() const {
    const std::scoped_lock lock(mutex_);
    return fault_fired_;
}

void SimFs::set_free_bytes(uint64_t bytes) {
    const std::scoped_lock lock(mutex_);
    free_bytes_ = bytes;
}

Status SimFs::enter(Call::Kind kind, const std::string& path, uint64_t offset, uint64_t bytes) {
    const uint64_t number = calls_++;
    is_left_out_ = path == left_out_;
    if (keep_ == History::kKept) call_log_.push_back({kind, path, offset, bytes});
    if (!fault_set_ || !applies(fault_.kind, kind)) return {};
    if (fault_.span == Fault::Span::kOnce ? number != fault_.call : number < fault_.call) return {};
    fault_fired_ = true;
    note_answer(number);
    const bool full = fault_.kind == Fault::Kind::kDiskFull || fault_.kind == Fault::Kind::kShortWrite;
    return failure(full ? VZ_DISK_FULL : VZ_IO_ERROR, "injected failure of %s %s", call_name(kind), path.c_str());
}

bool SimFs::answer(bool yes) {
    note_answer(yes ? 1 : 2);
    return yes;
}

void SimFs::changed() {
    if (keep_ == History::kKept) history_.push_back(disk_);
}

Result<std::unique_ptr<File>> SimFs::create(const std::string& raw) {
    const std::string path = normal_path(raw);
    const std::scoped_lock lock(mutex_);
    VZ_TRY(enter(Call::Kind::kCreate, path));
    if (!answer(disk_.has_directory(parent_path(path)))) return unfit(std::string(parent_path(path)));
    if (answer(disk_.find(path) || disk_.has_directory(path)))
        return failure(VZ_ALREADY_EXISTS, "%s exists", path.c_str());
    const uint64_t id = disk_.create(path);
    changed();
    return std::unique_ptr<File>(std::make_unique<SimFile>(*this, id, OpenMode::kReadWrite, path));
}

Result<std::unique_ptr<File>> SimFs::open(const std::string& raw, OpenMode mode) {
    const std::string path = normal_path(raw);
    const std::scoped_lock lock(mutex_);
    VZ_TRY(enter(Call::Kind::kOpen, path));
    const auto id = disk_.find(path);
    if (!answer(id.has_value())) return missing(path);
    if (mode == OpenMode::kReadDevice) {
        disk_.drop_cache(*id);
        changed();
    }
    return std::unique_ptr<File>(std::make_unique<SimFile>(*this, *id, mode, path));
}

Result<std::unique_ptr<Mapping>> SimFs::map(const std::string& raw) {
    const std::string path = normal_path(raw);
    const std::scoped_lock lock(mutex_);
    VZ_TRY(enter(Call::Kind::kMap, path));
    const auto id = disk_.find(path);
    if (!answer(id.has_value())) return missing(path);
    const Content& content = disk_.inode(*id).cached;
    note_answer(content.hash());
    if (content.size() == 0) return failure(VZ_IO_ERROR, "cannot map %s: it is empty", path.c_str());
    return std::unique_ptr<Mapping>(std::make_unique<SimMapping>(content));
}

Result<bool> SimFs::exists(const std::string& raw) {
    const std::string path = normal_path(raw);
    const std::scoped_lock lock(mutex_);
    VZ_TRY(enter(Call::Kind::kExists, path));
    return answer(disk_.find(path).has_value() || disk_.has_directory(path));
}

Result<std::vector<std::string>> SimFs::list(const std::string& raw) {
    const std::string path = normal_path(raw);
    const std::scoped_lock lock(mutex_);
    VZ_TRY(enter(Call::Kind::kList, path));
    if (!answer(disk_.has_directory(path))) return unfit(path);
    std::vector<std::string> names = disk_.list(path);
    for (const std::string& name : names) note_answer(hash_text(name));
    note_answer(names.size());
    return names;
}

Status SimFs::make_directory(const std::string& raw) {
    const std::string path = normal_path(raw);
    const std::scoped_lock lock(mutex_);
    VZ_TRY(enter(Call::Kind::kMakeDirectory, path));
    for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
        const std::string part = path.substr(0, at);
        if (answer(disk_.find(part).has_value())) return failure(VZ_IO_ERROR, "%s is not a directory", part.c_str());
        if (!disk_.has_directory(part)) {
            disk_.make_directory(part);
            changed();
        }
        if (at == std::string::npos) return {};
    }
}

Status SimFs::rename(const std::string& raw_from, const std::string& raw_to) {
    const std::string from = normal_path(raw_from);
    const std::string to = normal_path(raw_to);
    const std::scoped_lock lock(mutex_);
    VZ_TRY(enter(Call::Kind::kRename, from));
    if (!answer(disk_.find(from).has_value())) return unfit(from);
    if (!answer(disk_.has_directory(parent_path(to)))) return unfit(std::string(parent_path(to)));
    disk_.rename(from, to);
    changed();
    return {};
}

Status SimFs::unlink(const std::string& raw) {
    const std::string path = normal_path(raw);
    const std::scoped_lock lock(mutex_);
    VZ_TRY(enter(Call::Kind::kUnlink, path));
    if (!answer(disk_.find(path).has_value())) return unfit(path);
    disk_.unlink(path);
    changed();
    return {};
}

Status SimFs::sync_directory(const std::string& raw) {
    const std::string path = normal_path(raw);
    const std::scoped_lock lock(mutex_);
    Status failed = enter(Call::Kind::kSyncDirectory, path);
    if (!answer(disk_.has_directory(path))) return unfit(path);
    if (failed.ok()) {
        disk_.sync_directory(path);
    } else {
        disk_.fail_sync_directory(path);
    }
    changed();
    return failed;
}

Result<std::unique_ptr<FileLock>> SimFs::lock(const std::string& raw, LockMode mode) {
    const std::string path = normal_path(raw);
    const std::scoped_lock lock(mutex_);
    VZ_TRY(enter(Call::Kind::kLock, path));
    if (!answer(disk_.has_directory(parent_path(path)))) return unfit(std::string(parent_path(path)));
    if (mode == LockMode::kOwn && !disk_.find(path)) {
        disk_.create(path);
        changed();
    }
    if (!answer(locked_.insert(path).second)) {
        return failure(VZ_BUSY, "the data directory is in use").reason(VZ_REASON_IN_USE);
    }
    return std::unique_ptr<FileLock>(std::make_unique<SimLock>(*this, path));
}

Result<Space> SimFs::space(const std::string& raw) {
    const std::scoped_lock lock(mutex_);
    VZ_TRY(enter(Call::Kind::kSpace, raw));
    note_answer(free_bytes_);
    return Space{uint64_t{1} << 41, free_bytes_};
}

}  // namespace vz
