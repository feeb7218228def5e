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
    std::vector<std::string> ids;       // one per row; empty: row numbers
    size_t rows = 0;
};

class ImportSource {
 public:
    virtual ~ImportSource() = default;
    virtual uint32_t dim() const = 0;
    virtual uint64_t rows() const = 0;
    // Tells one source from another, over runs: name, size and time of change.
    virtual std::string identity() const = 0;
    // The next rows, at most `count`; none: the end. False: `problem` says what is wrong with the source.
    virtual bool read(size_t count, ImportBatch* batch, std::string* problem) = 0;
};

// Points as NDJSON, one object a line: {"id"?, "vector" ("embedding", "data"), "payload"? ("metadata")}. Null:
// `problem` says why.
std::unique_ptr<ImportSource> open_ndjson(const std::string& path, std::string* problem);

// A folder with base.fbin or base.u8bin (and payload.jsonl), one such file, or NDJSON. Null: `problem` says why.
std::unique_ptr<ImportSource> open_source(const std::string& path, std::string* problem);

}  // namespace vz::host
