#include "tests/support/disk.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace vz {
namespace {

// Of a sector at its place; zeros count nothing, so that length of the zero tail does not matter.
uint64_t placed_hash(uint64_t index, const SectorPointer& sector) {
    return sector == nullptr ? 0 : mix(sector->hash + index * 0x9E3779B97F4A7C15u + 1);
}

bool is_name(Effect::Kind kind) { return kind != Effect::Kind::kSector && kind != Effect::Kind::kSize; }

bool is_in(const Effect& effect, const std::string& directory) {
    if (!is_name(effect.kind)) return false;
    // A rename belongs to the directory of the new name: being atomic, it cannot become durable by half with the other one.
    return parent_path(effect.name) == directory;
}

}  // namespace

uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

uint64_t hash_text(const std::string& text) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    return mix(hash);
}

std::string normal_path(const std::string& path) {
    std::string normal;
    for (const char c : path) {
        if (c == '/' && !normal.empty() && normal.back() == '/') continue;
        normal.push_back(c);
    }
    if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
    return normal;
}

std::string parent_path(const std::string& path) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
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
    while (!bytes.empty()) {
        const uint64_t within = offset % kSectorBytes;
        const size_t count = std::min<size_t>(bytes.size(), kSectorBytes - within);
        const uint64_t index = offset / kSectorBytes;
        if (index < sectors_.size() && sectors_[index] != nullptr) {
            std::memcpy(bytes.data(), sectors_[index]->bytes.data() + within, count);
        } else {
            std::memset(bytes.data(), 0, count);
        }
        bytes = bytes.subspan(count);
        offset += count;
    }
}

SectorPointer overwrite(const SectorPointer& sector, uint64_t offset, std::span<const std::byte> bytes) {
    // Room that is set aside: most of what is written here.
    static constexpr std::array<std::byte, kSectorBytes> kZeros{};
    if (sector == nullptr && std::memcmp(bytes.data(), kZeros.data(), bytes.size()) == 0) return nullptr;
    auto fresh = sector != nullptr ? std::make_shared<Sector>(*sector) : std::make_shared<Sector>();
    std::memcpy(fresh->bytes.data() + offset, bytes.data(), bytes.size());
    uint64_t hash = 0;
    bool zero = true;
    for (size_t at = 0; at < kSectorBytes; at += sizeof(uint64_t)) {
        uint64_t word = 0;
        std::memcpy(&word, fresh->bytes.data() + at, sizeof(word));
        zero = zero && word == 0;
        hash = (hash ^ word) * 0xD6E8FEB86659FD93u;
        hash ^= hash >> 32;
    }
    if (zero) return nullptr;
    fresh->hash = hash;
    return fresh;
}

std::optional<uint64_t> Disk::find(const std::string& path) const {
    const auto found = names_.find(path);
    if (found == names_.end()) return std::nullopt;
    return found->second;
}

bool Disk::has_directory(const std::string& path) const {
    return path == "." || path == "/" || directories_.contains(path);
}

