// The engine itself: open, close, state, samples, the offline tools.
#include "vectorizer/engine.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <span>
#include <string>

#include "engine/abi/cancellation.hpp"
#include "engine/abi/handle.hpp"
#include "engine/abi/points.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/control_group.hpp"
#include "engine/base/limits.hpp"
#include "engine/collection/stats.hpp"
#include "engine/runtime/check.hpp"
#include "engine/runtime/inspect.hpp"
#include "engine/runtime/repair.hpp"

namespace vz {
namespace {

Status apply_setting(std::string_view name, std::string_view value, EngineSettings* settings) {
    if (name == "verify") {
        using Verify = EngineSettings::Verify;
        if (value != "background" && value != "open" && value != "never") {
            return failure(VZ_INVALID_ARGUMENT, "verify is background, open or never")
                .field(name)
                .reason(VZ_REASON_ENUM);
        }
        settings->verify = value == "open"    ? Verify::kAtOpen
                           : value == "never" ? Verify::kNever
                                              : Verify::kInBackground;
        return {};
    }
    if (value.empty())
        return failure(VZ_INVALID_ARGUMENT, "a setting has a value").field(name).reason(VZ_REASON_REQUIRED);
    uint64_t number = 0;
    for (const char c : value) {
        if (c < '0' || c > '9' || number > UINT64_MAX / 16)
            return failure(VZ_INVALID_ARGUMENT, "a setting is a whole number").field(name).reason(VZ_REASON_RANGE);
        number = number * 10 + static_cast<uint64_t>(c - '0');
    }
    if (name == "wal_file_first_bytes" || name == "wal_file_bytes") {
        if (number < 64 * kKiB || number > kGiB)
            return failure(VZ_INVALID_ARGUMENT, "a WAL file has 64 KiB to 1 GiB").field(name).reason(VZ_REASON_RANGE);
        (name == "wal_file_bytes" ? settings->wal_file_bytes : settings->wal_file_first_bytes) = number;
        return {};
    }
    if (name == "disk_reserve_mb") {
        if (number > 1'000'000)
            return failure(VZ_INVALID_ARGUMENT, "the reserve is at most 1 TB").field(name).reason(VZ_REASON_RANGE);
        settings->disk_reserve = number * kMiB;
        return {};
    }
    if (name == "scrub_mb_per_s") {
        if (number == 0 || number > 1'000'000)
            return failure(VZ_INVALID_ARGUMENT, "a scrub reads 1 MB to 1 TB a second")
                .field(name)
                .reason(VZ_REASON_RANGE);
        settings->scrub_bytes_per_s = number * kMiB;
        return {};
    }
    if (name == "settle_after_ms") {
        if (number == 0 || number > 86'400'000)
            return failure(VZ_INVALID_ARGUMENT, "a collection settles after 1 ms to a day")
                .field(name)
                .reason(VZ_REASON_RANGE);
        settings->settle_after_ms = static_cast<int64_t>(number);
        return {};
    }
    return failure(VZ_UNSUPPORTED, "there is no setting '%.*s'", static_cast<int>(name.size()), name.data())
        .field("settings");
}

Status read_options(const vz_engine_options& options, vz_engine* handle, EngineSettings* settings) {
    if ((options.flags & ~(VZ_OPEN_READ_ONLY | VZ_OPEN_MUST_EXIST)) != 0)
        return failure(VZ_UNSUPPORTED, "a flag of open is not known").field("flags");
    if (options.memory_bytes_max != 0 && options.memory_bytes_max < kMemoryBytesMin)
        return failure(VZ_INVALID_ARGUMENT, "the memory is 64 MiB at least")
            .field("memory_bytes_max")
            .reason(VZ_REASON_RANGE)
            .expected(static_cast<int64_t>(kMemoryBytesMin))
            .actual(static_cast<int64_t>(options.memory_bytes_max));
    if (options.log_level > VZ_LOG_TRACE)
        return failure(VZ_INVALID_ARGUMENT, "there is no such log level").field("log_level").reason(VZ_REASON_ENUM);
    settings->verify = EngineSettings::Verify::kInBackground;
    settings->must_exist = (options.flags & VZ_OPEN_MUST_EXIST) != 0;
    settings->read_only = (options.flags & VZ_OPEN_READ_ONLY) != 0;
    settings->queue_bytes_max = options.queue_bytes_max;
    settings->wal_bytes_max = options.wal_bytes_max;
    settings->memory_bytes = options.memory_bytes_max;
    if (options.setting_count != 0 && options.settings == nullptr) return misuse("the settings are NULL");
    for (uint64_t i = 0; i < options.setting_count; ++i) {
        VZ_TRY(apply_setting(view(options.settings[i].key), view(options.settings[i].value), settings));
    }
    handle->log = options.log;
    handle->log_user = options.log_user;
    if (options.log_level != 0) handle->log_level = options.log_level;
    if (options.log == nullptr) return {};
    settings->log = [handle](uint32_t level, const char* event, const std::string& message) {
        if (level > handle->log_level) return;
        vz_log_record record = {};
        record.struct_size = sizeof(record);
        record.level = level;
        record.event = to_vz_str(event);
        record.message = to_vz_str(message);
        handle->log(handle->log_user, &record);
    };
    return {};
}

vz_engine_stats stats_of(const vz_engine& engine) {
    vz_engine_stats stats = {};
    Engine& inner = *engine.engine;
    stats.state = !inner.log().health().ok() ? VZ_STATE_READ_ONLY
                  : inner.space().is_full()  ? VZ_STATE_DISK_FULL
                                             : VZ_STATE_READY;
    stats.last_lsn = inner.log().last_lsn();
    stats.durable_lsn = inner.log().durable();
    for (const auto& collection : inner.catalogue().list()) {
        vz_collection_stats one = {};
        fill_stats(*collection, &one);
        ++stats.collections;
        stats.quarantined += one.state == VZ_STATE_QUARANTINED ? 1 : 0;
        stats.points += one.points;
        stats.memory_bytes += one.memory_bytes;
        stats.mapped_bytes += one.mapped_bytes;
    }
    // Growing rows are what a restart would replay.
    stats.wal_bytes = stats.memory_bytes;
    const Result<Space> space = engine.files->space(inner.directory());
    stats.disk_free_bytes = space.ok() ? space->free : 0;
    stats.queued_ops = engine.operations->queued();
    stats.results_held = engine.results_held.count();
    stats.open_ns = inner.open_ns();
    return stats;
}

void describe_findings(std::span<const CheckFinding> findings, Descriptions* out) {
    for (const CheckFinding& found : findings) {
        vz_finding finding = {};
        finding.struct_size = sizeof(finding);
        finding.status = found.status;
        finding.collection = out->keep(found.collection);
        finding.file = out->keep(found.file);
        finding.offset = found.offset;
        finding.message = out->keep(found.message);
        out->findings.push_back(finding);
    }
}

Result<std::vector<CheckFinding>> run_tool(FileSystem& files, const std::string& directory,
                                           const vz_directory_request& request) {
    const uint32_t allowed = request.kind == VZ_DIRECTORY_CHECK    ? VZ_DIRECTORY_DEEP
                             : request.kind == VZ_DIRECTORY_REPAIR ? VZ_DIRECTORY_ACCEPT_LOSS
                                                                   : 0;
    if ((request.flags & ~allowed) != 0)
        return failure(VZ_INVALID_ARGUMENT, "the tool does not take that flag").field("flags");
    switch (request.kind) {
        case VZ_DIRECTORY_CHECK: return check_directory(files, directory, {(request.flags & VZ_DIRECTORY_DEEP) != 0});
        case VZ_DIRECTORY_INSPECT:
            if (request.target.data == nullptr)
                return failure(VZ_INVALID_ARGUMENT, "inspect needs a file").field("target").reason(VZ_REASON_REQUIRED);
            return inspect_file(files, std::string(view(request.target)));
        case VZ_DIRECTORY_REPAIR:
            if (request.flags == 0) {
                return failure(VZ_INVALID_ARGUMENT,
                               "repair gives up what cannot be read: it needs the flag that accepts the loss")
                    .field("flags")
                    .reason(VZ_REASON_REQUIRED);
            }
            return repair_directory(files, directory);
        default:
            return failure(VZ_UNSUPPORTED, "of the offline tools, check, inspect and repair exist in this release")
                .field("kind");
    }
}

void emit(vz_sample_fn visit, void* user, uint32_t kind, const char* name, const char* help, uint64_t value) {
    vz_sample sample = {};
    sample.struct_size = sizeof(sample);
    sample.kind = kind;
    sample.name = to_vz_str(name);
    sample.help = to_vz_str(help);
    sample.value = static_cast<double>(value);
    visit(user, &sample);
}

void tell(const vz_engine* engine, uint32_t level, const char* event, const char* message,
          std::span<const vz_kv> fields = {}) {
    if (engine->log == nullptr || engine->log_level < level) return;
    vz_log_record record = {};
    record.fields = fields.data();
    record.field_count = fields.size();
    record.struct_size = sizeof(record);
    record.level = level;
    record.event = to_vz_str(event);
    record.message = to_vz_str(message);
    engine->log(engine->log_user, &record);
}

// A host knows by the address of the code whose plugin it is. `trouble` follows "1 result has been " or "2 results have
// been ".
void warn_of_held(const vz_engine* engine, const void* code, uint64_t results, const std::string& trouble) {
    char address[32];
    std::snprintf(address, sizeof address, "%p", code);
    const std::string count = std::to_string(results);
    const std::string message = count + (results == 1 ? " result has been " : " results have been ") + trouble;
    const vz_kv fields[] = {{to_vz_str("code"), to_vz_str(address)}, {to_vz_str("results"), to_vz_str(count.c_str())}};
    tell(engine, VZ_LOG_WARN, "results.held", message.c_str(), fields);
}

}  // namespace

namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a property of the process
std::atomic<uint32_t> forks_behind{0};

uint32_t this_process() {
    static const int watched =
        ::pthread_atfork(nullptr, nullptr, [] { forks_behind.fetch_add(1, std::memory_order_relaxed); });
    static_cast<void>(watched);
    return forks_behind.load(std::memory_order_relaxed);
}

}  // namespace

