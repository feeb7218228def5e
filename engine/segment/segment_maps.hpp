// Maps of segment files that are open, so that the segments of one file share one.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "engine/io/file.hpp"

namespace vz {

// Any thread. A map goes when its last segment does.
class SegmentMaps {
 public:
    Result<std::shared_ptr<const Mapping>> map(FileSystem& files, const std::string& path);

 private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::weak_ptr<const Mapping>> maps_;  // by path
    size_t forget_at_ = 64;                                               // so many, and those that went are forgotten
};

}  // namespace vz