std::vector<std::string> Disk::list(const std::string& directory) const {
    std::vector<std::string> names;
    for (const auto& [path, id] : names_) {
        if (parent_path(path) == directory) names.push_back(path.substr(path.rfind('/') + 1));
    }
    for (const std::string& path : directories_) {
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
    Effect effect;
    effect.kind = Effect::Kind::kCreate;
    effect.inode = id;
    effect.name = path;
    pending_.push_back(std::move(effect));
    return id;
}

void Disk::make_directory(const std::string& path) {
    directories_.insert(path);
    Effect effect;
    effect.kind = Effect::Kind::kMakeDirectory;
    effect.name = path;
    pending_.push_back(std::move(effect));
}

void Disk::rename(const std::string& from, const std::string& to) {
    Effect effect;
    effect.kind = Effect::Kind::kRename;
    effect.inode = names_.at(from);
    effect.name = to;
    effect.from = from;
    names_.erase(from);
    names_[to] = effect.inode;
    pending_.push_back(std::move(effect));
}

void Disk::unlink(const std::string& path) {
    Effect effect;
    effect.kind = Effect::Kind::kUnlink;
    effect.inode = names_.at(path);
    effect.name = path;
    names_.erase(path);
    pending_.push_back(std::move(effect));
}

void Disk::write(uint64_t id, uint64_t offset, std::span<const std::byte> bytes) {
    Inode& inode = change(id);
    const uint64_t end = offset + bytes.size();
    while (!bytes.empty()) {
        const uint64_t index = offset / kSectorBytes;
        const uint64_t within = offset % kSectorBytes;
        const size_t count = std::min<size_t>(bytes.size(), kSectorBytes - within);
        const SectorPointer before = inode.cached.sector(index);
        SectorPointer after = overwrite(before, within, bytes.first(count));
        // Writing what is there already adds no state that a cut could leave.
        const bool same = before == after || (before != nullptr && after != nullptr && before->bytes == after->bytes);
        if (!same) {
            inode.cached.set_sector(index, after);
            Effect effect;
            effect.inode = id;
            effect.place = index;
            effect.sector = std::move(after);
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
    for (const Effect& effect : pending_) {
        if (!is_dirty(effect)) continue;
        apply_bytes(effect, &durable);
        if (effect.kind == Effect::Kind::kSector) written.insert(effect.place);
    }
    std::erase_if(pending_, [&](const Effect& effect) {
        return is_dirty(effect) || (effect.inode == id && effect.kind == Effect::Kind::kSector && written.contains(effect.place));
    });
}

void Disk::apply_name(const Effect& effect) {
    switch (effect.kind) {
        case Effect::Kind::kCreate: durable_names_[effect.name] = effect.inode; break;
        case Effect::Kind::kUnlink: durable_names_.erase(effect.name); break;
        case Effect::Kind::kRename:
            durable_names_.erase(effect.from);
            durable_names_[effect.name] = effect.inode;
            break;
        case Effect::Kind::kMakeDirectory: durable_directories_.insert(effect.name); break;
        case Effect::Kind::kSector:
        case Effect::Kind::kSize: break;
    }
}

void Disk::sync_directory(const std::string& path) {
    std::vector<Effect> kept;
    for (Effect& effect : pending_) {
        if (effect.clean || !is_in(effect, path)) {
            kept.push_back(std::move(effect));
            continue;
        }
        // A rename out of another directory: the new name is durable, the old one may still be there beside it.
        if (effect.kind == Effect::Kind::kRename && parent_path(effect.from) != path) {
            durable_names_[effect.name] = effect.inode;
            effect.kind = Effect::Kind::kUnlink;
            effect.name = std::exchange(effect.from, {});
            kept.push_back(std::move(effect));
            continue;
        }
        apply_name(effect);
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
    std::erase_if(pending_, [id](const Effect& effect) { return effect.inode == id && effect.clean && !is_name(effect.kind); });
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
        for (std::string up = parent_path(path); up != "." && up != "/"; up = parent_path(up)) {
            if (!after.durable_directories_.contains(up)) return true;
        }
        return false;
    });
    std::erase_if(after.durable_names_, [&](const auto& entry) {
        const std::string up = parent_path(entry.first);
        return up != "." && up != "/" && !after.durable_directories_.contains(up);
    });
    after.names_ = after.durable_names_;
    after.directories_ = after.durable_directories_;
    for (const auto& [path, id] : after.names_) {
        if (after.inodes_.contains(id)) continue;
        auto file = std::make_shared<Inode>();
        file->sealed = inode(id).sealed;
        file->durable = inode(id).durable;
        for (size_t i = 0; i < effects.size(); ++i) {
            if (survives[i] && effects[i].inode == id) apply_bytes(effects[i], &file->durable);
        }
        file->durable.trim();
        file->cached = file->durable;
        after.inodes_[id] = std::move(file);
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
