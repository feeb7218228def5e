// `vectorizer import`: vectors from files into a collection, through the C ABI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vz::host {

struct ImportOptions {
    std::vector<std::string> sources;
    std::string collection;
    std::string data_directory;
    std::optional<std::string> metric;  // none: cosine for a new collection
    std::optional<uint32_t> batch;      // none: 1000
};

// The exit code of the process. Batches carry request ids made of their contents, so a repeated import goes on where it
// stopped; what was changed since an earlier run is written again.
int import(const ImportOptions& options);

}  // namespace vz::host
