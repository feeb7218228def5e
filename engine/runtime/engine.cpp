#include "engine/runtime/engine.hpp"

#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/bytes.hpp"
#include "engine/base/control_group.hpp"
#include "engine/base/limits.hpp"
#include "engine/collection/upkeep.hpp"

namespace vz {
namespace {

int64_t system_now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

uint64_t system_seed() {
    uint64_t seed = 0;
    // The kernel's generator answers 8 bytes whole, or not at all before the system has booted.
    if (::getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) seed = static_cast<uint64_t>(system_now_ms());
    return seed;
}

EngineSettings with_defaults(EngineSettings settings) {
    if (settings.wal_file_first_bytes == 0) settings.wal_file_first_bytes = kWalFileFirstBytes;
    if (settings.wal_file_bytes == 0) settings.wal_file_bytes = kWalFileBytes;
    if (settings.manifest_extend_bytes == 0) settings.manifest_extend_bytes = kManifestExtendBytes;
    if (settings.manifest_bytes_max == 0) settings.manifest_bytes_max = kManifestBytesMax;
    if (settings.queue_bytes_max == 0) settings.queue_bytes_max = kCommitQueueBytesMax;
    if (settings.wal_bytes_max == 0) settings.wal_bytes_max = kWalBytesMax;
    if (settings.growing_bytes_max == 0) settings.growing_bytes_max = kGrowingBytesMax;
    if (settings.growing_total_bytes_max == 0) settings.growing_total_bytes_max = kGrowingTotalBytesMax;
    if (settings.memory_bytes == 0) settings.memory_bytes = memory_limit();
    if (settings.graph_copy_bytes_max == 0) settings.graph_copy_bytes_max = settings.memory_bytes / kGraphCopyPart;
    if (settings.close_replay_bytes == 0) settings.close_replay_bytes = kCloseReplayBytes;
    if (settings.seed == 0) settings.seed = system_seed();
    if (settings.scrub_bytes_per_s == 0) settings.scrub_bytes_per_s = kScrubBytesPerSecond;
    if (settings.settle_after_ms == 0) settings.settle_after_ms = kSettleAfterMs;
    if (!settings.now_ms) settings.now_ms = system_now_ms;
    return settings;
}

uint32_t helping_threads(const EngineSettings& settings) {
    return settings.background ? usable_cores() - 1 : 0;
}

}  // namespace

Engine::Engine(FileSystem& files, std::string directory, EngineSettings settings)
    : files_(files),
      directory_(std::move(directory)),
      settings_(with_defaults(std::move(settings))),
      workers_(std::make_unique<WorkerPool>(WorkerPool::Work::kBackground, helping_threads(settings_))),
      query_workers_(std::make_unique<WorkerPool>(WorkerPool::Work::kQueries, helping_threads(settings_))),
      space_(files_, directory_, settings_.disk_reserve, settings_.ballast_bytes, settings_.background ? kDiskLookMs : 0),
      catalogue_(requests_, *workers_, settings_.now_ms, [this] { return new_uuid(); }),
      linking_([this](const std::shared_ptr<Collection>& collection) {
          const Status linked = link_tail(*collection, *workers_);
          if (!linked.ok() && linked.code() != VZ_CANCELLED)
              report(VZ_LOG_ERROR, "index.failed", linked.error().message);
      }),
      compacting_([this](const std::shared_ptr<Collection>& collection) { compact_while_worth(collection); }),
      indexing_([](const std::shared_ptr<Collection>& collection) { refresh_indexes(*collection); }),
      copying_([this](const std::shared_ptr<Collection>& collection) { copy_graphs(*collection, graph_copies_); }),
      graph_copies_(settings_.graph_copy_bytes_max) {}

Result<std::unique_ptr<Engine>> Engine::open(FileSystem& files, const std::string& directory,
                                             const EngineSettings& settings) {
    const auto began = std::chrono::steady_clock::now();
    std::unique_ptr<Engine> engine(new Engine(files, directory, settings));
    VZ_TRY(engine->recover());
    engine->open_ns_ =
        static_cast<uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count());
    if (engine->settings_.background && engine->is_read_only_) {
        // What concerns memory alone goes on.
        engine->linking_.start();
        engine->indexing_.start();
        engine->copying_.start();
        engine->note_opened();
    } else if (engine->settings_.background) {
        engine->commit_thread_ = std::thread([log = engine->log_.get()] { log->run_commit_thread(); });
        engine->spare_thread_ = std::thread([log = engine->log_.get()] { log->run_spare_thread(); });
        engine->linking_.start();
        engine->compacting_.start();
        engine->indexing_.start();
        engine->copying_.start();
        engine->note_opened();
        for (const auto& collection : engine->catalogue_.list()) {
            if (collection->has_expiry() && collection->activity().expiring.enter()) engine->expiring_.push_back(collection);
            if (!is_in_pieces(*collection) || !collection->activity().unsettled.enter()) continue;
            collection->activity().note(engine->settings_.now_ms());
            engine->unsettled_.push_back(collection);
        }
        engine->maintenance_thread_ = std::thread([raw = engine.get()] { raw->run_maintenance(); });
        if (engine->settings_.verify == EngineSettings::Verify::kInBackground) {
            engine->scrub_thread_ = std::thread([raw = engine.get()] { raw->run_scrub(); });
        }
    }
    return engine;
}

