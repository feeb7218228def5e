#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>
#include <unordered_map>

#include "frontends/json/reader.hpp"
#include "frontends/text/names.hpp"
#include "plugins/host/import_source.hpp"

namespace vz::host {
namespace {

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
    std::optional<std::string> id;
    std::vector<float> vector;
    std::string payload;
};

class NdjsonSource final : public ImportSource {
 public:
    // One pass over all of it; the first point gives the dimension.
    bool open(const std::string& path, std::string* problem) {
        path_ = path;
        errno = 0;
        file_.open(path);
        if (!file_) return cannot_read(problem);
        std::unordered_map<std::string, uint64_t> lines;  // by id
        std::string text;
        for (; next_line(&text); ++rows_) {
            Line line;
            if (!parse(text, &line, problem)) return false;
            const auto [first, is_new] = lines.emplace(id_of(line, rows_), line_number_);
            if (!is_new) {
                *problem = place() + ": the id '" + first->first + "' stands in line " + std::to_string(first->second) +
                           " already" + (!line.id ? "; a point without one has its number, from 0 on" : "");
                return false;
            }
        }
        if (file_.bad()) return cannot_read(problem);
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
    const std::string& path() const override { return path_; }
    bool has_numbered_rows() const override { return has_numbered_rows_; }

    bool read(size_t count, ImportBatch* batch, std::string* problem) override {
        *batch = {};
        batch->first = next_;
        const uint64_t wanted = std::min<uint64_t>(count, rows_ - next_);
        for (std::string text; batch->rows < wanted; ++batch->rows) {
            Line line;
            if (!next_line(&text)) {
                *problem = path_ + " ends early";
                return false;
            }
            if (!parse(text, &line, problem)) return false;
            batch->ids.push_back(id_of(line, next_ + batch->rows));
            batch->vectors.insert(batch->vectors.end(), line.vector.begin(), line.vector.end());
            batch->payloads.push_back(std::move(line.payload));
            batch->places.push_back(place());
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

    std::string place() const { return path_ + ":" + std::to_string(line_number_); }

    static std::string id_of(const Line& line, uint64_t row) { return line.id ? *line.id : std::to_string(row); }

    bool cannot_read(std::string* problem) const {
        *problem = "cannot read " + path_ + ": " + std::error_code(errno, std::generic_category()).message();
        return false;
    }

    bool parse(std::string& text, Line* line, std::string* problem) {
        if (!read_line(text, line, problem)) return false;
        if (dim_ == 0) dim_ = static_cast<uint32_t>(line->vector.size());
        if (line->vector.size() != dim_) {
            *problem = place() + ": the vector has " + std::to_string(line->vector.size()) +
                       " dimensions, the first one has " + std::to_string(dim_);
            return false;
        }
        if (const char* reason = line->id ? text::refuse_id(*line->id) : nullptr) {
            *problem = place() + ": id: " + reason;
            return false;
        }
        has_numbered_rows_ = has_numbered_rows_ || !line->id;
        return check_payload(line->payload, place(), problem);
    }

    bool read_line(std::string& text, Line* line, std::string* problem) {
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
            if (member == kId) line->id.emplace(part);
            if (member == kPayload) line->payload = part;
            return true;
        });
        if (!read) {
            const json::Error& error = reader.error();
            *problem = place() + ": " + error.field + (error.field.empty() ? "" : ": ") + error.reason;
            return false;
        }
        if (floats.count == 0) {
            *problem = place() + ": a point needs a \"vector\"";
            return false;
        }
        line->vector.assign(floats.data, floats.data + floats.count);
        return true;
    }

    std::string path_;
    std::ifstream file_;
    LineMemory memory_;
    uint64_t rows_ = 0;
    uint64_t next_ = 0;
    uint64_t line_number_ = 0;
    uint32_t dim_ = 0;
    bool has_numbered_rows_ = false;
};

}  // namespace

std::unique_ptr<ImportSource> open_ndjson(const std::string& path, std::string* problem) {
    auto source = std::make_unique<NdjsonSource>();
    if (!source->open(path, problem)) return nullptr;
    return source;
}

}  // namespace vz::host
