// A file system, or a file, that is another one but for what a subclass does otherwise.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/file.hpp"

namespace vz {

class ForwardingFile : public File {
 public:
    explicit ForwardingFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

    Status read(uint64_t offset, std::span<std::byte> bytes) const override { return file_->read(offset, bytes); }
    Status write(uint64_t offset, std::span<const std::byte> bytes) override { return file_->write(offset, bytes); }
    Status allocate(uint64_t bytes) override { return file_->allocate(bytes); }
    Status sync_data() override { return file_->sync_data(); }
    Status sync() override { return file_->sync(); }
    Result<uint64_t> size() const override { return file_->size(); }
    Result<bool> is_in_place() const override { return file_->is_in_place(); }
    Status seal() override { return file_->seal(); }
    Status drop_cache() override { return file_->drop_cache(); }

 protected:
    const File& file() const { return *file_; }

 private:
    const std::unique_ptr<File> file_;
};

class ForwardingFileSystem : public FileSystem {
 public:
    // `files` outlives it.
    explicit ForwardingFileSystem(FileSystem& files) : files_(files) {}

    Result<std::unique_ptr<File>> create(const std::string& path) override { return files_.create(path); }
    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        return files_.open(path, mode);
    }
    Result<std::unique_ptr<Mapping>> map(const std::string& path) override { return files_.map(path); }
    Result<bool> exists(const std::string& path) override { return files_.exists(path); }
    Result<std::vector<std::string>> list(const std::string& directory) override { return files_.list(directory); }
    Status make_directory(const std::string& path) override { return files_.make_directory(path); }
    Status rename(const std::string& from, const std::string& to) override { return files_.rename(from, to); }
    Status unlink(const std::string& path) override { return files_.unlink(path); }
    Status sync_directory(const std::string& path) override { return files_.sync_directory(path); }
    Result<std::unique_ptr<FileLock>> lock(const std::string& path, LockMode mode) override {
        return files_.lock(path, mode);
    }
    Result<Space> space(const std::string& path) override { return files_.space(path); }

 private:
    FileSystem& files_;
};

}  // namespace vz
