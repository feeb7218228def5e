#include "plugins/host/import_source.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>

namespace vz::host {
namespace {

namespace fs = std::filesystem;

// The format of the big-ann-benchmarks tools: u32 rows, u32 dim, then the rows, little-endian.
class BinSource final : public ImportSource {
 public:
    bool open(const fs::path& file, const fs::path& payloads, std::string* problem) {
        path_ = file;
        is_bytes_ = file.extension() == ".u8bin";
        vectors_.open(file, std::ios::binary);
        uint32_t head[2] = {0, 0};
        if (!vectors_.read(reinterpret_cast<char*>(head), sizeof(head))) {
            *problem = "cannot read the head of " + file.string();
            return false;
        }
        rows_ = head[0];
        dim_ = head[1];
        const uint64_t element = is_bytes_ ? 1 : sizeof(float);
        if (dim_ == 0 || fs::file_size(file) != sizeof(head) + rows_ * dim_ * element) {
            *problem = file.string() + " names " + std::to_string(rows_) + " rows of " + std::to_string(dim_) +
                       " numbers, which is not its size";
            return false;
        }
        has_payloads_ = fs::exists(payloads);
        if (has_payloads_) payloads_.open(payloads);
        return true;
    }

    uint32_t dim() const override { return dim_; }
    uint64_t rows() const override { return rows_; }
    std::string identity() const override {
        const auto changed = fs::last_write_time(path_).time_since_epoch().count();
        return path_.filename().string() + ":" + std::to_string(fs::file_size(path_)) + ":" + std::to_string(changed);
    }

    bool read(size_t count, ImportBatch* batch, std::string* problem) override {
        batch->first = next_;
        batch->rows = static_cast<size_t>(std::min<uint64_t>(count, rows_ - next_));
        batch->payloads.clear();
        batch->vectors.resize(batch->rows * dim_);
        if (!read_vectors(batch)) {
            *problem = path_.string() + " ends early";
            return false;
        }
        for (size_t i = 0; has_payloads_ && i < batch->rows; ++i) {
            std::string line;
            if (!std::getline(payloads_, line)) {
                *problem = "payload.jsonl has fewer lines than there are rows";
                return false;
            }
            batch->payloads.push_back(std::move(line));
        }
        next_ += batch->rows;
        return true;
    }

 private:
    bool read_vectors(ImportBatch* batch) {
        const size_t values = batch->vectors.size();
        if (!is_bytes_)
            return values == 0 || vectors_
                                      .read(reinterpret_cast<char*>(batch->vectors.data()),
                                            static_cast<std::streamsize>(values * sizeof(float)))
                                      .good();
        bytes_.resize(values);
        if (values != 0 && !vectors_.read(reinterpret_cast<char*>(bytes_.data()), static_cast<std::streamsize>(values)))
            return false;
        for (size_t i = 0; i < values; ++i) batch->vectors[i] = bytes_[i];
        return true;
    }

    fs::path path_;
    std::ifstream vectors_;
    std::ifstream payloads_;
    std::vector<uint8_t> bytes_;
    uint64_t rows_ = 0;
    uint64_t next_ = 0;
    uint32_t dim_ = 0;
    bool is_bytes_ = false;
    bool has_payloads_ = false;
};

}  // namespace

std::unique_ptr<ImportSource> open_source(const std::string& path, std::string* problem) {
    std::error_code error;
    fs::path file = path;
    fs::path payloads = file.parent_path() / "payload.jsonl";
    if (fs::is_directory(file, error)) {
        payloads = file / "payload.jsonl";
        file = fs::exists(file / "base.fbin") ? file / "base.fbin" : file / "base.u8bin";
    }
    if (!fs::exists(file, error)) {
        *problem = "there is no file " + file.string() + " (a folder holds base.fbin or base.u8bin)";
        return nullptr;
    }
    if (file.extension() == ".ndjson" || file.extension() == ".jsonl") return open_ndjson(file.string(), problem);
    if (file.extension() != ".fbin" && file.extension() != ".u8bin") {
        *problem = file.string() + " is none of .fbin, .u8bin, .ndjson, .jsonl, and no archive";
        return nullptr;
    }
    auto source = std::make_unique<BinSource>();
    if (!source->open(file, payloads, problem)) return nullptr;
    return source;
}

}  // namespace vz::host