Status check_process(const vz_engine* engine) {
    if (engine->opened_in == forks_behind.load(std::memory_order_relaxed)) return {};
    return misuse("the engine was opened before a fork; this process has to open its own");
}

void note_misuse(const vz_engine* engine, const Status& status) {
    tell(engine, VZ_LOG_WARN, "abi.misuse", status.error().message);
}

}  // namespace vz

using namespace vz;  // NOLINT(google-build-using-namespace): bodies of the ABI

extern "C" {

#define VZ_API __attribute__((visibility("default")))

VZ_API uint32_t vz_abi_version(void) VZ_NOEXCEPT { return VZ_ABI_VERSION; }

VZ_API const char* vz_build_info(void) VZ_NOEXCEPT {
    static const char* const info =
        __builtin_cpu_supports("avx512f") ? "vectorizer 0.1.0, gcc-compatible " __VERSION__ ", avx512"
        : __builtin_cpu_supports("avx2")  ? "vectorizer 0.1.0, gcc-compatible " __VERSION__ ", avx2"
                                          : "vectorizer 0.1.0, gcc-compatible " __VERSION__ ", baseline";
    return info;
}

VZ_API const char* vz_status_name(vz_status status) VZ_NOEXCEPT {
    static const char* const names[] = {"VZ_OK",
                                        "VZ_INVALID_ARGUMENT",
                                        "VZ_NOT_FOUND",
                                        "VZ_ALREADY_EXISTS",
                                        "VZ_CONFLICT",
                                        "VZ_UNSUPPORTED",
                                        "VZ_LIMIT_EXCEEDED",
                                        "VZ_BUSY",
                                        "VZ_DEADLINE_EXCEEDED",
                                        "VZ_CANCELLED",
                                        "VZ_DISK_FULL",
                                        "VZ_READ_ONLY",
                                        "VZ_OUTCOME_UNKNOWN",
                                        "VZ_CORRUPTION",
                                        "VZ_IO_ERROR",
                                        "VZ_OUT_OF_MEMORY",
                                        "VZ_MISUSE",
                                        "VZ_INTERNAL"};
    return status < std::size(names) ? names[status] : "VZ_UNKNOWN";
}

VZ_API vz_status vz_engine_open(vz_str directory, const vz_engine_options* options, vz_engine** out,
                                vz_error* error) VZ_NOEXCEPT {
    return guard_outside(error, [&]() -> Status {
        if (out == nullptr) return misuse("the place for the engine is NULL");
        if (directory.data == nullptr || directory.size == 0) {
            return failure(VZ_INVALID_ARGUMENT, "a data directory must be named")
                .field("directory")
                .reason(VZ_REASON_REQUIRED);
        }
        VZ_TRY(check_path(directory, "directory"));
        vz_engine_options given;
        VZ_TRY(take_in(options, &given, true));
        auto handle = std::make_unique<vz_engine>();
        handle->opened_in = this_process();
        EngineSettings settings;
        VZ_TRY(read_options(given, handle.get(), &settings));
        handle->files = make_posix_file_system();
        VZ_ASSIGN(handle->engine, Engine::open(*handle->files, std::string(view(directory)), settings));
        const uint32_t workers = given.workers != 0 ? std::min(given.workers, 256U) : usable_cores();
        handle->operations = std::make_unique<Operations>(*handle, workers);
        if (handle->log != nullptr && handle->log_level >= VZ_LOG_WARN) {
            const auto tell = [engine = handle.get()](const void* maker, uint64_t results) {
                warn_of_held(engine, maker, results,
                             "held for more than " + std::to_string(kHeldTooLongMs / 1000) +
                                 " s, which pins files. Release a result as soon as its last byte was copied out");
            };
            handle->results_held.start(std::chrono::milliseconds(kHeldTooLongMs / 2), tell);
        }
        *out = handle.release();
        return {};
    });
}

VZ_API vz_status vz_engine_close(vz_engine* engine, vz_error* error) VZ_NOEXCEPT {
    return guard_outside(error, [&]() -> Status {
        if (engine == nullptr) return {};
        VZ_TRY(check_process(engine));
        tell(engine, VZ_LOG_INFO, "engine.closing", "the engine is being closed");
        engine->operations->drain();
        const uint64_t held = engine->results_held.count();
        if (held != 0) {
            engine->operations->resume();
            for (const auto& [code, results] : engine->results_held.makers())
                warn_of_held(engine, code, results, "left held, and the engine cannot be closed");
            return failure(VZ_BUSY, "%llu results are held: release them first", static_cast<unsigned long long>(held))
                .reason(VZ_REASON_RESULTS)
                .actual(static_cast<int64_t>(held));
        }
        engine->results_held.stop();
        engine->operations.reset();
        const Status closed = engine->engine->close();
        const std::unique_ptr<vz_engine> owned(engine);
        return closed.clone();
    });
}

VZ_API vz_status vz_engine_stats_read(vz_engine* engine, vz_engine_stats* out, vz_error* error) VZ_NOEXCEPT {
    return guard_engine_anywhere(engine, error, [&] { return give_out(stats_of(*engine), out); });
}

VZ_API vz_status vz_engine_samples(vz_engine* engine, vz_sample_fn visit, void* user, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        if (visit == nullptr) return misuse("the visitor is NULL");
        const vz_engine_stats stats = stats_of(*engine);
        const LocalLog::Counters& counters = engine->engine->log().counters();
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_collections", "Collections.", stats.collections);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_points", "Live points.", stats.points);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_durable_lsn", "Everything up to this LSN is on disk.",
             stats.durable_lsn);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_wal_bytes", "Bytes that a restart would replay.",
             stats.wal_bytes);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_memory_bytes", "Memory of growing segments.",
             stats.memory_bytes);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_disk_free_bytes", "Free bytes of the file system.",
             stats.disk_free_bytes);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_disk_reserve_bytes",
             "Below so many free bytes upserts are refused.", engine->engine->space().reserve());
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_queued_ops", "Operations in flight.", stats.queued_ops);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_results_held", "Results not yet released.", stats.results_held);
        emit(visit, user, VZ_SAMPLE_GAUGE, "vectorizer_poisoned", "1 after a write to a log failed.",
             engine->engine->log().has_failed() && !engine->engine->is_read_only() ? 1 : 0);
        emit(visit, user, VZ_SAMPLE_COUNTER, "vectorizer_commit_syncs_total", "Commit groups synced.",
             counters.syncs.load());
        emit(visit, user, VZ_SAMPLE_COUNTER, "vectorizer_commit_records_total", "WAL records written.",
             counters.records.load());
        emit(visit, user, VZ_SAMPLE_COUNTER, "vectorizer_commit_edits_total", "Manifest edits written.",
             counters.edits.load());
        return {};
    });
}

