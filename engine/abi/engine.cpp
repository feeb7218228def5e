// The engine itself: open and close, and what it tells its host.
#include "vectorizer/engine.h"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <new>
#include <span>
#include <string>
#include <utility>

#include "engine/abi/checks.hpp"
#include "engine/abi/handle.hpp"
#include "engine/abi/options.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/control_group.hpp"
#include "engine/base/limits.hpp"

namespace vz {

void tell(const vz_engine* engine, uint32_t level, const char* event, const char* message,
          std::span<const vz_kv> fields) {
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

namespace {

// A host knows by it whose plugin the code is. No allocation: these are told outside of a guard, too.
struct CodeAddress {
    explicit CodeAddress(const void* code) { std::snprintf(text, sizeof text, "%p", code); }
    vz_kv field() const { return {to_vz_str("code"), to_vz_str(text)}; }
    char text[32];
};

// `trouble` follows "1 result has been " or "2 results have been ".
void warn_of_held(const vz_engine* engine, const void* code, uint64_t results, const std::string& trouble) {
    const CodeAddress address(code);
    const std::string count = std::to_string(results);
    const std::string message = count + (results == 1 ? " result has been " : " results have been ") + trouble;
    const vz_kv fields[] = {address.field(), {to_vz_str("results"), to_vz_str(count.c_str())}};
    tell(engine, VZ_LOG_WARN, "results.held", message.c_str(), fields);
}

// Those that are open, for what is to be told of a call that names none.
struct OpenEngines {
    std::mutex mutex;  // held while one is told: it is not closed meanwhile
    vz_engine* first = nullptr;
};

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): properties of the process
std::atomic<uint32_t> forks_behind{0};
constinit OpenEngines open_engines;
// NOLINTEND

void enlist(vz_engine* engine) {
    const std::scoped_lock lock(open_engines.mutex);
    engine->next_open = std::exchange(open_engines.first, engine);
}

void strike(const vz_engine* engine) {
    const std::scoped_lock lock(open_engines.mutex);
    vz_engine** at = &open_engines.first;
    while (*at != engine) at = &(*at)->next_open;
    *at = engine->next_open;
}

// A child has none of its parent's engines, and nobody who would unlock what was locked in the parent.
void begin_child() {
    forks_behind.fetch_add(1, std::memory_order_relaxed);
    new (&open_engines) OpenEngines;
}

uint32_t this_process() {
    static const int watched = ::pthread_atfork(nullptr, nullptr, begin_child);
    static_cast<void>(watched);
    return forks_behind.load(std::memory_order_relaxed);
}

}  // namespace

Status check_process(const vz_engine* engine) {
    if (engine->opened_in == forks_behind.load(std::memory_order_relaxed)) return {};
    VZ_CHECK(engine->opened_in != vz_engine::kClosed);
    return misuse("the engine was opened before a fork; this process has to open its own");
}

void note_misuse(const vz_engine* engine, const char* rule) {
    const CodeAddress address(current_caller());
    const vz_kv fields[] = {address.field()};
    tell(engine, VZ_LOG_WARN, "abi.misuse", rule, fields);
}

void note_failure(const vz_engine* engine, vz_status status, const char* message) {
    if (status == VZ_MISUSE) return note_misuse(engine, message);
    if (status == VZ_IO_ERROR || status == VZ_OUTCOME_UNKNOWN)
        tell(engine, VZ_LOG_ERROR, "operation.failed", message, {});
}

Status noted_by_all(Status failed, const void* caller) {
    if (failed.code() != VZ_MISUSE) return failed;
    const CallerScope scope(caller);
    const std::scoped_lock lock(open_engines.mutex);
    for (const vz_engine* each = open_engines.first; each != nullptr; each = each->next_open)
        note_misuse(each, failed.error().message);
    return failed;
}

void note_completion(const vz_engine* engine, const void* code, int64_t took_ms) {
    if (took_ms < kCompletionLongMs) return;
    char took[24];
    std::snprintf(took, sizeof took, "%lld", static_cast<long long>(took_ms));
    char message[128];
    std::snprintf(message, sizeof message,
                  "a completion took %s ms, in which its thread of the engine did nothing else", took);
    const CodeAddress address(code);
    const vz_kv fields[] = {address.field(), {to_vz_str("took_ms"), to_vz_str(took)}};
    tell(engine, took_ms < kCompletionTooLongMs ? VZ_LOG_DEBUG : VZ_LOG_WARN, "completion.slow", message, fields);
}

void note_hanging(const vz_engine* engine, const void* code) {
    const CodeAddress address(code);
    const vz_kv fields[] = {address.field()};
    tell(engine, VZ_LOG_ERROR, "completion.hangs", "a completion does not return, and a thread of the engine is at it",
         fields);
}

}  // namespace vz

using namespace vz;  // NOLINT(google-build-using-namespace): bodies of the ABI

extern "C" {

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
        VZ_TRY(take_in_optional(options, &given));
        auto handle = std::make_unique<vz_engine>();
        handle->opened_in = this_process();
        EngineSettings settings;
        VZ_TRY(read_options(given, handle.get(), &settings));
        handle->files = make_posix_file_system();
        VZ_ASSIGN(handle->engine, Engine::open(*handle->files, std::string(view(directory)), settings));
        const uint32_t workers = given.workers != 0 ? given.workers : usable_cores();
        handle->operations = std::make_unique<Operations>(*handle, workers);
        if (handle->log != nullptr && handle->log_level >= VZ_LOG_WARN) {
            const auto warn_of_old = [engine = handle.get()](const void* maker, uint64_t results) {
                warn_of_held(engine, maker, results,
                             "held for more than " + std::to_string(kHeldTooLongMs / 1000) +
                                 " s, which pins files. Release a result as soon as its last byte was copied out");
            };
            const auto tell_of_hanging = [engine = handle.get()](const void* code, uint64_t) {
                note_hanging(engine, code);
            };
            handle->results.start(std::chrono::milliseconds(kHeldTooLongMs / 2), warn_of_old,
                                  {&handle->completions, tell_of_hanging});
        }
        enlist(handle.get());
        *out = handle.release();
        return {};
    });
}

VZ_API vz_status vz_engine_close(vz_engine* engine, vz_error* error) VZ_NOEXCEPT {
    // Nothing is closed, and no rule broken that a log would tell of: a host asks so whether it is in a completion.
    if (engine == nullptr) return guard(error, [] { return in_completion() ? misuse_of_completion() : Status(); });
    return guard_engine(engine, error, [&]() -> Status {
        tell(engine, VZ_LOG_INFO, "engine.closing", "the engine is being closed");
        engine->operations->drain();
        const uint64_t held = engine->results.count();
        if (held != 0) {
            engine->operations->resume();
            for (const auto& [code, results] : engine->results.makers())
                warn_of_held(engine, code, results, "left held, and the engine cannot be closed");
            return failure(VZ_BUSY, "%llu results are held: release them first", static_cast<unsigned long long>(held))
                .reason(VZ_REASON_RESULTS)
                .actual(static_cast<int64_t>(held));
        }
        engine->results.stop();
        engine->operations.reset();
        strike(engine);
        const Status closed = engine->engine->close();
        const std::unique_ptr<vz_engine> owned(engine);
        return closed.clone();
    });
}

}  // extern "C"
