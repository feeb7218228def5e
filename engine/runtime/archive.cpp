#include "engine/runtime/archive.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"
#include "engine/manifest/edit.hpp"
#include "engine/runtime/schema_check.hpp"
#include "engine/runtime/segment_store.hpp"
#include "engine/segment/delete_file.hpp"
#include "engine/segment/segment_maps.hpp"

namespace vz {
namespace {

constexpr char kFooterMagic[8] = {'V', 'Z', 'A', 'R', 'F', 'T', '0', '1'};
constexpr uint64_t kArchiveFooterBytes = 128;
constexpr uint64_t kFooterHashAt = 48;
constexpr uint64_t kFooterCrcAt = kArchiveFooterBytes - 4;
constexpr uint64_t kEntryBytes = 48;
constexpr uint64_t kAlign = 64;

// Counts and hashes what goes out.
class Stream {
 public:
    explicit Stream(const ArchiveSink& sink) : sink_(sink) {}

    Status put(std::span<const std::byte> bytes) {
        constexpr size_t kPiece = 1 << 20;
        for (size_t at = 0; at < bytes.size(); at += kPiece) {
            const auto piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
            hasher_.update(piece);
            VZ_TRY(sink_(piece));
        }
        offset_ += bytes.size();
        return {};
    }
    Status align() {
        static constexpr std::byte kZeros[kAlign] = {};
        return put(std::span(kZeros, align_up(offset_, kAlign) - offset_));
    }
    uint64_t offset() const { return offset_; }
    Hash128 hash() const { return hasher_.digest(); }

