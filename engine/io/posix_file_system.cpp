#include "engine/io/posix_file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "engine/base/bytes.hpp"

namespace vz {
namespace {

std::string error_text(int error) {
    char buffer[128];
    return strerror_r(error, buffer, sizeof(buffer));
}

Status os_failure(const char* what, const std::string& path, int error) {
    vz_status code = VZ_IO_ERROR;
    if (error == ENOSPC || error == EDQUOT) code = VZ_DISK_FULL;
    if (error == EEXIST) code = VZ_ALREADY_EXISTS;
    return failure(code, "%s %s: %s", what, path.c_str(), error_text(error).c_str());
}

// Whoever opens a file that may not be there asks for this; where a folder is missing, the disk has failed.
Status open_failure(const char* what, const std::string& path, int error) {
    if (error != ENOENT) return os_failure(what, path, error);
    return failure(VZ_NOT_FOUND, "%s %s: %s", what, path.c_str(), error_text(error).c_str());
}

// To open a pipe would wait for whoever writes into it.
Status expect_no_pipe(const std::string& path) {
    struct stat info = {};
    if (::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) return {};
    return failure(VZ_CORRUPTION, "%s is no file but a pipe, a socket or a device", path.c_str());
}

class Descriptor {
 public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    int get() const { return fd_; }

 private:
    int fd_;
};

// Which file it is, whatever it is called.
struct Place {
    uint32_t device_major = 0, device_minor = 0;
    uint64_t inode = 0;
    friend bool operator==(const Place&, const Place&) = default;
};

// As fstatat(): an empty name is `folder` itself; false: errno says why. No times are asked for, unless a sandbox older
// than statx forbids it: where a file's were read, its next write has to log new ones, which took a third of the
// commits a second.
bool find_place(int folder, const char* name, Place* place) {
    struct statx found = {};
    if (::statx(folder, name, AT_EMPTY_PATH, STATX_INO, &found) == 0) {
        *place = {found.stx_dev_major, found.stx_dev_minor, found.stx_ino};
        return true;
    }
    struct stat with_times = {};
    if ((errno != EPERM && errno != ENOSYS) || ::fstatat(folder, name, &with_times, AT_EMPTY_PATH) != 0) return false;
    *place = {major(with_times.st_dev), minor(with_times.st_dev), with_times.st_ino};
    return true;
}

class PosixFile : public File {
 public:
    PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    Status read(uint64_t offset, std::span<std::byte> bytes) const override {
        return read_at(offset, bytes, bytes.size());
    }

    Status write(uint64_t offset, std::span<const std::byte> bytes) override {
        while (bytes.size() >= kPiece) {
            VZ_TRY(write_piece(offset, bytes.first(kPiece)));
            // The disk begins while the caller goes on; what it says about it is told by the sync.
            static_cast<void>(::sync_file_range(fd_.get(), static_cast<off_t>(offset), kPiece, SYNC_FILE_RANGE_WRITE));
            bytes = bytes.subspan(kPiece);
            offset += kPiece;
        }
        return bytes.empty() ? Status() : write_piece(offset, bytes);
    }

    Status allocate(uint64_t bytes) override {
        if (::fallocate(fd_.get(), 0, 0, static_cast<off_t>(bytes)) == 0) return {};
        if (errno != EOPNOTSUPP && errno != ENOSYS) return os_failure("cannot reserve space for", path_, errno);
        const Result<uint64_t> now = size();
        if (!now.ok()) return now.status().clone();
        if (*now < bytes && ::ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) {
            return os_failure("cannot extend", path_, errno);
        }
        return {};
    }

    Status sync_data() override {
        if (::fdatasync(fd_.get()) != 0) return os_failure("cannot sync", path_, errno);
        return {};
    }

    Status sync() override {
        if (::fsync(fd_.get()) != 0) return os_failure("cannot sync", path_, errno);
        return {};
    }

    Result<uint64_t> size() const override {
        struct stat info = {};
        if (::fstat(fd_.get(), &info) != 0) return os_failure("cannot examine", path_, errno);
        return static_cast<uint64_t>(info.st_size);
    }

    Result<bool> is_in_place() const override {
        Place own, named;
        if (!find_place(fd_.get(), "", &own)) return os_failure("cannot examine", path_, errno);
        if (find_place(AT_FDCWD, path_.c_str(), &named)) return own == named;
        if (errno == ENOENT || errno == ENOTDIR) return false;
        return os_failure("cannot examine", path_, errno);
    }

    Status seal() override {
        if (::fchmod(fd_.get(), 0444) != 0) return os_failure("cannot seal", path_, errno);
        return {};
    }

    Status drop_cache() override {
        const int error = ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED);
        if (error != 0) return os_failure("cannot drop the cache of", path_, error);
        return {};
    }

