// A file system over another to which nothing is written: files made here live in memory, all others are read where
// they are.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/io/forwarding.hpp"

namespace vz {

// Any thread. Outlived by what it gives.
class MemoryOverlay final : public ForwardingFileSystem {
 public:
    explicit MemoryOverlay(FileSystem& below) : ForwardingFileSystem(below) {}

    Result<std::unique_ptr<File>> create(const std::string& path) override;
    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    Result<std::unique_ptr<Mapping>> map(const std::string& path) override;
    Result<bool> exists(const std::string& path) override;
    Status unlink(const std::string& path) override;
    Status sync_directory(const std::string&) override { return {}; }

 private:
    using Bytes = std::shared_ptr<std::vector<std::byte>>;
    // Null: it is none of those made here.
    Bytes find(const std::string& path) const;

    mutable std::mutex mutex_;  // of files_
    std::map<std::string, Bytes> files_;
};

}  // namespace vz
