#include "engine/runtime/database.hpp"

#include <utility>

#include "engine/base/bytes.hpp"
#include "engine/base/control_group.hpp"
#include "engine/base/limits.hpp"

namespace vz {
namespace {

uint32_t helping_threads(const EngineSettings& settings) { return settings.background ? usable_cores() - 1 : 0; }

}  // namespace

Database::Database(FileSystem& on, std::string in, EngineSettings given)
    : files(on),
      directory(std::move(in)),
      settings(with_defaults(std::move(given))),
      workers(WorkerPool::Work::kBackground, helping_threads(settings)),
      query_workers(WorkerPool::Work::kQueries, helping_threads(settings)),
      space(files, directory, settings.disk_reserve, settings.ballast_bytes, settings.background ? kDiskLookMs : 0),
      graph_copies(settings.graph_copy_bytes_max),
      catalogue(
          requests, workers, settings.now_ms, [this] { return new_uuid(); },
          [this](const std::shared_ptr<Collection>& collection) {
              if (notices.unreadable) notices.unreadable(collection);
          }) {}

vz_uuid Database::new_uuid() {
    vz_uuid made;
    store(reinterpret_cast<std::byte*>(made.bytes), numbers->salt());
    store(reinterpret_cast<std::byte*>(made.bytes) + 8, numbers->salt());
    made.bytes[6] = static_cast<uint8_t>((made.bytes[6] & 0x0F) | 0x40);
    made.bytes[8] = static_cast<uint8_t>((made.bytes[8] & 0x3F) | 0x80);
    return made;
}

void Database::report(uint32_t level, const char* event, const std::string& message) const {
    if (settings.log) settings.log(level, event, message);
}

Result<SegmentStore::Opened> Database::open_segment(const SegmentRef& ref, const Schema& schema) {
    VZ_ASSIGN(SegmentStore::Opened opened, segments->open(ref, schema));
    if (settings.verify == EngineSettings::Verify::kAtOpen) VZ_TRY(opened.part->sealed()->verify_contents());
    return opened;
}

void Database::set_aside(Collection& collection, const std::string& reason) {
    if (!collection.damage().empty() || !collection.quarantine(reason)) return;
    // Noted once there is something to note it in.
    if (log->waits_for_room()) return notices.unreadable(collection.shared_from_this());
    report_set_aside(collection);
    record_set_aside(collection);
}

void Database::report_set_aside(const Collection& collection) const {
    report(VZ_LOG_ERROR, "collection.quarantined", "collection '" + collection.name() + "': " + collection.damage());
}

void Database::record_set_aside(const Collection& collection) {
    if (settings.read_only) return;
    Quarantine edit{collection.id(), collection.damage()};
    const Status noted = log->commit(std::move(edit));
    if (!noted.ok()) report(VZ_LOG_ERROR, "verify.not_noted", noted.error().message);
}

Status Database::verify_rows(Collection& collection, const PartList& parts) {
    for (const auto& part : parts) {
        if (part->sealed() == nullptr) continue;
        Status verified = part->sealed()->verify_rows();
        if (verified.ok()) continue;
        set_aside(collection, verified.error().message);
        return verified;
    }
    return {};
}

}  // namespace vz
