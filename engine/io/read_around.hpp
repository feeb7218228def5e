// A file system on a disk that has gone bad in places, as check and repair see it: a block that cannot be read is
// zeros, and is told. Checksums say then what was lost with it. Nobody else reads through this: an error of the disk is
// an error.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "engine/io/forwarding.hpp"

namespace vz {

// Any thread.
class ReadAround final : public ForwardingFileSystem {
 public:
    static constexpr uint64_t kBlock = 4096;
    // Each block once.
    using Unreadable = std::function<void(const std::string& path, uint64_t offset)>;

    // `files` outlives it.
    ReadAround(FileSystem& files, Unreadable unreadable)
        : ForwardingFileSystem(files), unreadable_(std::move(unreadable)) {}

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    // Of a file that has such blocks, a copy in memory.
    Result<std::unique_ptr<Mapping>> map(const std::string& path) override;

    // The same as File::read(), with zeros where the device has nothing. How many blocks that were.
    Result<uint64_t> read(const File& file, const std::string& path, uint64_t offset, std::span<std::byte> bytes);

 private:
    const Unreadable unreadable_;
    std::mutex mutex_;  // guards told_
    std::set<std::pair<std::string, uint64_t>> told_;
};

}  // namespace vz
