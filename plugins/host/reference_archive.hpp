// The reference system's `.vecdb`: a ZIP whose entries `*_vector_store.bin` are JSON,
// {"version","collections":[{"name","config":{"dimension","metric",...},"vectors":[{"id","data","payload_json","normalized"}]}]}.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vz::host {

// What one collection of it says of itself, and what was counted in it.
struct ReferenceCollection {
    std::string name;
    uint32_t dimension = 0;
    uint32_t metric = 0;  // vz_metric
    bool was_quantized = false;
    uint64_t vectors = 0;
    uint64_t normalized = 0;  // vectors that are marked so
    uint64_t sparse = 0;      // vectors with a sparse part, which is not taken over
};

// A batch of one collection's vectors; texts live as long as the reading.
struct ReferenceBatch {
    std::vector<std::string> ids;
    std::vector<std::string> payloads;  // "": none
    std::vector<float> values;          // packed
};

// `text` is one entry, with json::kPadding bytes behind it; `entry` names it. False: `problem` says what is wrong, with
// the place.
bool survey_reference(const std::string& text, const std::string& entry, std::vector<ReferenceCollection>* collections,
                      std::string* problem);
// Hands over the vectors of the collections in that order, a batch at a time; `take` returns false to end it.
bool read_reference(const std::string& text, const std::string& entry, size_t batch_rows,
                    const std::function<bool(size_t collection, const ReferenceBatch& batch)>& take,
                    std::string* problem);

}  // namespace vz::host
