#include "plugins/host/import_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "frontends/codec/expiry.hpp"
#include "frontends/json/reader.hpp"
#include "vectorizer/types.h"

namespace vz::host {
namespace {

namespace fs = std::filesystem;

constexpr char kBlank[] = " \t\r";
constexpr size_t kHeadBytes = 8;

std::string why_not(const std::string& path) {
    return "cannot read " + path + ": " + std::error_code(errno, std::generic_category()).message();
}

// The format of the big-ann-benchmarks tools: u32 rows, u32 dim, then the rows, little-endian.
class BinSource final : public ImportSource {
 public:
    bool open(const fs::path& file, const fs::path& payloads, std::string* problem) {
        path_ = file.string();
        is_bytes_ = file.extension() == ".u8bin";
        errno = 0;
        vectors_.open(file, std::ios::binary);
        if (!vectors_) {
            *problem = why_not(path_);
            return false;
        }
        return read_head(problem) && check_vectors(problem) && open_payloads(payloads, problem);
    }

    uint32_t dim() const override { return dim_; }
    uint64_t rows() const override { return rows_; }
    const std::string& path() const override { return path_; }
    bool has_numbered_rows() const override { return true; }

    bool read(size_t count, ImportBatch* batch, std::string* problem) override {
        *batch = {};
        batch->first = next_;
        batch->rows = static_cast<size_t>(std::min<uint64_t>(count, rows_ - next_));
        batch->vectors.resize(batch->rows * dim_);
        if (!read_vectors(batch)) {
            *problem = path_ + " ends early";
            return false;
        }
        for (size_t i = 0; i < batch->rows; ++i) {
            batch->ids.push_back(std::to_string(next_ + i));
            if (has_payloads_ && !read_payload(batch, problem)) return false;
        }
        next_ += batch->rows;
        return true;
    }

 private:
    bool read_head(std::string* problem) {
        uint32_t head[kHeadBytes / sizeof(uint32_t)] = {};
        if (!vectors_.read(reinterpret_cast<char*>(head), sizeof(head))) {
            *problem = "cannot read the head of " + path_;
            return false;
        }
        rows_ = head[0];
        dim_ = head[1];
        const uint64_t element = is_bytes_ ? 1 : sizeof(float);
        std::error_code error;
        const uintmax_t bytes = fs::file_size(path_, error);
        if (error) {
            *problem = "cannot read " + path_ + ": " + error.message();
        } else if (dim_ == 0 || bytes != sizeof(head) + rows_ * dim_ * element) {
            *problem = path_ + " names " + std::to_string(rows_) + " rows of " + std::to_string(dim_) +
                       " numbers, which is not its size";
        } else if (rows_ == 0) {
            *problem = path_ + " holds no points";
        } else {
            return true;
        }
        return false;
    }

    bool check_vectors(std::string* problem) {
        constexpr uint64_t kPart = 1 << 18;
        std::vector<float> part;
        const uint64_t numbers = is_bytes_ ? 0 : rows_ * dim_;
        for (uint64_t at = 0; at < numbers; at += part.size()) {
            part.resize(static_cast<size_t>(std::min(kPart, numbers - at)));
            errno = 0;
            if (!read_floats(&part)) {
                *problem = why_not(path_);
                return false;
            }
            const auto bad =
                std::find_if_not(part.begin(), part.end(), [](float number) { return std::isfinite(number); });
            if (bad == part.end()) continue;
            const uint64_t number = at + static_cast<uint64_t>(bad - part.begin());
            *problem = path_ + ": element " + std::to_string(number % dim_) + " of row " +
                       std::to_string(number / dim_) + " is not finite";
            return false;
        }
        vectors_.seekg(kHeadBytes);
        return true;
    }

    bool open_payloads(const fs::path& payloads, std::string* problem) {
        std::error_code error;
        if (fs::status(payloads, error).type() == fs::file_type::not_found) return true;
        payload_path_ = payloads.string();
        if (!check_path(payload_path_, Folders::kRefused, problem)) return false;
        has_payloads_ = true;
        errno = 0;
        payloads_.open(payloads);
        if (!payloads_) {
            *problem = why_not(payload_path_);
            return false;
        }
        return check_payloads(problem);
    }

