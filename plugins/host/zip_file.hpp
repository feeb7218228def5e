// A ZIP file, read entry by entry: the door of libzip.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vz::host {

class ZipFile {
 public:
    // Null: `problem` says why.
    static std::unique_ptr<ZipFile> open(const std::string& path, std::string* problem);
    ~ZipFile();
    ZipFile(const ZipFile&) = delete;
    ZipFile& operator=(const ZipFile&) = delete;

    std::vector<std::string> names() const;
    // The whole entry, checked against its checksum, with `padding` zero bytes behind it that size() does not count.
    // Names are never taken for paths. False: `problem` says why, also for an entry of more than `bytes_max`.
    bool read(const std::string& name, uint64_t bytes_max, uint64_t padding, std::string* content,
              std::string* problem);

 private:
    ZipFile() = default;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace vz::host
