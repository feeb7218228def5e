#include "engine/io/read_around.hpp"

#include <algorithm>
#include <vector>

namespace vz {
namespace {

constexpr uint64_t kPieceBytes = 1 << 20;

class FileReadAround final : public ForwardingFile {
 public:
    FileReadAround(ReadAround& files, std::unique_ptr<File> file, std::string path)
        : ForwardingFile(std::move(file)), files_(files), path_(std::move(path)) {}

    Status read(uint64_t offset, std::span<std::byte> bytes) const override {
        return files_.read(file(), path_, offset, bytes).take_status();
    }

 private:
    ReadAround& files_;
    const std::string path_;
};

class CopyInMemory final : public Mapping {
 public:
    explicit CopyInMemory(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
    std::span<const std::byte> bytes() const override { return bytes_; }
    bool failed() const override { return false; }
    void advise(Advice /*advice*/, uint64_t /*offset*/, uint64_t /*size*/) const override {}

 private:
    const std::vector<std::byte> bytes_;
};

}  // namespace

Result<uint64_t> ReadAround::read(const File& file, const std::string& path, uint64_t offset,
                                  std::span<std::byte> bytes) {
    Status whole = file.read(offset, bytes);
    if (whole.ok()) return uint64_t{0};
    VZ_ASSIGN(const uint64_t size, file.size());
    if (whole.code() != VZ_IO_ERROR || offset > size || bytes.size() > size - offset) return whole;
    uint64_t unreadable = 0;
    for (uint64_t done = 0; done < bytes.size();) {
        const uint64_t at = offset + done;
        const auto part = bytes.subspan(done, std::min(kBlock - at % kBlock, bytes.size() - done));
        done += part.size();
        const Status read = file.read(at, part);
        if (read.ok()) continue;
        if (read.code() != VZ_IO_ERROR) return read.clone();
        std::fill(part.begin(), part.end(), std::byte{0});
        ++unreadable;
        const std::scoped_lock lock(mutex_);
        if (told_.insert({path, at / kBlock}).second) unreadable_(path, at / kBlock * kBlock);
    }
    return unreadable;
}

Result<std::unique_ptr<File>> ReadAround::open(const std::string& path, OpenMode mode) {
    VZ_ASSIGN(std::unique_ptr<File> file, ForwardingFileSystem::open(path, mode));
    return std::unique_ptr<File>(std::make_unique<FileReadAround>(*this, std::move(file), path));
}

Result<std::unique_ptr<Mapping>> ReadAround::map(const std::string& path) {
    VZ_ASSIGN(const std::unique_ptr<File> file, ForwardingFileSystem::open(path, OpenMode::kRead));
    VZ_ASSIGN(const uint64_t size, file->size());
    std::vector<std::byte> piece(std::min(kPieceBytes, size));
    uint64_t unreadable = 0;
    for (uint64_t at = 0; at < size; at += piece.size()) {
        VZ_ASSIGN(const uint64_t here,
                  read(*file, path, at, std::span(piece).first(std::min<uint64_t>(piece.size(), size - at))));
        unreadable += here;
    }
    if (unreadable == 0) return ForwardingFileSystem::map(path);
    std::vector<std::byte> bytes(size);
    VZ_TRY(read(*file, path, 0, bytes).take_status());
    return std::unique_ptr<Mapping>(std::make_unique<CopyInMemory>(std::move(bytes)));
}

}  // namespace vz