    bool check_payloads(std::string* problem) {
        uint64_t lines = 0;
        uint64_t last = 0;  // that is not blank
        for (std::string line; std::getline(payloads_, line);) {
            ++lines;
            if (line.find_first_not_of(kBlank) == std::string::npos) continue;
            last = lines;
            if (!check_payload(line, payload_path_ + ":" + std::to_string(lines), problem)) return false;
        }
        if (payloads_.bad()) {
            *problem = why_not(payload_path_);
            return false;
        }
        if (lines < rows_ || last > rows_) {
            *problem =
                payload_path_ + " has " + std::to_string(std::max(lines, last)) + " lines, and " + path_ + " " +
                std::to_string(rows_) +
                " rows: a line belongs to each row. Vectors without payloads lie in a folder without payload.jsonl";
            return false;
        }
        payloads_.clear();
        payloads_.seekg(0);
        return true;
    }

    bool read_payload(ImportBatch* batch, std::string* problem) {
        std::string line;
        if (!std::getline(payloads_, line)) {
            *problem = payload_path_ + " ends early";
            return false;
        }
        if (line.find_first_not_of(kBlank) == std::string::npos) line.clear();
        batch->payloads.push_back(std::move(line));
        return true;
    }

    bool read_vectors(ImportBatch* batch) {
        const size_t values = batch->vectors.size();
        if (!is_bytes_) return read_floats(&batch->vectors);
        bytes_.resize(values);
        if (values != 0 && !vectors_.read(reinterpret_cast<char*>(bytes_.data()), static_cast<std::streamsize>(values)))
            return false;
        for (size_t i = 0; i < values; ++i) batch->vectors[i] = bytes_[i];
        return true;
    }

    bool read_floats(std::vector<float>* numbers) {
        const auto bytes = static_cast<std::streamsize>(numbers->size() * sizeof(float));
        return vectors_.read(reinterpret_cast<char*>(numbers->data()), bytes).good();
    }

    std::string path_;
    std::string payload_path_;
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

bool check_path(const std::string& path, Folders folders, std::string* problem) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) {
        *problem = "there is no file " + path;
    } else if (error) {
        *problem = "cannot read " + path + ": " + error.message();
    } else if (fs::is_directory(status) && folders == Folders::kRefused) {
        *problem = path + " is a folder, not a file";
    } else if (!fs::is_directory(status) && !fs::is_regular_file(status)) {
        *problem = path + " is no regular file: it is read twice, which a pipe or a device is not made for";
    } else {
        return true;
    }
    return false;
}

bool check_payload(const std::string& payload, const std::string& place, std::string* problem) {
    if (payload.empty()) return true;
    const auto refuse = [&](const std::string& reason) {
        *problem = place + ": " + reason;
        return false;
    };
    uint64_t offset = 0;
    const char* reason = nullptr;
    if (!json::check_json(payload, &offset, &reason))
        return refuse("the payload is no JSON: " + std::string(reason) + " (byte " + std::to_string(offset) + ")");
    if (payload[payload.find_first_not_of(kBlank)] != '{') return refuse("the payload must be a JSON object");
    if (payload.size() > VZ_PAYLOAD_BYTES_MAX)
        return refuse("the payload has more than " + std::to_string(VZ_PAYLOAD_BYTES_MAX) + " bytes");
    reason = codec::refuse_expiry(payload);
    return reason == nullptr || refuse(std::string(codec::kExpiryKey) + ": " + reason);
}

std::unique_ptr<ImportSource> open_source(const std::string& path, std::string* problem) {
    if (!check_path(path, Folders::kTaken, problem)) return nullptr;
    std::error_code error;
    fs::path file = path;
    fs::path payloads = file.parent_path() / "payload.jsonl";
    if (fs::is_directory(file, error)) {
        payloads = file / "payload.jsonl";
        const bool has_floats = fs::exists(file / "base.fbin", error);
        file /= has_floats || error ? "base.fbin" : "base.u8bin";
        if (!check_path(file.string(), Folders::kRefused, problem)) {
            *problem += " (a folder holds base.fbin or base.u8bin)";
            return nullptr;
        }
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
