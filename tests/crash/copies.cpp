#include "tests/crash/copies.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/runtime/archive.hpp"
#include "tests/crash/request_view.hpp"

namespace vz {
namespace {

std::string archive_path(const std::string& name) { return name + ".vza"; }

// What the sink was given must be an archive.
Status export_stream(Snapshots& snapshots, std::span<const vz_str> collections) {
    std::vector<std::byte> all;
    const auto take = [&](std::span<const std::byte> bytes) -> Status {
        all.insert(all.end(), bytes.begin(), bytes.end());
        return {};
    };
    VZ_TRY(snapshots.export_archive("", collections, take));
    return ArchiveView::open(all, "stream").take_status();
}

}  // namespace

Status edit(Result<EditOutcome> outcome, uint64_t* lsn) {
    if (!outcome.ok()) return outcome.take_status();
    *lsn = outcome->lsn;
    return {};
}

Status copy(Engine& engine, const Operation& operation, uint64_t* lsn) {
    Snapshots& snapshots = engine.snapshots();
    const vz_uuid& request = operation.request_id;
    const std::string& name = operation.name;
    const vz_str collection = text_of(operation.collection);
    const std::span<const vz_str> chosen(&collection, collection.size == 0 ? 0 : 1);  // none: all
    switch (operation.kind) {
        case Operation::Kind::kSnapshot:
        case Operation::Kind::kSnapshotAll: return snapshots.create(name, chosen).take_status();
        case Operation::Kind::kDropSnapshot: return edit(snapshots.drop(name, request), lsn);
        case Operation::Kind::kRestore: return edit(snapshots.restore(name, "", "", true, request), lsn);
        case Operation::Kind::kClone:
            return edit(snapshots.restore(name, operation.value, operation.collection, false, request), lsn);
        case Operation::Kind::kExport: return snapshots.export_archive_to(archive_path(name), "", chosen);
        case Operation::Kind::kExportSnapshot:
            return snapshots.export_archive_to(archive_path(name), operation.value, {});
        case Operation::Kind::kExportStream: return export_stream(snapshots, chosen);
        default: {
            const bool replace = operation.kind == Operation::Kind::kImportOver;
            return edit(
                snapshots.import_archive(archive_path(name), operation.value, operation.collection, replace, request),
                lsn);
        }
    }
}

Status check_archive(FileSystem& files, const std::string& name, const Model::Copies& copies) {
    VZ_ASSIGN(const std::unique_ptr<Mapping> map, files.map(archive_path(name)));
    VZ_ASSIGN(const ArchiveView archive, ArchiveView::open(map->bytes(), archive_path(name)));
    const std::vector<CollectionState>& found = archive.snapshot().collections;
    bool is_same = found.size() == copies.size();
    for (size_t i = 0; i < copies.size() && is_same; ++i) {
        uint64_t points = 0;
        for (const SegmentRef& ref : found[i].segments) {
            VZ_ASSIGN(const Bitmap ended, archive.ended(found[i].id, ref));
            points += ref.rows - ended.cardinality();
        }
        const auto& [wanted, copy] = copies[i];
        is_same = found[i].name == wanted && found[i].schema == copy.schema && points == copy.points.size();
    }
    if (is_same) return {};
    return failure(VZ_INTERNAL, "archive %s does not hold what was exported", name.c_str());
}

}  // namespace vz