Engine::~Engine() {
    stop_threads();
}

void Engine::stop_threads() {
    if (scrub_thread_.joinable()) {
        {
            const std::scoped_lock lock(scrub_mutex_);
            scrub_stops_ = true;
        }
        scrub_wakes_.notify_all();
    }
    workers_->set_cancelled(true);
    if (scrub_thread_.joinable()) scrub_thread_.join();
    linking_.stop();
    compacting_.stop();
    indexing_.stop();
    copying_.stop();
    workers_->set_cancelled(false);
    if (maintenance_thread_.joinable()) {
        {
            const std::scoped_lock lock(maintenance_mutex_);
            stopping_ = true;
        }
        maintenance_wakes_.notify_all();
        sealed_.notify_all();
        maintenance_thread_.join();
    }
    if (commit_thread_.joinable()) {
        log_->stop();
        commit_thread_.join();
        spare_thread_.join();
    }
}

Status Engine::close() {
    stop_threads();
    if (closed_) return {};
    closed_ = true;
    if (!log_->health().ok()) return {};
    log_->end_writes();
    uint64_t growing = 0;
    for (const auto& collection : catalogue_.list()) growing += growing_bytes(*collection);
    if (growing == 0 || growing > settings_.close_replay_bytes) {
        graphs_wanted_ = GraphsWanted::kAsTheyAre;
        // What cannot be sealed now is replayed at the next open.
        Status sealed = growing == 0 ? Status() : checkpoint_all().take_status();
        // The next open has no record to read.
        if (sealed.ok()) sealed = log_->end_file();
        if (sealed.ok()) sealed = retire_wals();
        if (sealed.ok()) sealed = remove_unnamed();
        if (!sealed.ok()) report(VZ_LOG_WARN, "close.not_sealed", sealed.error().message);
    }
    return log_->health().ok() ? log_->close() : Status();
}

vz_uuid Engine::new_uuid() {
    vz_uuid uuid;
    store(reinterpret_cast<std::byte*>(uuid.bytes), numbers_->salt());
    store(reinterpret_cast<std::byte*>(uuid.bytes) + 8, numbers_->salt());
    uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0F) | 0x40);
    uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
    return uuid;
}

void Engine::report(uint32_t level, const char* event, const std::string& message) const {
    if (settings_.log) settings_.log(level, event, message);
}

Status Engine::write(std::string_view collection, const vz_write_request& request, vz_write_answer* answer,
                     std::vector<Status>* item_errors) {
    VZ_ASSIGN(const std::shared_ptr<Collection> target, catalogue_.resolve(collection));
    WriteCommit commit(target);
    Status outcome;
    commit.done = [&outcome](const Status& status) { outcome = status.clone(); };
    bool in_flight = false;
    VZ_TRY(make_room(target, request, true));
    VZ_TRY(target->begin_write(request, commit, true, &in_flight));
    if (in_flight) log_->drive(commit);
    VZ_TRY(std::move(outcome));
    note_write(target);
    *answer = commit.answer;
    *item_errors = std::move(commit.item_errors);
    return {};
}

}  // namespace vz
