// What a disk and the page cache above it hold, and what of it a power cut may take, as a value. Copying a Disk is
// cheap (files are shared until written), so a history of them is kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vz {

constexpr uint64_t kSectorBytes = 512;

struct Sector {
    std::array<std::byte, kSectorBytes> bytes{};
    uint64_t hash = 0;
};
// Null: zeros.
using SectorPointer = std::shared_ptr<const Sector>;

// The bytes of a file. Beyond its last non-zero sector it reads as zeros.
class Content {
 public:
    uint64_t size() const { return size_; }
    uint64_t hash() const;
    // Of the sectors that hold this range.
    uint64_t hash(uint64_t offset, uint64_t bytes) const;
    SectorPointer sector(uint64_t index) const { return index < sectors_.size() ? sectors_[index] : nullptr; }
    uint64_t sector_count() const { return sectors_.size(); }
    void set_sector(uint64_t index, SectorPointer sector);
    void set_size(uint64_t size) { size_ = size; }
    // Forgets what lies beyond the size.
    void trim();
    // The range is within the size.
    void read(uint64_t offset, std::span<std::byte> bytes) const;

 private:
    std::vector<SectorPointer> sectors_;
    uint64_t size_ = 0;
    uint64_t sector_hash_ = 0;
};

// The sector has `bytes` at `offset`.
bool holds(const SectorPointer& sector, uint64_t offset, std::span<const std::byte> bytes);
// The sector with `bytes` put in at `offset`.
SectorPointer overwrite(const SectorPointer& sector, uint64_t offset, std::span<const std::byte> bytes);

struct Inode {
    Content cached;   // what a process reads
    Content durable;  // what is on the device for certain
    bool sealed = false;

    bool is_synced() const { return cached.size() == durable.size() && cached.hash() == durable.hash(); }
};

// What an effect on a directory names.
struct Names {
    std::string name;  // path; of a rename the new one
    std::string from;
};

// Something that was done and not synced. It survives a power cut or not, alone; of several for one sector the last
// survivor counts.
struct Effect {
    enum class Kind { kSector, kSize, kCreate, kUnlink, kRename, kMakeDirectory };
    Kind kind = Kind::kSector;
    // A sync of it failed: its pages count as clean, no later sync writes them.
    bool clean = false;
    uint64_t inode = 0;
    uint64_t place = 0;  // index of the sector; the new size
    SectorPointer sector;
    std::shared_ptr<const Names> names;
};

class Disk {
 public:
    // What processes see.
    std::optional<uint64_t> find(const std::string& path) const;
    bool has_directory(std::string_view path) const;
    std::vector<std::string> list(const std::string& directory) const;
    std::vector<std::string> paths() const;
    const Inode& inode(uint64_t id) const { return *inodes_.at(id); }

    uint64_t create(const std::string& path);
    void make_directory(const std::string& path);
    void rename(const std::string& from, const std::string& to);
    void unlink(const std::string& path);
    void write(uint64_t id, uint64_t offset, std::span<const std::byte> bytes);
    void extend(uint64_t id, uint64_t size);
    void seal(uint64_t id) { change(id).sealed = true; }

    void sync(uint64_t id);
    void sync_directory(const std::string& path);
    enum class Dirty { kMayHaveLanded, kDropped };
    // The dirty pages are clean afterwards; whether they reached the device is open, or they did not.
    void fail_sync(uint64_t id, Dirty dirty);
    void fail_sync_directory(const std::string& path);
    // Clean pages are read from the device again.
    void drop_cache(uint64_t id);

    // What a power cut may take away, in the order in which it was done, of the files that can still have a name.
    std::vector<Effect> effects() const;
    // The disk after a power cut that only the chosen ones of effects() survive. Nothing is unsynced on it.
    Disk cut(const std::vector<Effect>& effects, const std::vector<bool>& survives) const;
    // Of the names and bytes that processes see.
    uint64_t hash() const;
    // And of what they may write to.
    uint64_t hash_with_seals() const;
    // Damage on the device, seen at once.
    void flip_bit(const std::string& path, uint64_t bit);

 private:
    Inode& change(uint64_t id);
    void apply_name(const Effect& effect);
    static void apply_bytes(const Effect& effect, Content* content);

    std::map<std::string, uint64_t> names_;
    std::map<std::string, uint64_t> durable_names_;
    std::set<std::string, std::less<>> directories_;
    std::set<std::string, std::less<>> durable_directories_;
    std::map<uint64_t, std::shared_ptr<Inode>> inodes_;
    std::vector<Effect> pending_;
    uint64_t next_inode_ = 1;
};

// Spreads the bits of a number over all of a hash.
uint64_t mix(uint64_t x);
uint64_t hash_text(std::string_view text);

// "a//b/" is "a/b"; the parent of "a" is ".".
std::string normal_path(const std::string& path);
std::string_view parent_path(std::string_view path);

}  // namespace vz
