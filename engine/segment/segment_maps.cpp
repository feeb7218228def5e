#include "engine/segment/segment_maps.hpp"

namespace vz {

Result<std::shared_ptr<const Mapping>> SegmentMaps::map(FileSystem& files, const std::string& path) {
    const std::scoped_lock lock(mutex_);
    std::weak_ptr<const Mapping>& known = maps_[path];
    if (std::shared_ptr<const Mapping> open = known.lock()) return open;
    VZ_ASSIGN(std::shared_ptr<const Mapping> mapping, files.map(path));
    known = mapping;
    if (maps_.size() >= forget_at_) {
        std::erase_if(maps_, [](const auto& each) { return each.second.expired(); });
        forget_at_ = 2 * maps_.size() + 64;
    }
    return mapping;
}

}  // namespace vz