VZ_API vz_status vz_directory_run(vz_str directory, const vz_directory_request* request, vz_result** out,
                                  vz_error* error) VZ_NOEXCEPT {
    return guard_outside(error, [&]() -> Status {
        vz_directory_request given;
        VZ_TRY(take_in(request, &given));
        if (out == nullptr) return misuse("the place for the result is NULL");
        VZ_TRY(no_reserved(given.reserved));
        VZ_TRY(check_path(directory, "directory"));
        VZ_TRY(check_path(given.target, "target"));
        static HeldResults held;
        auto result = std::make_unique<vz_result>(&held);
        const std::unique_ptr<FileSystem> files = make_posix_file_system();
        VZ_ASSIGN(const std::vector<CheckFinding> findings, run_tool(*files, std::string(view(directory)), given));
        describe_findings(findings, result->describe(VZ_RESULT_FINDINGS));
        *out = result.release();
        return {};
    });
}

VZ_API vz_status vz_verify(vz_engine* engine, vz_str collection, const vz_verify_request* request, vz_result** out,
                           vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_verify_request given = {};
        if (request != nullptr) VZ_TRY(take_in(request, &given));
        if (out == nullptr) return misuse("the place for the result is NULL");
        VZ_TRY(no_flags(given.flags, VZ_VERIFY_DEEP));
        const Interruption until = interruption(given.deadline_ns);
        VZ_TRY(until.check());
        std::vector<std::shared_ptr<Collection>> collections;
        if (collection.data == nullptr) {
            collections = engine->engine->catalogue().list();
        } else {
            VZ_ASSIGN(std::shared_ptr<Collection> found, engine->engine->catalogue().resolve(view(collection)));
            collections.push_back(std::move(found));
        }
        std::vector<CheckFinding> all;
        for (const auto& each : collections) {
            VZ_ASSIGN(std::vector<CheckFinding> findings,
                      engine->engine->verification().verify(each, [&](uint64_t) { return until.check(); },
                                                            {(given.flags & VZ_VERIFY_DEEP) != 0}));
            std::move(findings.begin(), findings.end(), std::back_inserter(all));
        }
        auto result = std::make_unique<vz_result>(&engine->results_held);
        describe_findings(all, result->describe(VZ_RESULT_FINDINGS));
        *out = result.release();
        return {};
    });
}

}  // extern "C"
