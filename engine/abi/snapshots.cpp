// Snapshots: made, listed, dropped, restored.
#include "engine/abi/change.hpp"
#include "engine/abi/handle.hpp"
#include "engine/base/bytes.hpp"

namespace vz {
namespace {

void describe_snapshot(const SnapshotState& from, Descriptions* out) {
    vz_snapshot_info info = {};
    info.struct_size = sizeof(info);
    info.name = out->keep(from.name);
    info.lsn = from.lsn;
    info.created_ms = from.created_ms;
    std::vector<vz_str>& names = out->lists.emplace_back();
    for (const CollectionState& collection : from.collections) {
        names.push_back(out->keep(collection.name));
        for (const SegmentRef& segment : collection.segments)
            info.bytes += segment.bytes + (segment.deletes ? segment.deletes->bytes : 0);
    }
    info.collections = names.data();
    info.collection_count = static_cast<uint32_t>(names.size());
    out->snapshots.push_back(info);
}

}  // namespace
}  // namespace vz

using namespace vz;  // NOLINT(google-build-using-namespace): bodies of the ABI

extern "C" {

VZ_API vz_status vz_snapshot_create(vz_engine* engine, const vz_snapshot_request* request, vz_result** out,
                                    vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        vz_snapshot_request wanted;
        VZ_TRY(take_in(request, &wanted));
        if (wanted.collection_count != 0 && wanted.collections == nullptr) {
            return failure(VZ_INVALID_ARGUMENT, "the collections are missing")
                .field("collections")
                .reason(VZ_REASON_REQUIRED);
        }
        auto result = std::make_unique<vz_result>(&engine->results);
        VZ_ASSIGN(const SnapshotState made,
                  engine->engine->snapshots().create(view(wanted.name), {wanted.collections, wanted.collection_count}));
        describe_snapshot(made, result->describe(VZ_RESULT_SNAPSHOTS));
        *out = result.release();
        return {};
    });
}

VZ_API vz_status vz_snapshot_list(vz_engine* engine, vz_result** out, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        auto result = std::make_unique<vz_result>(&engine->results);
        Descriptions* const described = result->describe(VZ_RESULT_SNAPSHOTS);
        for (const SnapshotState& snapshot : engine->engine->snapshots().list()) describe_snapshot(snapshot, described);
        *out = result.release();
        return {};
    });
}

VZ_API vz_status vz_snapshot_drop(vz_engine* engine, vz_str name, vz_change* change, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, 0, &given));
        VZ_ASSIGN(const EditOutcome outcome, engine->engine->snapshots().drop(view(name), given.request_id));
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_archive_export(vz_engine* engine, const vz_archive_request* request, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_archive_request wanted;
        VZ_TRY(take_in(request, &wanted));
        if (wanted.collection_count != 0 && wanted.collections == nullptr) {
            return failure(VZ_INVALID_ARGUMENT, "the collections are missing")
                .field("collections")
                .reason(VZ_REASON_REQUIRED);
        }
        if ((wanted.path.data == nullptr) == (wanted.write == nullptr)) {
            return failure(VZ_INVALID_ARGUMENT, "an archive goes to a path or into a function")
                .field("path")
                .reason(VZ_REASON_REQUIRED);
        }
        VZ_TRY(check_path(wanted.path, "path"));
        const std::span<const vz_str> collections(wanted.collections, wanted.collection_count);
        if (wanted.path.data != nullptr)
            return engine->engine->snapshots().export_archive_to(std::string(view(wanted.path)), view(wanted.snapshot),
                                                                 collections);
        return engine->engine->snapshots().export_archive(
            view(wanted.snapshot), collections, [&](std::span<const std::byte> bytes) -> Status {
                const vz_status taken = wanted.write(wanted.user, bytes.data(), bytes.size());
                if (taken == VZ_OK) return {};
                if (taken > VZ_INTERNAL) return misuse("the function that takes the archive answers what is no status");
                return failure(taken, "the function that takes the archive ended it");
            });
    });
}

VZ_API vz_status vz_restore(vz_engine* engine, const vz_restore_request* request, vz_change* change,
                            vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, 0, &given));
        vz_restore_request wanted;
        VZ_TRY(take_in(request, &wanted));
        if ((wanted.flags & ~VZ_RESTORE_REPLACE) != 0)
            return failure(VZ_UNSUPPORTED, "a flag of restore is not known").field("flags");
        if ((wanted.snapshot.data == nullptr) == (wanted.archive.data == nullptr)) {
            return failure(VZ_INVALID_ARGUMENT, "a restore names a snapshot or an archive")
                .field("snapshot")
                .reason(VZ_REASON_REQUIRED);
        }
        VZ_TRY(check_path(wanted.archive, "archive"));
        const bool replace = (wanted.flags & VZ_RESTORE_REPLACE) != 0;
        if (wanted.archive.data != nullptr) {
            VZ_ASSIGN(const EditOutcome outcome,
                      engine->engine->snapshots().import_archive(std::string(view(wanted.archive)), view(wanted.from),
                                                                 view(wanted.to), replace, given.request_id));
            return answer_change(outcome, given, change);
        }
        VZ_ASSIGN(const EditOutcome outcome,
                  engine->engine->snapshots().restore(view(wanted.snapshot), view(wanted.from), view(wanted.to),
                                                      replace, given.request_id));
        return answer_change(outcome, given, change);
    });
}

}  // extern "C"
