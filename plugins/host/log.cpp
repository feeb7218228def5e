// The door of spdlog.
#include "plugins/host/log.hpp"

#include <pthread.h>
#include <signal.h>
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/host/abi_text.hpp"
#include "plugins/host/json_text.hpp"
#include "plugins/host/printable.hpp"

namespace vz::host {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one log a process
std::atomic<uint32_t> current_level{VZ_LOG_INFO};

spdlog::level::level_enum spdlog_level(uint32_t level) {
    switch (level) {
        case VZ_LOG_ERROR: return spdlog::level::err;
        case VZ_LOG_WARN: return spdlog::level::warn;
        case VZ_LOG_INFO: return spdlog::level::info;
        case VZ_LOG_DEBUG: return spdlog::level::debug;
        default: return spdlog::level::trace;
    }
}

std::atomic<bool> json_lines{false};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): as the level

constexpr std::pair<std::string_view, uint32_t> kLevels[] = {{"error", VZ_LOG_ERROR},
                                                             {"warn", VZ_LOG_WARN},
                                                             {"info", VZ_LOG_INFO},
                                                             {"debug", VZ_LOG_DEBUG},
                                                             {"trace", VZ_LOG_TRACE}};

std::string_view name_of(uint32_t level) {
    for (const auto& [name, each] : kLevels) {
        if (each == level) return name;
    }
    return "trace";
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether the text is a number as JSON writes it, exact in the double that most readers make of it.
bool is_number(std::string_view text) {
    constexpr size_t kExactDigits = 15;
    if (text.starts_with('-')) text.remove_prefix(1);
    if (text.empty() || text.size() > kExactDigits || (text.front() == '0' && text.size() > 1 && text[1] != '.'))
        return false;
    const size_t point = text.find('.');
    const auto all_digits = [](std::string_view part) {
        return !part.empty() && std::all_of(part.begin(), part.end(), is_digit);
    };
    if (point == std::string_view::npos) return all_digits(text);
    return all_digits(text.substr(0, point)) && all_digits(text.substr(point + 1));
}

// Fields that name something: texts even where the name is made of digits, so that a field has one type in all records.
bool is_name(std::string_view key) {
    constexpr std::string_view kNames[] = {"request_id", "traceparent", "key",  "id",   "name",   "collection",
                                           "route",      "method",      "peer", "path", "version"};
    return std::find(std::begin(kNames), std::end(kNames), key) != std::end(kNames);
}

using Field = std::pair<std::string_view, std::string_view>;

// Each key once: what the host says of a record, and the first of fields of one key.
std::vector<Field> fields_of(const vz_log_record& record) {
    constexpr std::string_view kOfHost[] = {"time", "level", "instance", "event", "message"};
    std::vector<Field> fields;
    fields.reserve(record.field_count);
    for (uint64_t i = 0; i < record.field_count; ++i) {
        const std::string_view key = view(record.fields[i].key);
        const bool is_taken =
            std::find(std::begin(kOfHost), std::end(kOfHost), key) != std::end(kOfHost) ||
            std::any_of(fields.begin(), fields.end(), [key](const Field& each) { return each.first == key; });
        if (!is_taken) fields.emplace_back(key, view(record.fields[i].value));
    }
    return fields;
}

// Signals are the main thread's, whose mask is not set yet.
void start_writer() {
    constexpr size_t kWaitingMax = 2048;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    spdlog::init_thread_pool(kWaitingMax, 1);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void hand_over(uint32_t level, std::string_view line) {
    if (auto* logger = spdlog::default_logger_raw())
        logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

uint32_t log_level_named(const std::string& name) {
    for (const auto& [each, level] : kLevels) {
        if (each == name) return level;
    }
    return 0;
}

bool Log::is_json() { return json_lines.load(std::memory_order_relaxed); }

bool Log::open(const std::string& file, uint32_t level, LogFormat format) {
    current_level.store(level);
    const bool on_terminal = file.empty() && ::isatty(STDERR_FILENO) == 1;
    json_lines.store(format == LogFormat::kJson || (format == LogFormat::kAuto && !on_terminal));
    try {
        spdlog::sink_ptr sink;
        if (file.empty()) {
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        } else {
            sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
        }
        start_writer();
        auto logger = std::make_shared<spdlog::async_logger>("vectorizer", std::move(sink), spdlog::thread_pool(),
                                                             spdlog::async_overflow_policy::overrun_oldest);
        logger->set_level(spdlog::level::trace);
        logger->set_pattern(is_json() ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z",%v})" : "%Y-%m-%dT%H:%M:%S.%e%z %v");
        logger->flush_on(spdlog::level::trace);
        spdlog::set_default_logger(std::move(logger));
        return true;
    } catch (const spdlog::spdlog_ex&) {
        return false;
    }
}

bool Log::close() {
    constexpr std::chrono::seconds kPatience(2);
    auto written = std::make_unique<std::promise<void>>();
    const std::future<void> all = written->get_future();
    const auto body = [](void* promise) -> void* {
        const std::unique_ptr<std::promise<void>> own(static_cast<std::promise<void>*>(promise));
        spdlog::shutdown();
        own->set_value();
        return nullptr;
    };
    pthread_t thread{};
    if (::pthread_create(&thread, nullptr, body, written.get()) != 0) {
        spdlog::shutdown();
        return true;
    }
    static_cast<void>(written.release());  // the thread's, which may outlast this wait
    ::pthread_detach(thread);
    return all.wait_for(kPatience) == std::future_status::ready;
}

uint64_t Log::dropped() {
    const auto writer = spdlog::thread_pool();
    return writer != nullptr ? writer->overrun_counter() : 0;
}

uint32_t Log::level() { return current_level.load(std::memory_order_relaxed); }
void Log::set_level(uint32_t level) { current_level.store(level); }

void Log::write(const std::string& instance, const vz_log_record& record) {
    if (record.level > level()) return;
    const std::vector<Field> fields = fields_of(record);
    if (is_json()) {
        std::string line = "\"level\":" + json_text(name_of(record.level)) + ",\"instance\":" + json_text(instance) +
                           ",\"event\":" + json_text(view(record.event)) +
                           ",\"message\":" + json_text(view(record.message));
        for (const auto& [key, value] : fields) {
            line.append(",")
                .append(json_text(key))
                .append(":")
                .append(is_number(value) && !is_name(key) ? std::string(value) : json_text(value));
        }
        return hand_over(record.level, line);
    }
    std::string line(name_of(record.level));
    line += ' ';
    line += instance;
    line += ' ';
    line += view(record.event);
    line += ": ";
    line += view(record.message);
    for (const auto& [key, value] : fields) {
        line += ' ';
        line += key;
        line += '=';
        line += value;
    }
    hand_over(record.level, printable(std::move(line)));
}

void Log::write(uint32_t level, const std::string& event, const std::string& message) {
    vz_log_record record = {};
    record.struct_size = sizeof(record);
    record.level = level;
    record.event = {event.data(), event.size()};
    record.message = {message.data(), message.size()};
    write("host", record);
}

}  // namespace vz::host
