#include "engine/io/memory_overlay.hpp"

#include <algorithm>

namespace vz {
namespace {

class MemoryFile final : public File {
 public:
    explicit MemoryFile(std::shared_ptr<std::vector<std::byte>> bytes) : bytes_(std::move(bytes)) {}

    Status read(uint64_t offset, std::span<std::byte> out) const override {
        if (offset > bytes_->size() || out.size() > bytes_->size() - offset)
            return failure(VZ_IO_ERROR, "a file in memory ends before that");
        std::copy_n(bytes_->begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return {};
    }
    Status write(uint64_t offset, std::span<const std::byte> in) override {
        if (bytes_->size() < offset + in.size()) bytes_->resize(offset + in.size());
        std::copy(in.begin(), in.end(), bytes_->begin() + static_cast<std::ptrdiff_t>(offset));
        return {};
    }
    Status allocate(uint64_t bytes) override {
        if (bytes_->size() < bytes) bytes_->resize(bytes);
        return {};
    }
    Status sync_data() override { return {}; }
    Status sync() override { return {}; }
    Result<uint64_t> size() const override { return uint64_t{bytes_->size()}; }
    Result<bool> is_in_place() const override { return true; }
    Status seal() override { return {}; }
    Status drop_cache() override { return {}; }

 private:
    const std::shared_ptr<std::vector<std::byte>> bytes_;
};

class MemoryMapping final : public Mapping {
 public:
    explicit MemoryMapping(std::shared_ptr<const std::vector<std::byte>> bytes) : bytes_(std::move(bytes)) {}
    std::span<const std::byte> bytes() const override { return *bytes_; }
    bool failed() const override { return false; }
    void advise(Advice, uint64_t, uint64_t) const override {}

 private:
    const std::shared_ptr<const std::vector<std::byte>> bytes_;
};

}  // namespace

MemoryOverlay::Bytes MemoryOverlay::find(const std::string& path) const {
    const std::scoped_lock lock(mutex_);
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : found->second;
}

Result<std::unique_ptr<File>> MemoryOverlay::create(const std::string& path) {
    VZ_ASSIGN(const bool is_taken, exists(path));
    if (is_taken) return failure(VZ_ALREADY_EXISTS, "there is a file %s", path.c_str());
    auto bytes = std::make_shared<std::vector<std::byte>>();
    const std::scoped_lock lock(mutex_);
    files_[path] = bytes;
    return std::unique_ptr<File>(std::make_unique<MemoryFile>(std::move(bytes)));
}

Result<std::unique_ptr<File>> MemoryOverlay::open(const std::string& path, OpenMode mode) {
    Bytes bytes = find(path);
    if (bytes == nullptr) return ForwardingFileSystem::open(path, mode);
    return std::unique_ptr<File>(std::make_unique<MemoryFile>(std::move(bytes)));
}

Result<std::unique_ptr<Mapping>> MemoryOverlay::map(const std::string& path) {
    Bytes bytes = find(path);
    if (bytes == nullptr) return ForwardingFileSystem::map(path);
    return std::unique_ptr<Mapping>(std::make_unique<MemoryMapping>(std::move(bytes)));
}

Result<bool> MemoryOverlay::exists(const std::string& path) {
    if (find(path) != nullptr) return true;
    return ForwardingFileSystem::exists(path);
}

Status MemoryOverlay::unlink(const std::string& path) {
    const std::scoped_lock lock(mutex_);
    if (files_.erase(path) == 0) return failure(VZ_NOT_FOUND, "%s is no file in memory", path.c_str());
    return {};
}

}  // namespace vz