 protected:
    // `needed` bytes at least.
    Status read_at(uint64_t offset, std::span<std::byte> bytes, uint64_t needed) const {
        for (uint64_t done = 0; done < needed;) {
            const ssize_t got =
                ::pread(fd_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return os_failure("cannot read", path_, errno);
            if (got == 0)
                return failure(VZ_IO_ERROR, "cannot read %s: it ends before offset %llu", path_.c_str(),
                               static_cast<unsigned long long>(offset + needed));
            done += static_cast<uint64_t>(got);
        }
        return {};
    }

 private:
    static constexpr size_t kPiece = 1 << 20;

    Status write_piece(uint64_t offset, std::span<const std::byte> bytes) {
        const ssize_t put = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0) return os_failure("cannot write", path_, errno);
        // A short write is a failure and not retried: what is on disk after an error is unknown.
        if (static_cast<size_t>(put) != bytes.size()) return os_failure("short write to", path_, ENOSPC);
        return {};
    }

    Descriptor fd_;
    std::string path_;
};

// Opened with O_DIRECT: whole blocks into memory that lies as the device wants it.
class DirectFile final : public PosixFile {
 public:
    using PosixFile::PosixFile;

    Status read(uint64_t offset, std::span<std::byte> bytes) const override {
        if (bytes.empty()) return {};
        const uint64_t begin = offset / kBlock * kBlock;
        const uint64_t wanted = offset + bytes.size() - begin;
        const auto free_blocks = [](std::byte* blocks) { std::free(blocks); };
        const std::unique_ptr<std::byte, decltype(free_blocks)> blocks(
            static_cast<std::byte*>(std::aligned_alloc(kBlock, align_up(wanted, kBlock))), free_blocks);
        if (blocks == nullptr) throw std::bad_alloc();
        // The file may end within the last block.
        VZ_TRY(read_at(begin, {blocks.get(), align_up(wanted, kBlock)}, wanted));
        std::copy_n(blocks.get() + (offset - begin), bytes.size(), bytes.data());
        return {};
    }

 private:
    static constexpr uint64_t kBlock = 4096;
};

class PosixLock final : public FileLock {
 public:
    PosixLock(Descriptor file, Descriptor folder, LockMode mode)
        : file_(std::move(file)), folder_(std::move(folder)), mode_(mode) {}
    // A process that was forked meanwhile has the file open, too: closing it here alone would leave it locked.
    ~PosixLock() override {
        if (::getpid() != owner_) return;
        // The next to hold it may be one that leaves no name.
        if (mode_ == LockMode::kOwn && ::ftruncate(file_.get(), 0) != 0) errno = 0;
        for (const Descriptor* each : {&file_, &folder_}) static_cast<void>(::flock(each->get(), LOCK_UN));
    }

 private:
    const pid_t owner_ = ::getpid();
    Descriptor file_;
    Descriptor folder_;
    const LockMode mode_;
};

class PosixFileSystem final : public FileSystem {
 public:
    Result<std::unique_ptr<File>> create(const std::string& path) override {
        return open_file(path, O_RDWR | O_CREAT | O_EXCL, "cannot create");
    }

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        VZ_TRY(expect_no_pipe(path));
        if (mode != OpenMode::kReadDevice)
            return open_file(path, mode == OpenMode::kRead ? O_RDONLY : O_RDWR, "cannot open");
        Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
        if (fd.get() >= 0) return std::unique_ptr<File>(std::make_unique<DirectFile>(std::move(fd), path));
        if (errno != EINVAL) return open_failure("cannot open", path, errno);
        VZ_ASSIGN(std::unique_ptr<File> file, open_file(path, O_RDONLY, "cannot open"));
        VZ_TRY(file->drop_cache());
        return file;
    }

    Result<std::unique_ptr<Mapping>> map(const std::string& path) override {
        VZ_TRY(expect_no_pipe(path));
        return map_file(path);
    }

    Result<bool> exists(const std::string& path) override {
        struct stat info = {};
        if (::stat(path.c_str(), &info) == 0) return true;
        if (errno == ENOENT || errno == ENOTDIR) return false;
        return os_failure("cannot examine", path, errno);
    }

