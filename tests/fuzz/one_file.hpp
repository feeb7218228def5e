// A file system that holds one file, in memory, to be read.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/file.hpp"

namespace vz::fuzz {

class OneFile final : public FileSystem {
 public:
    // The bytes outlive what is opened.
    explicit OneFile(std::span<const std::byte> bytes) : bytes_(bytes) {}

    Result<std::unique_ptr<File>> open(const std::string&, OpenMode) override {
        return std::unique_ptr<File>(new Reading(bytes_));
    }
    Result<std::unique_ptr<vz::Mapping>> map(const std::string&) override {
        return std::unique_ptr<vz::Mapping>(new Map(bytes_));
    }
    Result<bool> exists(const std::string&) override { return true; }

    Result<std::unique_ptr<File>> create(const std::string&) override { return refused(); }
    Result<std::vector<std::string>> list(const std::string&) override { return refused(); }
    Status make_directory(const std::string&) override { return refused(); }
    Status rename(const std::string&, const std::string&) override { return refused(); }
    Status unlink(const std::string&) override { return refused(); }
    Status sync_directory(const std::string&) override { return refused(); }
    Result<std::unique_ptr<FileLock>> lock(const std::string&, LockMode) override { return refused(); }
    Result<Space> space(const std::string&) override { return refused(); }

 private:
    static Status refused() { return failure(VZ_READ_ONLY, "this file system is only read"); }

    class Reading final : public File {
     public:
        explicit Reading(std::span<const std::byte> bytes) : bytes_(bytes) {}
        Status read(uint64_t offset, std::span<std::byte> bytes) const override {
            if (offset > bytes_.size() || bytes_.size() - offset < bytes.size())
                return failure(VZ_IO_ERROR, "beyond the end");
            std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(offset), bytes.size(), bytes.begin());
            return {};
        }
        Result<uint64_t> size() const override { return bytes_.size(); }
        Result<bool> is_in_place() const override { return true; }
        Status drop_cache() override { return {}; }
        Status write(uint64_t, std::span<const std::byte>) override { return refused(); }
        Status allocate(uint64_t) override { return refused(); }
        Status sync_data() override { return refused(); }
        Status sync() override { return refused(); }
        Status seal() override { return refused(); }

     private:
        std::span<const std::byte> bytes_;
    };

    // Sections are read where they lie, at the alignment that they have in a page.
    class Map final : public vz::Mapping {
     public:
        explicit Map(std::span<const std::byte> bytes)
            : bytes_(
                  static_cast<std::byte*>(::operator new (std::max<size_t>(bytes.size(), 1), std::align_val_t{4096}))),
              size_(bytes.size()) {
            std::copy(bytes.begin(), bytes.end(), bytes_);
        }
        ~Map() override { ::operator delete (bytes_, std::align_val_t{4096}); }
        Map(const Map&) = delete;
        Map& operator=(const Map&) = delete;
        std::span<const std::byte> bytes() const override { return {bytes_, size_}; }
        bool failed() const override { return false; }
        void advise(Advice, uint64_t, uint64_t) const override {}

     private:
        std::byte* bytes_;
        size_t size_;
    };

    std::span<const std::byte> bytes_;
};

}  // namespace vz::fuzz
