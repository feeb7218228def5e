// Where imported points come from: batches of rows with payloads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vz::host {

struct ImportBatch {
    uint64_t first = 0;                 // number of the first row
    std::vector<float> vectors;         // rows x dim, packed
    std::vector<std::string> payloads;  // one per row; empty: none
    std::vector<std::string> ids;       // one per row
    std::vector<std::string> places;    // one per row, for messages: "points.ndjson:17"; empty: rows are numbered
    size_t rows = 0;
};

// Read as a whole when it is opened: a mistake is found before anything is written.
class ImportSource {
 public:
    virtual ~ImportSource() = default;
    virtual uint32_t dim() const = 0;
    virtual uint64_t rows() const = 0;
    virtual const std::string& path() const = 0;
    // Whether rows have their number for an id.
    virtual bool has_numbered_rows() const = 0;
    // The next rows, `count` while there are as many. False: `problem` says what is wrong with the source.
    virtual bool read(size_t count, ImportBatch* batch, std::string* problem) = 0;
};

// Whether there is a regular file, or a folder if those are taken, that may be read; if not, `problem` says why.
enum class Folders { kTaken, kRefused };
bool check_path(const std::string& path, Folders folders, std::string* problem);

// Whether the payload of a point, or none, can be taken; if not, `problem` says why.
bool check_payload(const std::string& payload, const std::string& place, std::string* problem);

// Points as NDJSON, one object a line: {"id"?, "vector" ("embedding", "data"), "payload"? ("metadata")}. Null:
// `problem` says why.
std::unique_ptr<ImportSource> open_ndjson(const std::string& path, std::string* problem);

// A folder with base.fbin or base.u8bin (and payload.jsonl), one such file, or NDJSON. Null: `problem` says why.
std::unique_ptr<ImportSource> open_source(const std::string& path, std::string* problem);

}  // namespace vz::host