    Result<std::vector<std::string>> list(const std::string& directory) override {
        struct Close {
            void operator()(DIR* opened) const { ::closedir(opened); }
        };
        const std::unique_ptr<DIR, Close> stream(::opendir(directory.c_str()));
        if (stream == nullptr) return os_failure("cannot list", directory, errno);
        std::vector<std::string> names;
        for (;;) {
            errno = 0;
            const dirent* entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe): one stream, one thread
            if (entry == nullptr && errno != 0) return os_failure("cannot list", directory, errno);
            if (entry == nullptr) return names;
            if (!is_folder(directory, *entry)) names.emplace_back(entry->d_name);
        }
    }

    static bool is_folder(const std::string& directory, const dirent& entry) {
        if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) return entry.d_type == DT_DIR;
        struct stat info = {};
        return ::stat((directory + "/" + entry.d_name).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    }

    Status make_directory(const std::string& path) override {
        for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
            const std::string part = path.substr(0, at);
            if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) return os_failure("cannot create", part, errno);
            if (at == std::string::npos) break;
        }
        struct stat info = {};
        if (::stat(path.c_str(), &info) != 0) return os_failure("cannot examine", path, errno);
        if (!S_ISDIR(info.st_mode)) return failure(VZ_IO_ERROR, "%s is not a directory", path.c_str());
        return {};
    }

    Status rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) return os_failure("cannot rename", from, errno);
        return {};
    }

    Status unlink(const std::string& path) override {
        if (::unlink(path.c_str()) != 0) return os_failure("cannot remove", path, errno);
        return {};
    }

    Status sync_directory(const std::string& path) override {
        const Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (fd.get() < 0 && errno == EACCES) return failure(VZ_UNSUPPORTED, "%s may not be read", path.c_str());
        if (fd.get() < 0) return os_failure("cannot open", path, errno);
        if (::fsync(fd.get()) == 0) return {};
        if (errno == EINVAL || errno == EROFS) return failure(VZ_UNSUPPORTED, "%s cannot be synced", path.c_str());
        return os_failure("cannot sync", path, errno);
    }

    Result<std::unique_ptr<FileLock>> lock(const std::string& path, LockMode mode) override {
        // To write, too, where that is allowed: over a network an exclusive lock may need it.
        int fd = ::open(path.c_str(), (mode == LockMode::kOwn ? O_RDWR | O_CREAT : O_RDWR) | O_CLOEXEC, 0644);
        if (fd < 0 && mode == LockMode::kLook && (errno == EACCES || errno == EROFS))
            fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        Descriptor opened(fd);
        const bool is_there = opened.get() >= 0;
        if (!is_there && (mode == LockMode::kOwn || errno != ENOENT)) return os_failure("cannot open", path, errno);
        // The folder too: who takes the file for stale and removes it must not let in a second engine.
        const std::string folder = path.substr(0, path.rfind('/'));
        Descriptor around(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (around.get() < 0) return os_failure("cannot open", folder, errno);
        const int around_fd = around.get();
        auto held = std::make_unique<PosixLock>(std::move(opened), std::move(around), mode);
        // Some file systems over a network lock files only.
        const bool is_free = ::flock(around_fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
        if (!is_free || (is_there && ::flock(fd, LOCK_EX | LOCK_NB) != 0)) {
            if (errno != EWOULDBLOCK) return os_failure("cannot lock", path, errno);
            std::string owner(64, '\0');
            const ssize_t got = ::pread(fd, owner.data(), owner.size(), 0);
            owner.resize(got > 0 ? static_cast<size_t>(got) : 0);
            owner.resize(owner.find_last_not_of('\n') + 1);
            if (!owner.empty()) owner = " (" + owner + ")";
            return failure(VZ_BUSY, "the data directory is in use%s", owner.c_str()).reason(VZ_REASON_IN_USE);
        }
        if (mode == LockMode::kLook) return std::unique_ptr<FileLock>(std::move(held));
        char text[32];
        const int size = std::snprintf(text, sizeof(text), "pid %d\n", static_cast<int>(::getpid()));
        // The text is information for people: failing to write it changes nothing.
        if (::ftruncate(fd, 0) == 0 && ::pwrite(fd, text, static_cast<size_t>(size), 0) != size) errno = 0;
        return std::unique_ptr<FileLock>(std::move(held));
    }

    Result<Space> space(const std::string& path) override {
        struct statvfs info = {};
        if (::statvfs(path.c_str(), &info) != 0) return os_failure("cannot examine", path, errno);
        return Space{static_cast<uint64_t>(info.f_blocks) * info.f_frsize,
                     static_cast<uint64_t>(info.f_bavail) * info.f_frsize};
    }

 private:
    static Result<std::unique_ptr<File>> open_file(const std::string& path, int flags, const char* what) {
        Descriptor fd(::open(path.c_str(), flags | O_CLOEXEC, 0644));
        if (fd.get() < 0)
            return (flags & O_CREAT) != 0 ? os_failure(what, path, errno) : open_failure(what, path, errno);
        return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), path));
    }
};

}  // namespace

std::unique_ptr<FileSystem> make_posix_file_system() { return std::make_unique<PosixFileSystem>(); }

}  // namespace vz