 private:
    const ArchiveSink& sink_;
    Hasher128 hasher_;
    uint64_t offset_ = 0;
};

Status damaged(const std::string& path, uint64_t offset, const char* what) {
    return failure(VZ_CORRUPTION, "%s is damaged at offset %llu: %s", path.c_str(),
                   static_cast<unsigned long long>(offset), what)
        .field("archive");
}

}  // namespace

Status write_archive(FileSystem& files, const std::string& directory, const vz_uuid& database, uint64_t salt,
                     const SnapshotState& snapshot, const ArchiveSink& sink) {
    Stream out(sink);
    FileHeader header;
    header.magic = kArchiveMagic;
    header.database = database;
    header.salt = salt;
    header.created_us = static_cast<uint64_t>(snapshot.created_ms) * 1000;
    VZ_TRY(out.put(encode_header(header)));

    SegmentMaps maps;
    std::vector<ArchiveView::Entry> entries;
    std::set<std::pair<uint64_t, uint64_t>> written;  // file, offset
    for (const CollectionState& collection : snapshot.collections) {
        for (const SegmentRef& ref : collection.segments) {
            if (written.insert({ref.file, ref.offset}).second) {
                const std::string path = segment_path(directory, 'S', ref.file);
                VZ_ASSIGN(std::shared_ptr<const Mapping> map, maps.map(files, path));
                VZ_ASSIGN(const std::unique_ptr<SealedSegment> segment,
                          SealedSegment::open(std::move(map), path, database, ref.file, summary_of(ref)));
                VZ_TRY(out.align());
                entries.push_back({ArchiveView::kSegment, ref.offset, ref.file, out.offset(), ref.bytes});
                VZ_TRY(out.put(segment->mapping().bytes().first(kFileHeaderBytes)));
                // No import takes what is damaged.
                VZ_TRY(segment->verify_contents([&](std::span<const std::byte> bytes) { return out.put(bytes); }));
            }
            if (!ref.deletes) continue;
            VZ_ASSIGN(const Bitmap ended, read_deletes(files, segment_path(directory, 'D', ref.deletes->file), database,
                                                       ref.file, *ref.deletes, static_cast<uint32_t>(ref.rows)));
            const std::vector<std::byte> bytes = ended.to_bytes();
            VZ_TRY(out.align());
            entries.push_back({ArchiveView::kDeletes, collection.id, ref.file, out.offset(), bytes.size()});
            VZ_TRY(out.put(bytes));
        }
    }

    Edit edit;
    edit.actions.emplace_back(CreateSnapshot{snapshot});
    const Edit* const edits[] = {&edit};
    const std::vector<std::byte> manifest = encode_edits(edits);
    VZ_TRY(out.align());
    const uint64_t manifest_at = out.offset();
    VZ_TRY(out.put(manifest));

    VZ_TRY(out.align());
    const uint64_t index_at = out.offset();
    for (const ArchiveView::Entry& entry : entries) {
        std::array<std::byte, kEntryBytes> bytes = {};
        store(bytes.data(), static_cast<uint32_t>(entry.kind));
        store(bytes.data() + 8, entry.within);
        store(bytes.data() + 16, entry.file);
        store(bytes.data() + 24, entry.offset);
        store(bytes.data() + 32, entry.bytes);
        VZ_TRY(out.put(bytes));
    }
    VZ_TRY(out.align());

    std::array<std::byte, kArchiveFooterBytes> footer = {};
    std::memcpy(footer.data(), kFooterMagic, sizeof kFooterMagic);
    store(footer.data() + 8, index_at);
    store(footer.data() + 16, uint64_t{entries.size()});
    store(footer.data() + 24, manifest_at);
    store(footer.data() + 32, uint64_t{manifest.size()});
    store(footer.data() + 40, out.offset() + kArchiveFooterBytes);
    store(footer.data() + kFooterHashAt, out.hash());
    store(footer.data() + kFooterCrcAt, mask_crc(crc32c(std::span(footer).first(kFooterCrcAt))));
    return out.put(footer);
}

Result<ArchiveView> ArchiveView::open(std::span<const std::byte> bytes, const std::string& path) {
    if (bytes.size() < kFileHeaderBytes + kArchiveFooterBytes)
        return damaged(path, bytes.size(), "it is too short for an archive");
    const uint64_t footer_at = bytes.size() - kArchiveFooterBytes;
    const auto footer = bytes.subspan(footer_at);
    const bool is_whole = std::memcmp(footer.data(), kFooterMagic, sizeof kFooterMagic) == 0 &&
                          load<uint64_t>(footer.data() + 40) == bytes.size() &&
                          load<uint32_t>(footer.data() + kFooterCrcAt) == mask_crc(crc32c(footer.first(kFooterCrcAt)));
    if (!is_whole) return damaged(path, footer_at, "it does not end as an archive does");
    if (xxh3_128(bytes.first(footer_at)) != load<Hash128>(footer.data() + kFooterHashAt))
        return damaged(path, 0, "hash of the archive");
    const Status header = decode_header(bytes.first(kFileHeaderBytes), kArchiveMagic).take_status();
    if (!header.ok()) return header_failure(path, header).field("archive");

    ArchiveView view;
    view.path_ = path;
    view.bytes_ = bytes;
    view.footer_at_ = footer_at;
    VZ_TRY(view.read_index(load<uint64_t>(footer.data() + 8), load<uint64_t>(footer.data() + 16)));
    VZ_TRY(view.read_manifest(load<uint64_t>(footer.data() + 24), load<uint64_t>(footer.data() + 32)));
    return view;
}

bool ArchiveView::holds(uint64_t offset, uint64_t bytes) const {
    return offset >= kFileHeaderBytes && offset <= footer_at_ && bytes <= footer_at_ - offset;
}

Status ArchiveView::read_index(uint64_t index_at, uint64_t count) {
    if (count > bytes_.size() / kEntryBytes || !holds(index_at, count * kEntryBytes))
        return damaged(path_, footer_at_, "place of the index");
    // No byte is in two items: an import writes no more than the archive has.
    uint64_t end = kFileHeaderBytes;
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t entry_at = index_at + i * kEntryBytes;
        const std::byte* at = bytes_.data() + entry_at;
        const Entry entry{static_cast<Kind>(load<uint32_t>(at)), load<uint64_t>(at + 8), load<uint64_t>(at + 16),
                          load<uint64_t>(at + 24), load<uint64_t>(at + 32)};
        if (entry.offset < end || !holds(entry.offset, entry.bytes))
            return damaged(path_, entry_at, "place of an item");
        if (entry.kind == kSegment && entry.bytes < kFileHeaderBytes + kFooterBytes)
            return damaged(path_, entry_at, "an item is too short for a segment");
        if (!entries_.emplace(std::tuple(entry.kind, entry.within, entry.file), entry).second)
            return damaged(path_, entry_at, "an item twice");
        end = entry.offset + entry.bytes;
    }
    return {};
}

