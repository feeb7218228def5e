#include "engine/runtime/verification.hpp"

#include <algorithm>
#include <chrono>

#include "engine/base/limits.hpp"
#include "engine/payload/json.hpp"

namespace vz {
namespace {

std::string file_of(const Part& part) { return segment_path("", 'S', part.ref().file).substr(1); }

}  // namespace

Result<std::vector<CheckFinding>> Verification::verify(const std::shared_ptr<Collection>& collection,
                                                       const std::function<Status(uint64_t bytes)>& pace,
                                                       CheckDepth depth) {
    Look look{collection};
    const ReadView view = collection->pin();
    for (const auto& part : *view.parts) {
        if (part->sealed() == nullptr) continue;
        auto damage = part->sealed()->find_damage(database_.files, pace);
        // A disk may fail once and read the same block later; setting aside is for good.
        if (damage.status().code() == VZ_IO_ERROR) damage = part->sealed()->find_damage(database_.files, pace);
        if (!damage.ok()) {
            const vz_status code = damage.status().code();
            if (code != VZ_IO_ERROR && code != VZ_NOT_FOUND) return damage.status().clone();
            // Another part took its place meanwhile, and the file went.
            if (code == VZ_NOT_FOUND && !collection->serves(*part)) continue;
            judge(part, {{false, SectionKind::kMeta, 0, 0, 0, damage.status().error().message}}, &look);
            continue;
        }
        judge(part, *damage, &look);
        if (!damage->empty()) continue;
        part->note_verified(database_.settings.now_ms());
        const SealedSegment& segment = *part->sealed();
        for (uint32_t row = 0; depth.payloads && row < segment.row_count(); ++row) {
            if (row % kRowsBetweenChecks == 0) VZ_TRY(pace(0));
            const std::string id = id_text(segment.id(row));
            const auto note = [&](const std::string& message) {
                look.findings.push_back({VZ_CORRUPTION, collection->name(), file_of(*part), 0, message});
            };
            const Status payload = validate_payload(segment.payload(row));
            if (!payload.ok()) note("the payload of '" + id + "': " + std::string(payload.error().message));
            if (segment.find(segment.id(row)) != row)
                note("row " + std::to_string(row) + " is not found by its id '" + id + "'");
        }
    }
    // Set aside as it was opened: there is no file to read, and yet it is not sound.
    const std::string known = collection->damage();
    if (look.findings.empty() && !known.empty())
        look.findings.push_back({VZ_CORRUPTION, collection->name(), {}, 0, known});
    act_on(look);
    return std::move(look.findings);
}

void Verification::judge(const std::shared_ptr<Part>& part, const std::vector<SealedSegment::Damage>& damage,
                         Look* look) {
    for (const SealedSegment::Damage& found : damage) {
        look->findings.push_back(
            {VZ_CORRUPTION, look->collection->name(), file_of(*part), found.offset, found.message});
        if (!found.is_derived) look->loss = found.message;
        if (found.is_derived && Part::decides_existence(found.kind)) look->doubt = found.message;
        part->distrust(found.kind);
    }
    if (!damage.empty()) look->to_rewrite.push_back(part);
}

void Verification::act_on(const Look& look) {
    const std::shared_ptr<Collection>& collection = look.collection;
    if (!look.loss.empty()) return database_.set_aside(*collection, look.loss);
    for (const auto& part : look.to_rewrite) {
        const Status rewritten = compaction_.rewrite(*collection, part);
        if (rewritten.ok()) continue;
        database_.report(VZ_LOG_ERROR, "verify.not_rewritten",
                         "collection '" + collection->name() + "': " + rewritten.error().message);
        if (!look.doubt.empty()) database_.set_aside(*collection, look.doubt);
        database_.notices.changed(collection);  // field indexes are built in memory then
    }
}

void Verification::start() {
    verify_small();
    thread_ = std::thread([this] { run(); });
}

void Verification::stop() {
    if (!thread_.joinable()) return;
    {
        const std::scoped_lock lock(mutex_);
        stops_ = true;
    }
    wakes_.notify_all();
    database_.workers.set_cancelled(true);
    thread_.join();
    database_.workers.set_cancelled(false);
}

// Through the map, which is what answers come from.
void Verification::verify_small() {
    uint64_t left = kVerifiedFirstBytes;
    for (const auto& collection : database_.catalogue.list()) {
        if (!collection->health().ok()) continue;
        Look look{collection};
        const ReadView view = collection->pin();
        for (const auto& part : *view.parts) {
            // The smallest have their price, too.
            const uint64_t bytes = part->sealed() == nullptr ? 0 : std::max(part->sealed()->bytes(), 64 * kKiB);
            if (bytes == 0 || bytes > left) continue;
            left -= bytes;
            judge(part, part->sealed()->find_damage_in_map(), &look);
        }
        report(look.findings);
        act_on(look);
    }
}

void Verification::report(const std::vector<CheckFinding>& findings) const {
    for (const CheckFinding& finding : findings) database_.report(VZ_LOG_ERROR, "scrub.damage", finding.message);
}

void Verification::run() {
    // Who chose a rate has a reason.
    const uint64_t chosen = database_.settings.scrub_bytes_per_s;
    uint64_t hurried = chosen == kScrubBytesPerSecond ? kScrubHurriedBytes : 0;
    const auto pace = [&](uint64_t bytes) -> Status {
        const uint64_t rate = chosen * (hurried >= bytes ? kScrubHurry : 1);
        hurried -= std::min(hurried, bytes);
        const auto span = std::chrono::nanoseconds(bytes * 1'000'000'000 / rate);
        std::unique_lock lock(mutex_);
        if (wakes_.wait_for(lock, span, [this] { return stops_; }))
            return failure(VZ_CANCELLED, "the database is being closed");
        return {};
    };
    for (;;) {
        uint64_t damaged = 0;
        for (const auto& collection : database_.catalogue.list()) {
            if (!collection->health().ok() || collection->is_dropped()) continue;
            const Result<std::vector<CheckFinding>> found = verify(collection, pace);
            if (!found.ok() && found.status().code() == VZ_CANCELLED) return;
            if (!found.ok()) {
                database_.report(VZ_LOG_ERROR, "scrub.failed",
                                 "collection '" + collection->name() + "': " + found.status().error().message);
                continue;
            }
            report(*found);
            damaged += found->size();
        }
        database_.report(damaged == 0 ? VZ_LOG_DEBUG : VZ_LOG_ERROR, "scrub.done",
                         std::to_string(damaged) + " damaged places found");
        std::unique_lock lock(mutex_);
        if (wakes_.wait_for(lock, std::chrono::milliseconds(kScrubPauseMs), [this] { return stops_; })) return;
    }
}

}  // namespace vz
