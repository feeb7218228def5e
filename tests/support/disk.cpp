#include "tests/support/disk.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"

namespace vz {
namespace {

// Of a sector at its place; zeros count nothing, so that length of the zero tail does not matter.
uint64_t placed_hash(uint64_t index, const SectorPointer& sector) {
    return sector == nullptr ? 0 : mix(sector->hash + index * 0x9E3779B97F4A7C15u + 1);
}

bool is_name(Effect::Kind kind) { return kind != Effect::Kind::kSector && kind != Effect::Kind::kSize; }

bool is_in(const Effect& effect, const std::string& directory) {
    if (!is_name(effect.kind)) return false;
    // A rename belongs to the directory of the new name: being atomic, it cannot become durable by half with the other
    // one.
    return parent_path(effect.names->name) == directory;
}

Effect name_effect(Effect::Kind kind, uint64_t inode, const std::string& name, const std::string& from = {}) {
    Effect effect;
    effect.kind = kind;
    effect.inode = inode;
    effect.names = std::make_shared<const Names>(Names{name, from});
    return effect;
}

}  // namespace

uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

uint64_t hash_text(std::string_view text) { return xxh3_64(as_bytes(text)); }

std::string normal_path(const std::string& path) {
    std::string normal;
    for (const char c : path) {
        if (c == '/' && !normal.empty() && normal.back() == '/') continue;
        normal.push_back(c);
    }
    if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
    return normal;
}

std::string_view parent_path(std::string_view path) {
    const size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

uint64_t Content::hash() const { return mix(sector_hash_ + size_ * 0x9E3779B97F4A7C15u); }

uint64_t Content::hash(uint64_t offset, uint64_t bytes) const {
    uint64_t hash = mix(offset) + bytes;
    const uint64_t end = std::min<uint64_t>((offset + bytes + kSectorBytes - 1) / kSectorBytes, sectors_.size());
    for (uint64_t i = offset / kSectorBytes; i < end; ++i) hash ^= placed_hash(i, sectors_[i]);
    return mix(hash);
}

void Content::set_sector(uint64_t index, SectorPointer sector) {
    if (index >= sectors_.size()) {
        if (sector == nullptr) return;
        sectors_.resize(index + 1);
    }
    sector_hash_ ^= placed_hash(index, sectors_[index]) ^ placed_hash(index, sector);
    sectors_[index] = std::move(sector);
}

void Content::trim() {
    const uint64_t whole = size_ / kSectorBytes;
    const uint64_t rest = size_ % kSectorBytes;
    for (uint64_t i = whole + (rest != 0 ? 1 : 0); i < sectors_.size(); ++i) set_sector(i, nullptr);
    if (rest == 0 || sector(whole) == nullptr) return;
    const std::array<std::byte, kSectorBytes> zeros{};
    set_sector(whole, overwrite(sector(whole), rest, std::span(zeros).subspan(rest)));
}

void Content::read(uint64_t offset, std::span<std::byte> bytes) const {
    while (!bytes.empty() && offset / kSectorBytes < sectors_.size()) {
        const uint64_t within = offset % kSectorBytes;
        const size_t count = std::min<size_t>(bytes.size(), kSectorBytes - within);
        const SectorPointer& sector = sectors_[offset / kSectorBytes];
        if (sector != nullptr) {
            std::memcpy(bytes.data(), sector->bytes.data() + within, count);
        } else {
            std::memset(bytes.data(), 0, count);
        }
        bytes = bytes.subspan(count);
        offset += count;
    }
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
}

SectorPointer overwrite(const SectorPointer& sector, uint64_t offset, std::span<const std::byte> bytes) {
    auto fresh = sector != nullptr ? std::make_shared<Sector>(*sector) : std::make_shared<Sector>();
    std::memcpy(fresh->bytes.data() + offset, bytes.data(), bytes.size());
    if (all_zero(fresh->bytes)) return nullptr;
    fresh->hash = xxh3_64(fresh->bytes);
    return fresh;
}

bool holds(const SectorPointer& sector, uint64_t offset, std::span<const std::byte> bytes) {
    if (sector == nullptr) return all_zero(bytes);
    return std::memcmp(sector->bytes.data() + offset, bytes.data(), bytes.size()) == 0;
}

std::optional<uint64_t> Disk::find(const std::string& path) const {
    const auto found = names_.find(path);
    if (found == names_.end()) return std::nullopt;
    return found->second;
}

bool Disk::has_directory(std::string_view path) const {
    return path == "." || path == "/" || directories_.contains(path);
}

std::vector<std::string> Disk::list(const std::string& directory) const {
    std::vector<std::string> names;
    for (const auto& [path, id] : names_) {
        if (parent_path(path) == directory) names.push_back(path.substr(path.rfind('/') + 1));
    }
    return names;
}

std::vector<std::string> Disk::paths() const {
    std::vector<std::string> paths;
    for (const auto& [path, id] : names_) paths.push_back(path);
    return paths;
}

Inode& Disk::change(uint64_t id) {
    std::shared_ptr<Inode>& inode = inodes_.at(id);
    if (inode.use_count() > 1) inode = std::make_shared<Inode>(*inode);
    return *inode;
}

uint64_t Disk::create(const std::string& path) {
    const uint64_t id = next_inode_++;
    inodes_[id] = std::make_shared<Inode>();
    names_[path] = id;
    pending_.push_back(name_effect(Effect::Kind::kCreate, id, path));
    return id;
}

void Disk::make_directory(const std::string& path) {
    directories_.insert(path);
    pending_.push_back(name_effect(Effect::Kind::kMakeDirectory, 0, path));
}

void Disk::rename(const std::string& from, const std::string& to) {
    const uint64_t id = names_.at(from);
    names_.erase(from);
    names_[to] = id;
    pending_.push_back(name_effect(Effect::Kind::kRename, id, to, from));
}

void Disk::unlink(const std::string& path) {
    pending_.push_back(name_effect(Effect::Kind::kUnlink, names_.at(path), path));
    names_.erase(path);
}

void Disk::write(uint64_t id, uint64_t offset, std::span<const std::byte> bytes) {
    Inode& inode = change(id);
    const uint64_t end = offset + bytes.size();
    // Room that is set aside: most of what is written here. Behind the last sector there are zeros already.
    if (offset + bytes.size() > inode.cached.sector_count() * kSectorBytes && all_zero(bytes)) {
        bytes = bytes.first(std::max(offset, inode.cached.sector_count() * kSectorBytes) - offset);
    }
    while (!bytes.empty()) {
        const uint64_t index = offset / kSectorBytes;
        const uint64_t within = offset % kSectorBytes;
        const size_t count = std::min<size_t>(bytes.size(), kSectorBytes - within);
        const SectorPointer before = inode.cached.sector(index);
        // Writing what is there already adds no state that a cut could leave.
        if (!holds(before, within, bytes.first(count))) {
            Effect effect;
            effect.inode = id;
            effect.place = index;
            effect.sector = overwrite(before, within, bytes.first(count));
            inode.cached.set_sector(index, effect.sector);
            pending_.push_back(std::move(effect));
        }
        bytes = bytes.subspan(count);
        offset += count;
    }
    extend(id, end);
}

void Disk::extend(uint64_t id, uint64_t size) {
    if (size <= inode(id).cached.size()) return;
    change(id).cached.set_size(size);
    Effect effect;
    effect.kind = Effect::Kind::kSize;
    effect.inode = id;
    effect.place = size;
    pending_.push_back(std::move(effect));
}

void Disk::apply_bytes(const Effect& effect, Content* content) {
    if (effect.kind == Effect::Kind::kSector) content->set_sector(effect.place, effect.sector);
    if (effect.kind == Effect::Kind::kSize) content->set_size(std::max(content->size(), effect.place));
}

void Disk::sync(uint64_t id) {
    const auto is_dirty = [id](const Effect& effect) {
        return effect.inode == id && !is_name(effect.kind) && !effect.clean;
    };
    if (std::none_of(pending_.begin(), pending_.end(), is_dirty)) return;
    Content& durable = change(id).durable;
    std::set<uint64_t> written;
    const bool has_clean =
        std::any_of(pending_.begin(), pending_.end(), [](const Effect& effect) { return effect.clean; });
    for (const Effect& effect : pending_) {
        if (!is_dirty(effect)) continue;
        apply_bytes(effect, &durable);
        if (has_clean && effect.kind == Effect::Kind::kSector) written.insert(effect.place);
    }
    std::erase_if(pending_, [&](const Effect& effect) {
        return is_dirty(effect) ||
               (effect.inode == id && effect.kind == Effect::Kind::kSector && written.contains(effect.place));
    });
}

void Disk::apply_name(const Effect& effect) {
    switch (effect.kind) {
        case Effect::Kind::kCreate: durable_names_[effect.names->name] = effect.inode; break;
        case Effect::Kind::kUnlink: durable_names_.erase(effect.names->name); break;
        case Effect::Kind::kRename:
            durable_names_.erase(effect.names->from);
            durable_names_[effect.names->name] = effect.inode;
            break;
        case Effect::Kind::kMakeDirectory: durable_directories_.insert(effect.names->name); break;
        case Effect::Kind::kSector:
        case Effect::Kind::kSize: break;
    }
}

void Disk::sync_directory(const std::string& path) {
    const auto is_synced = [&](const Effect& effect) { return !effect.clean && is_in(effect, path); };
    if (std::none_of(pending_.begin(), pending_.end(), is_synced)) return;
    std::vector<Effect> kept;
    for (Effect& effect : pending_) {
        if (!is_synced(effect)) {
            kept.push_back(std::move(effect));
        } else if (effect.kind == Effect::Kind::kRename && parent_path(effect.names->from) != path) {
            // A rename out of another directory: the new name is durable, the old one may still be there beside it.
            durable_names_[effect.names->name] = effect.inode;
            kept.push_back(name_effect(Effect::Kind::kUnlink, effect.inode, effect.names->from));
        } else {
            apply_name(effect);
        }
    }
    pending_ = std::move(kept);
}

void Disk::fail_sync(uint64_t id, Dirty dirty) {
    if (dirty == Dirty::kDropped) {
        std::erase_if(pending_, [id](const Effect& effect) { return effect.inode == id && !is_name(effect.kind); });
        return;
    }
    for (Effect& effect : pending_) effect.clean = effect.clean || (effect.inode == id && !is_name(effect.kind));
}

void Disk::fail_sync_directory(const std::string& path) {
    for (Effect& effect : pending_) effect.clean = effect.clean || is_in(effect, path);
}

void Disk::drop_cache(uint64_t id) {
    std::erase_if(pending_,
                  [id](const Effect& effect) { return effect.inode == id && effect.clean && !is_name(effect.kind); });
    std::set<uint64_t> dirty;
    for (const Effect& effect : pending_) {
        if (effect.inode == id && effect.kind == Effect::Kind::kSector) dirty.insert(effect.place);
    }
    Inode& file = change(id);
    const uint64_t count = std::max(file.cached.sector_count(), file.durable.sector_count());
    for (uint64_t i = 0; i < count; ++i) {
        if (!dirty.contains(i)) file.cached.set_sector(i, file.durable.sector(i));
    }
}

std::vector<Effect> Disk::effects() const {
    std::set<uint64_t> nameable;
    for (const auto& [path, id] : durable_names_) nameable.insert(id);
    for (const Effect& effect : pending_) {
        if (effect.kind == Effect::Kind::kCreate || effect.kind == Effect::Kind::kRename) nameable.insert(effect.inode);
    }
    std::vector<Effect> effects;
    for (const Effect& effect : pending_) {
        if (is_name(effect.kind) || nameable.contains(effect.inode)) effects.push_back(effect);
    }
    return effects;
}

Disk Disk::cut(const std::vector<Effect>& effects, const std::vector<bool>& survives) const {
    Disk after;
    after.durable_names_ = durable_names_;
    after.durable_directories_ = durable_directories_;
    after.next_inode_ = next_inode_;
    for (size_t i = 0; i < effects.size(); ++i) {
        if (survives[i]) after.apply_name(effects[i]);
    }
    std::erase_if(after.durable_directories_, [&](const std::string& path) {
        for (std::string_view up = parent_path(path); up != "." && up != "/"; up = parent_path(up)) {
            if (!after.durable_directories_.contains(up)) return true;
        }
        return false;
    });
    std::erase_if(after.durable_names_, [&](const auto& entry) {
        const std::string_view up = parent_path(entry.first);
        return up != "." && up != "/" && !after.durable_directories_.contains(up);
    });
    after.names_ = after.durable_names_;
    after.directories_ = after.durable_directories_;
    for (const auto& [path, id] : after.names_) {
        std::shared_ptr<Inode>& file = after.inodes_[id];
        if (file != nullptr) continue;
        const auto is_of_it = [id = id](const Effect& effect) { return effect.inode == id && !is_name(effect.kind); };
        const std::shared_ptr<Inode>& before = inodes_.at(id);
        if (before->is_synced() && std::none_of(effects.begin(), effects.end(), is_of_it)) {
            file = before;
            continue;
        }
        file = std::make_shared<Inode>();
        file->sealed = before->sealed;
        file->durable = before->durable;
        for (size_t i = 0; i < effects.size(); ++i) {
            if (survives[i] && is_of_it(effects[i])) apply_bytes(effects[i], &file->durable);
        }
        file->durable.trim();
        file->cached = file->durable;
    }
    return after;
}

uint64_t Disk::hash() const {
    uint64_t hash = 0;
    for (const auto& [path, id] : names_) hash ^= mix(hash_text(path) + inode(id).cached.hash() * 3);
    for (const std::string& path : directories_) hash ^= mix(hash_text(path) + 1);
    return hash;
}

uint64_t Disk::hash_with_seals() const {
    uint64_t sealed = hash();
    for (const auto& [path, id] : names_) sealed = mix(sealed + (inode(id).sealed ? 1 : 0));
    return sealed;
}

void Disk::flip_bit(const std::string& path, uint64_t bit) {
    Inode& file = change(names_.at(path));
    for (Content* content : {&file.cached, &file.durable}) {
        std::array<std::byte, 1> one{};
        content->read(bit / 8, one);
        one[0] ^= static_cast<std::byte>(1u << (bit % 8));
        const uint64_t index = bit / 8 / kSectorBytes;
        content->set_sector(index, overwrite(content->sector(index), bit / 8 % kSectorBytes, one));
    }
}

}  // namespace vz
