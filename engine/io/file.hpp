// The seam to the operating system. Every byte that the engine keeps reaches the disk through these interfaces, so that
// tests can lose, tear or fail any step. PosixFileSystem is the real one; tests/crash has the simulated one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/status.hpp"

namespace vz {

// An open file. Writes go to a place, never to "the end". One thread at a time for writes and syncs; reads from any
// thread.
class File {
 public:
    virtual ~File() = default;

    // Reads exactly bytes.size() bytes; fewer is VZ_IO_ERROR.
    virtual Status read(uint64_t offset, std::span<std::byte> bytes) const = 0;
    // Writes all bytes or fails; after a failure the content of that range is unknown.
    virtual Status write(uint64_t offset, std::span<const std::byte> bytes) = 0;
    // Reserves blocks up to `bytes` and sets the size to at least that; the new range reads as zeros. VZ_DISK_FULL when
    // there is no room.
    virtual Status allocate(uint64_t bytes) = 0;
    // fdatasync: content and size are durable, the name is not. Never called again on a file after it failed.
    virtual Status sync_data() = 0;
    // fsync: the same with all metadata.
    virtual Status sync() = 0;
    virtual Result<uint64_t> size() const = 0;
    // Whether the path that it was opened by still leads to it.
    virtual Result<bool> is_in_place() const = 0;
    // The file is complete: no write is legal from here on (mode 0444).
    virtual Status seal() = 0;
    // Forgets cached clean pages, so that the next read comes from the device.
    virtual Status drop_cache() = 0;
};

// A read-only view of a whole sealed file. Unmapped when destroyed.
class Mapping {
 public:
    virtual ~Mapping() = default;
    virtual std::span<const std::byte> bytes() const = 0;
    // True once a page of it could not be read: all of it then reads as zeros, and what was read from it is not to be
    // used.
    virtual bool failed() const = 0;
    enum class Advice { kNormal, kRandom, kWillNeed, kRelease };  // kRelease: not needed any more
    virtual void advise(Advice advice, uint64_t offset, uint64_t size) const = 0;
};

// To own: the file is created where it is not, and names the owner. To look: nothing is written, so that what may only
// be read can be locked too.
enum class LockMode { kOwn, kLook };

// Holds an exclusive lock until destroyed.
class FileLock {
 public:
    virtual ~FileLock() = default;
};

// Of a file system, in bytes. `free` is what this process may use.
struct Space {
    uint64_t total = 0;
    uint64_t free = 0;
};

// kReadDevice: what is read comes from the device, and pages that others have cached stay cached where the file system
// can do that.
enum class OpenMode { kRead, kReadWrite, kReadDevice };

// Paths are absolute or relative to the process, separated by '/'. Any thread.
class FileSystem {
 public:
    virtual ~FileSystem() = default;

    // O_CREAT | O_EXCL; VZ_ALREADY_EXISTS if the name is taken.
    virtual Result<std::unique_ptr<File>> create(const std::string& path) = 0;
    // VZ_NOT_FOUND if there is none.
    virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
    virtual Result<std::unique_ptr<Mapping>> map(const std::string& path) = 0;
    virtual Result<bool> exists(const std::string& path) = 0;
    // The names of its files, in no order; folders are left out.
    virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
    // With parents; fine if it exists.
    virtual Status make_directory(const std::string& path) = 0;
    virtual Status rename(const std::string& from, const std::string& to) = 0;
    virtual Status unlink(const std::string& path) = 0;
    // Makes the names in a directory durable. VZ_UNSUPPORTED: one that may not be read, or on a disk that has no such
    // thing.
    virtual Status sync_directory(const std::string& path) = 0;
    // The file and the folder around it. VZ_BUSY with VZ_REASON_IN_USE when somebody else holds either.
    virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path, LockMode mode) = 0;
    virtual Result<Space> space(const std::string& path) = 0;
};

}  // namespace vz
