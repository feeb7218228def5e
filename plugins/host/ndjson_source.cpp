#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "frontends/json/reader.hpp"
#include "plugins/host/import_source.hpp"

namespace vz::host {
namespace {

namespace fs = std::filesystem;

enum Member : uint32_t { kId, kVector, kPayload };
constexpr json::Field kMembers[] = {{"id", kId},       {"vector", kVector},   {"embedding", kVector},
                                    {"data", kVector}, {"payload", kPayload}, {"metadata", kPayload}};

// Memory for what one line holds; used again for the next.
class LineMemory {
 public:
    json::Arena arena() {
        return {this, [](void* owner, uint64_t bytes, uint64_t align) {
                    return static_cast<LineMemory*>(owner)->take(bytes, align);
                }};
    }
    void clear() { blocks_.clear(); }

 private:
    void* take(uint64_t bytes, uint64_t align) {
        blocks_.push_back(std::make_unique<char[]>(bytes + align));
        void* at = blocks_.back().get();
        size_t room = bytes + align;
        return std::align(align, bytes, at, room);
    }
    std::vector<std::unique_ptr<char[]>> blocks_;
};

struct Line {
    std::string id;
    std::vector<float> vector;
    std::string payload;
};

class NdjsonSource final : public ImportSource {
 public:
    // One pass to count the points, so that progress has an end; the first gives the dimension.
    bool open(const std::string& path, std::string* problem) {
        path_ = path;
        file_.open(path);
        std::string text;
        while (next_line(&text)) {
            if (rows_++ != 0) continue;
            Line line;
            if (!parse(text, &line, problem)) return false;
            dim_ = static_cast<uint32_t>(line.vector.size());
        }
        if (rows_ == 0) {
            *problem = path + " holds no points";
            return false;
        }
        file_.clear();
        file_.seekg(0);
        line_number_ = 0;
        return true;
    }

    uint32_t dim() const override { return dim_; }
    uint64_t rows() const override { return rows_; }
    std::string identity() const override {
        return path_.filename().string() + ":" + std::to_string(fs::file_size(path_)) + ":" +
               std::to_string(fs::last_write_time(path_).time_since_epoch().count());
    }

    bool read(size_t count, ImportBatch* batch, std::string* problem) override {
        *batch = {};
        batch->first = next_;
        std::string text;
        while (batch->rows < count && next_line(&text)) {
            Line line;
            if (!parse(text, &line, problem)) return false;
            if (line.vector.size() != dim_) {
                *problem = place() + "the vector has " + std::to_string(line.vector.size()) +
                           " dimensions, the first one has " + std::to_string(dim_);
                return false;
            }
            batch->ids.push_back(line.id.empty() ? std::to_string(next_ + batch->rows) : std::move(line.id));
            batch->vectors.insert(batch->vectors.end(), line.vector.begin(), line.vector.end());
            batch->payloads.push_back(std::move(line.payload));
            ++batch->rows;
        }
        next_ += batch->rows;
        return true;
    }

 private:
    bool next_line(std::string* text) {
        while (std::getline(file_, *text)) {
            if (++line_number_ == 1) text->erase(0, text->size() - json::without_byte_order_mark(*text).size());
            if (text->find_first_not_of(" \t\r") != std::string::npos) return true;
        }
        return false;
    }

    std::string place() const { return path_.string() + ":" + std::to_string(line_number_) + ": "; }

    bool parse(std::string& text, Line* line, std::string* problem) {
        memory_.clear();
        const size_t size = text.size();
        text.resize(size + json::kPadding);
        json::Reader reader({text.data(), size}, memory_.arena());
        json::Floats floats;
        const bool read = reader.read(kMembers, [&](uint32_t member, json::Value value) {
            if (reader.is_null(value)) return true;
            std::string_view part;
            uint64_t count = 0;
            if (member == kVector) return reader.floats(value, floats, count);
            if (!(member == kId ? reader.id(value, part) : reader.raw_object(value, part))) return false;
            (member == kId ? line->id : line->payload) = part;
            return true;
        });
        if (!read) {
            *problem =
                place() + reader.error().field + (reader.error().field.empty() ? "" : ": ") + reader.error().reason;
            return false;
        }
        if (floats.count == 0) {
            *problem = place() + "a point needs a \"vector\"";
            return false;
        }
        line->vector.assign(floats.data, floats.data + floats.count);
        return true;
    }

    fs::path path_;
    std::ifstream file_;
    LineMemory memory_;
    uint64_t rows_ = 0;
    uint64_t next_ = 0;
    uint64_t line_number_ = 0;
    uint32_t dim_ = 0;
};

}  // namespace

std::unique_ptr<ImportSource> open_ndjson(const std::string& path, std::string* problem) {
    auto source = std::make_unique<NdjsonSource>();
    if (!source->open(path, problem)) return nullptr;
    return source;
}

}  // namespace vz::host
