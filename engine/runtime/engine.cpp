#include "engine/runtime/engine.hpp"

#include <chrono>
#include <utility>

#include "engine/collection/interruption.hpp"
#include "engine/collection/upkeep.hpp"

namespace vz {

Engine::Engine(FileSystem& files, std::string directory, EngineSettings settings)
    : database_(files, std::move(directory), std::move(settings)),
      checkpoints_(database_),
      compaction_(database_, checkpoints_),
      verification_(database_, compaction_),
      snapshots_(database_, checkpoints_),
      maintenance_(database_, checkpoints_, compaction_) {
    database_.notices.changed = [this](const std::shared_ptr<Collection>& collection) {
        maintenance_.note_changed(collection);
    };
    database_.notices.unreadable = [this](const std::shared_ptr<Collection>& collection) {
        maintenance_.note_unreadable(collection);
    };
    database_.notices.opened = [this] { maintenance_.note_opened(); };
}

Result<std::unique_ptr<Engine>> Engine::open(FileSystem& files, const std::string& directory,
                                             const EngineSettings& settings) {
    const auto began = std::chrono::steady_clock::now();
    std::unique_ptr<Engine> engine(new Engine(files, directory, settings));
    VZ_TRY(engine->recover());
    engine->open_ns_ =
        static_cast<uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count());
    if (engine->database_.settings.background) engine->start_threads();
    return engine;
}

Engine::~Engine() { stop_threads(); }

void Engine::start_threads() {
    const bool verifies = database_.settings.verify == EngineSettings::Verify::kInBackground;
    if (database_.settings.read_only) {
        maintenance_.start_reading();
        if (verifies) verification_.start();
        return;
    }
    commit_thread_ = std::thread([log = database_.log.get()] { log->run_commit_thread(); });
    spare_thread_ = std::thread([log = database_.log.get()] { log->run_spare_thread(); });
    maintenance_.start();
    if (verifies) verification_.start();
}

void Engine::stop_threads() {
    verification_.stop();
    maintenance_.stop();
    if (!commit_thread_.joinable()) return;
    database_.log->stop();
    commit_thread_.join();
    spare_thread_.join();
}

Status Engine::close() {
    stop_threads();
    if (closed_) return {};
    closed_ = true;
    if (!database_.log->health().ok()) return {};
    database_.log->end_writes();
    uint64_t growing = 0;
    for (const auto& collection : database_.catalogue.list()) growing += growing_bytes(*collection);
    if (growing == 0 || growing > database_.settings.close_replay_bytes) {
        checkpoints_.leave_graphs();
        // What cannot be sealed now is replayed at the next open.
        Status sealed = growing == 0 ? Status() : checkpoints_.take_all().take_status();
        // The next open has no record to read.
        if (sealed.ok()) sealed = database_.log->end_file();
        if (sealed.ok()) sealed = checkpoints_.retire_wals();
        if (sealed.ok()) sealed = checkpoints_.remove_unnamed();
        if (!sealed.ok()) database_.report(VZ_LOG_WARN, "close.not_sealed", sealed.error().message);
    }
    return database_.log->health().ok() ? database_.log->close() : Status();
}

Status Engine::write(std::string_view collection, const vz_write_request& request, vz_write_answer* answer,
                     std::vector<Status>* item_errors) {
    VZ_ASSIGN(const std::shared_ptr<Collection> target, database_.catalogue.resolve(collection));
    VZ_TRY(Interruption{request.deadline_ns, nullptr}.check());
    WriteCommit commit(target);
    Status outcome;
    commit.done = [&outcome](const Status& status) { outcome = status.clone(); };
    bool in_flight = false;
    VZ_TRY(maintenance_.make_room(target, request, IfFull::kWait));
    VZ_TRY(target->begin_write(request, commit, &in_flight));
    if (in_flight) {
        database_.log->drive(commit);
        maintenance_.note_write(target);
    }
    VZ_TRY(std::move(outcome));
    *answer = commit.answer;
    *item_errors = std::move(commit.item_errors);
    return {};
}

Result<EditOutcome> Engine::drop(std::string_view name, bool only_if_empty, const vz_uuid& request) {
    VZ_ASSIGN(const EditOutcome outcome, database_.catalogue.drop(name, only_if_empty, request));
    maintenance_.note_dropped();
    return outcome;
}

}  // namespace vz
