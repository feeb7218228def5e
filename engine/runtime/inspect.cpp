#include "engine/runtime/inspect.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"
#include "engine/io/file_header.hpp"
#include "engine/log/frame.hpp"
#include "engine/manifest/edit.hpp"
#include "engine/manifest/manifest.hpp"
#include "engine/runtime/archive.hpp"
#include "engine/segment/sealed_segment.hpp"
#include "engine/wal/record.hpp"

namespace vz {
namespace {

constexpr std::string_view kCurrentName = "CURRENT";

std::string hex(const vz_uuid& uuid) {
    std::string text;
    char digits[3];
    for (const uint8_t byte : uuid.bytes) {
        std::snprintf(digits, sizeof digits, "%02x", byte);
        text += digits;
    }
    return text;
}

std::string plural(uint64_t count, const char* what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

class Inspection {
 public:
    Inspection(FileSystem& files, std::string path, std::span<const std::byte> bytes)
        : files_(files), path_(std::move(path)), bytes_(bytes) {}

    Status run() {
        Magic magic = {};
        std::memcpy(magic.data(), bytes_.data(), std::min(magic.size(), bytes_.size()));
        if (magic == kWalMagic) return log(magic, "WAL");
        if (magic == kManifestMagic) return log(magic, "manifest");
        if (magic == kSegmentMagic) return segment();
        if (magic == kDeletesMagic) return deletes();
        if (magic == kArchiveMagic) return archive();
        if (magic == kIdentityMagic) return header(magic, "identity").status().clone();
        if (path_.ends_with(kCurrentName)) return current();
        return failure(VZ_INVALID_ARGUMENT, "%s is no file of a database: its first bytes are not known", path_.c_str())
            .field("target");
    }
    std::vector<CheckFinding> take() { return std::move(findings_); }

 private:
    void say(uint64_t offset, std::string message) {
        findings_.push_back({VZ_OK, "", path_, offset, std::move(message)});
    }
    void damage(uint64_t offset, std::string message) {
        findings_.push_back({VZ_CORRUPTION, "", path_, offset, std::move(message)});
    }
    void damage(const Status& status) { damage(0, status.error().message); }

    Result<FileHeader> header(const Magic& magic, const char* kind) {
        Result<FileHeader> read =
            decode_header(bytes_.first(std::min<uint64_t>(kFileHeaderBytes, bytes_.size())), magic);
        if (!read.ok()) {
            damage(read.status());
            return read;
        }
        say(0, std::string(kind) + " " + std::to_string(read->file_number) + " of database " + hex(read->database) +
                   ", format " + std::to_string(read->format_major) + "." + std::to_string(read->format_minor) + ", " +
                   plural(bytes_.size(), "byte"));
        return read;
    }

    Status log(const Magic& magic, const char* kind) {
        const Result<FileHeader> read = header(magic, kind);
        if (!read.ok()) return {};
        const FrameScan scan = scan_frames(bytes_, *read);
        for (const Frame& frame : scan.frames) {
            if (frame.head.kind == FrameKind::kRecords) {
                records(frame);
            } else if (frame.head.kind == FrameKind::kEdits) {
                edits(frame);
            } else {
                say(frame.offset, "marker: durable up to LSN " + std::to_string(frame.head.durable_lsn));
            }
        }
        if (scan.zeros_follow || scan.end == bytes_.size()) {
            say(scan.end, "the end of what was written");
        } else {
            damage(scan.end, "what follows is no frame of this file: a torn tail, or damage");
        }
        for (const Frame& frame : scan.later) damage(frame.offset, "a frame that is whole by itself, behind the end");
        return {};
    }

    void records(const Frame& frame) {
        say(frame.offset, plural(frame.head.count, "record") + " from LSN " + std::to_string(frame.head.lsn) + ", " +
                              plural(frame.payload.size(), "byte"));
        std::span<const std::byte> left = frame.payload;
        for (uint32_t i = 0; i < frame.head.count; ++i) {
            uint64_t size = 0;
            const Result<Batch> batch = decode_record(left, &size);
            if (!batch.ok()) return damage(frame.offset, batch.status().error().message);
            std::string what;
            for (const BatchOperation& operation : batch->operations) {
                constexpr const char* kNames[] = {"", "upsert", "patch", "delete", "clear"};
                what += std::string(what.empty() ? "" : ", ") + kNames[static_cast<size_t>(operation.kind)] + " of " +
                        plural(operation.ids.size(), "point");
            }
            say(frame.offset, "  LSN " + std::to_string(frame.head.lsn + i) + " of collection " +
                                  std::to_string(batch->collection) + ": " + (what.empty() ? "nothing" : what));
            left = left.subspan(size);
        }
    }

    void edits(const Frame& frame) {
        const Result<EditFrame> read = decode_edits(frame.payload);
        if (!read.ok()) return damage(frame.offset, read.status().error().message);
        if (read->snapshot) {
            say(frame.offset, "snapshot of the state: " + plural(read->snapshot->collections.size(), "collection") +
                                  " at LSN " + std::to_string(read->snapshot->last_lsn));
            for (const auto& [id, collection] : read->snapshot->collections)
                say(frame.offset, "  " + describe(collection));
            return;
        }
        for (const Edit& edit : read->edits) {
            std::string what;
            for (const Action& action : edit.actions) what += (what.empty() ? "" : ", ") + describe(action);
            say(frame.offset, "edit: " + what);
        }
    }

    static std::string describe(const CollectionState& collection) {
        std::string text = "collection " + std::to_string(collection.id) + " '" + collection.name +
                           "', rows up to LSN " + std::to_string(collection.through_lsn) + " in " +
                           plural(collection.segments.size(), "segment");
        for (const SegmentRef& ref : collection.segments)
            text += " S-" + std::to_string(ref.file) + " (" + plural(ref.rows, "row") + ")";
        if (!collection.damage.empty()) text += ", set aside: " + collection.damage;
        return text;
    }
    static std::string describe(const Action& action) {
        constexpr const char* kNames[] = {
            "create collection", "drop collection", "alter collection", "rename collection", "set alias",
            "drop alias",        "put value",       "create snapshot",  "drop snapshot",     "restore collection",
            "open WAL",          "retire WALs",     "checkpoint",       "replace segments",  "quarantine",
            "reserve files",     "clean close"};
        static_assert(std::size(kNames) == std::variant_size_v<Action>);
        std::string text = kNames[action.index()];
        if (const auto* create = std::get_if<CreateCollection>(&action))
            text += " " + std::to_string(create->collection.id) + " '" + create->collection.name + "'";
        if (const auto* drop = std::get_if<DropCollection>(&action)) text += " " + std::to_string(drop->collection);
        if (const auto* rename = std::get_if<RenameCollection>(&action))
            text += " " + std::to_string(rename->collection) + " to '" + rename->name + "'";
        if (const auto* alias = std::get_if<SetAlias>(&action))
            text += " '" + alias->alias + "' of " + std::to_string(alias->collection);
        if (const auto* alias = std::get_if<DropAlias>(&action)) text += " '" + alias->alias + "'";
        if (const auto* snapshot = std::get_if<CreateSnapshot>(&action)) text += " '" + snapshot->snapshot.name + "'";
        if (const auto* set_aside = std::get_if<Quarantine>(&action))
            text += " " + std::to_string(set_aside->collection) + ": " + set_aside->reason;
        return text;
    }

    Status segment() {
        const Result<FileHeader> read = header(kSegmentMagic, "segment");
        if (!read.ok()) return {};
        // Of several in one file each tells by its footer where it begins.
        std::vector<std::pair<SegmentSummary, SegmentLayout>> behind_each_other;
        for (uint64_t end = bytes_.size(); end > kFileHeaderBytes;) {
            const std::optional<uint64_t> begin = segment_begin(bytes_, end);
            const uint64_t offset = begin.value_or(0);
            Result<SegmentLayout> layout = decode_layout(bytes_.first(end).subspan(offset), path_, offset);
            if (!layout.ok()) {
                damage(layout.status());
                return {};
            }
            const SegmentSummary summary{
                offset, end - offset, layout->rows, layout->version_min, layout->version_max, read->crc, layout->hash};
            behind_each_other.emplace_back(summary, layout.take());
            end = offset + kFileHeaderBytes;
            while (end > kFileHeaderBytes && bytes_[end - 1] == std::byte{0}) --end;
            end = align_up(end, 64);
        }
        for (auto each = behind_each_other.rbegin(); each != behind_each_other.rend(); ++each)
            one_segment(*read, each->first, each->second);
        return {};
    }

    void one_segment(const FileHeader& header, const SegmentSummary& summary, const SegmentLayout& layout) {
        const auto opened = SealedSegment::open(files_, path_, header.database, header.file_number, summary);
        if (!opened.ok()) return damage(opened.status());
        const SegmentMetadata& metadata = (*opened)->metadata();
        say(summary.offset, plural(summary.rows, "row") + " of collection " + std::to_string(metadata.collection_id) +
                                ", LSN " + std::to_string(summary.version_min) + " to " +
                                std::to_string(summary.version_max));
        for (const SectionEntry& entry : layout.sections) {
            say(summary.offset + entry.offset, std::string("section ") + section_name(entry.kind) + " of field " +
                                                   std::to_string(entry.field) + ": " + plural(entry.bytes, "byte") +
                                                   ", " + plural(entry.items, "item") +
                                                   ((entry.flags & kDerivedFlag) != 0 ? ", derived" : ""));
        }
        const auto found = (*opened)->find_damage(files_, [](uint64_t) { return Status(); });
        if (!found.ok()) damage(found.status());
        for (size_t i = 0; found.ok() && i < found->size(); ++i) damage((*found)[i].offset, (*found)[i].message);
    }

    // Behind an entry nothing is written, and no checksum reaches.
    void check_zeros(uint64_t from, uint64_t to) {
        for (uint64_t at = from; at < to; ++at) {
            if (bytes_[at] != std::byte{0}) return damage(at, "a byte that nothing was written to is not zero");
        }
    }

    // Entries as segment/format.md has them: a head of 64 bytes, then the bitmap, 64-aligned.
    Status deletes() {
        if (!header(kDeletesMagic, "file of deletes").ok()) return {};
        for (uint64_t at = kFileHeaderBytes; at + 64 <= bytes_.size();) {
            const std::byte* const head = bytes_.data() + at;
            const auto size = load<uint64_t>(head + 8);
            if (size > bytes_.size() - at - 64) {
                damage(at, "the entry reaches beyond the file");
                return {};
            }
            const bool is_whole =
                load<uint32_t>(head + 60) == mask_crc(crc32c(bytes_.subspan(at + 64, size), crc32c({head, 60})));
            say(at, "S-" + std::to_string(load<uint64_t>(head)) + ": " + plural(load<uint64_t>(head + 16), "row") +
                        " ended, the highest " + std::to_string(load<uint32_t>(head + 24)));
            if (!is_whole) damage(at, "checksum of the entry");
            const uint64_t next = align_up(at + 64 + size, 64);
            check_zeros(at + 64 + size, std::min<uint64_t>(next, bytes_.size()));
            at = next;
        }
        return {};
    }

    Status archive() {
        const Result<ArchiveView> view = ArchiveView::open(bytes_, path_);
        if (!view.ok()) {
            damage(view.status());
            return {};
        }
        const SnapshotState& snapshot = view->snapshot();
        say(0, "archive of " + plural(snapshot.collections.size(), "collection") + " at LSN " +
                   std::to_string(snapshot.lsn) + ", " + plural(bytes_.size(), "byte") + ", every one checked");
        for (const CollectionState& collection : snapshot.collections) say(0, "  " + describe(collection));
        return {};
    }

    Status current() {
        const std::string directory =
            path_.size() == kCurrentName.size() ? "." : path_.substr(0, path_.size() - kCurrentName.size() - 1);
        const Result<Current> read = read_current(files_, directory);
        if (read.ok()) {
            say(0,
                "the manifest is MANIFEST-" + std::to_string(read->manifest) + " of database " + hex(read->database));
        } else {
            damage(read.status());
        }
        return {};
    }

    FileSystem& files_;
    const std::string path_;
    const std::span<const std::byte> bytes_;
    std::vector<CheckFinding> findings_;
};

}  // namespace

Result<std::vector<CheckFinding>> inspect_file(FileSystem& files, const std::string& path) {
    VZ_ASSIGN(const std::unique_ptr<File> file, files.open(path, OpenMode::kRead));
    VZ_ASSIGN(const uint64_t size, file->size());
    if (size == 0) return failure(VZ_INVALID_ARGUMENT, "%s is empty", path.c_str()).field("target");
    VZ_ASSIGN(const std::unique_ptr<Mapping> map, files.map(path));
    Inspection inspection(files, path, map->bytes());
    VZ_TRY(inspection.run());
    if (map->failed()) return failure(VZ_IO_ERROR, "a page of %s could not be read", path.c_str());
    return inspection.take();
}

}  // namespace vz