Status ArchiveView::read_manifest(uint64_t manifest_at, uint64_t bytes) {
    if (!holds(manifest_at, bytes)) return damaged(path_, footer_at_, "place of the manifest");
    VZ_ASSIGN(EditFrame frame, decode_edits(bytes_.subspan(manifest_at, bytes)));
    CreateSnapshot* create = nullptr;
    if (frame.edits.size() == 1 && frame.edits[0].actions.size() == 1)
        create = std::get_if<CreateSnapshot>(&frame.edits[0].actions[0]);
    if (create == nullptr) return damaged(path_, manifest_at, "the manifest of the archive");
    snapshot_ = std::move(create->snapshot);
    std::set<uint64_t> ids;
    std::set<std::string_view> names;
    for (const CollectionState& collection : snapshot_.collections) {
        VZ_TRY(check_collection(collection, manifest_at));
        if (!ids.insert(collection.id).second || !names.insert(collection.name).second)
            return damaged(path_, manifest_at, "a collection twice");
    }
    return {};
}

Status ArchiveView::check_collection(const CollectionState& collection, uint64_t manifest_at) const {
    const Status named = check_name(collection.name, "archive");
    if (!named.ok()) return damaged(path_, manifest_at, named.error().message);
    const Status schema = check_written_schema(collection.schema);
    if (!schema.ok()) {
        return failure(schema.code() == VZ_UNSUPPORTED ? VZ_UNSUPPORTED : VZ_CORRUPTION,
                       "%s is not taken: collection '%s': %s", path_.c_str(), collection.name.c_str(),
                       schema.error().message)
            .field("archive");
    }
    return check_segments(collection, manifest_at);
}

Status ArchiveView::check_segments(const CollectionState& collection, uint64_t manifest_at) const {
    std::set<uint64_t> files;
    for (const SegmentRef& ref : collection.segments) {
        const Entry* segment = find(kSegment, ref.offset, ref.file);
        const bool has_deletes = find(kDeletes, collection.id, ref.file) != nullptr;
        if (segment == nullptr || segment->bytes != ref.bytes || has_deletes != ref.deletes.has_value())
            return damaged(path_, manifest_at, "an item is missing");
        if (!files.insert(ref.file).second) return damaged(path_, manifest_at, "a segment twice");
    }
    return {};
}

const ArchiveView::Entry* ArchiveView::find(Kind kind, uint64_t within, uint64_t file) const {
    const auto found = entries_.find({kind, within, file});
    return found == entries_.end() ? nullptr : &found->second;
}

std::span<const std::byte> ArchiveView::segment(const SegmentRef& ref) const {
    const Entry* entry = find(kSegment, ref.offset, ref.file);
    return entry == nullptr ? std::span<const std::byte>() : bytes_.subspan(entry->offset, entry->bytes);
}

std::string ArchiveView::segment_name(const SegmentRef& ref) const {
    const Entry* entry = find(kSegment, ref.offset, ref.file);
    return path_ + " from " + std::to_string(entry == nullptr ? 0 : entry->offset) + " on";
}

Result<Bitmap> ArchiveView::ended(uint64_t collection, const SegmentRef& ref) const {
    const Entry* entry = find(kDeletes, collection, ref.file);
    if (entry == nullptr) return Bitmap();
    Result<Bitmap> ended = Bitmap::from_bytes(bytes_.subspan(entry->offset, entry->bytes));
    if (!ended.ok()) return damaged(path_, entry->offset, ended.status().error().message);
    if (ended->cardinality() != ref.deletes->cardinality)
        return damaged(path_, entry->offset, "a delete bitmap of other rows than recorded");
    if (ended->cardinality() != 0 && ended->maximum() >= ref.rows)
        return damaged(path_, entry->offset, "a delete bitmap names rows beyond its segment");
    return ended;
}

}  // namespace vz
