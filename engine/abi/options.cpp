#include "engine/abi/options.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include "engine/abi/checks.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"

namespace vz {
namespace {

struct NumberSetting {
    const char* name;
    uint64_t least;
    uint64_t most;
    const char* range;
    void (*set)(EngineSettings* settings, uint64_t number);
};

constexpr NumberSetting kNumberSettings[] = {
    {"wal_file_first_bytes", 64 * kKiB, kGiB, "a WAL file has 64 KiB to 1 GiB",
     [](EngineSettings* settings, uint64_t number) { settings->wal_file_first_bytes = number; }},
    {"wal_file_bytes", 64 * kKiB, kGiB, "a WAL file has 64 KiB to 1 GiB",
     [](EngineSettings* settings, uint64_t number) { settings->wal_file_bytes = number; }},
    {"disk_reserve_mb", 0, 1'000'000, "the reserve is at most 1 TB",
     [](EngineSettings* settings, uint64_t number) { settings->disk_reserve = number * kMiB; }},
    {"scrub_mb_per_s", 1, 1'000'000, "a scrub reads 1 MB to 1 TB a second",
     [](EngineSettings* settings, uint64_t number) { settings->scrub_bytes_per_s = number * kMiB; }},
    {"settle_after_ms", 1, 86'400'000, "a collection settles after 1 ms to a day",
     [](EngineSettings* settings, uint64_t number) { settings->settle_after_ms = static_cast<int64_t>(number); }},
};

Status apply_verify(std::string_view value, EngineSettings* settings) {
    using Verify = EngineSettings::Verify;
    if (value != "background" && value != "open" && value != "never") {
        return failure(VZ_INVALID_ARGUMENT, "verify is background, open or never")
            .field("verify")
            .reason(VZ_REASON_ENUM);
    }
    settings->verify = value == "open" ? Verify::kAtOpen : value == "never" ? Verify::kNever : Verify::kInBackground;
    return {};
}

Status apply_number(const NumberSetting& setting, std::string_view value, EngineSettings* settings) {
    if (value.empty())
        return failure(VZ_INVALID_ARGUMENT, "a setting has a value").field(setting.name).reason(VZ_REASON_REQUIRED);
    uint64_t number = 0;
    for (const char c : value) {
        if (c < '0' || c > '9' || number > UINT64_MAX / 16)
            return failure(VZ_INVALID_ARGUMENT, "a setting is a whole number")
                .field(setting.name)
                .reason(VZ_REASON_RANGE);
        number = number * 10 + static_cast<uint64_t>(c - '0');
    }
    if (number < setting.least || number > setting.most) {
        const uint64_t limit = number < setting.least ? setting.least : setting.most;
        return out_of_range(setting.name, setting.range, static_cast<int64_t>(limit), static_cast<int64_t>(number));
    }
    setting.set(settings, number);
    return {};
}

Status apply_setting(std::string_view name, std::string_view value, EngineSettings* settings) {
    if (name == "verify") return apply_verify(value, settings);
    for (const NumberSetting& setting : kNumberSettings) {
        if (name == setting.name) return apply_number(setting, value, settings);
    }
    return failure(VZ_UNSUPPORTED, "there is no setting '%.*s'", static_cast<int>(name.size()), name.data())
        .field("settings");
}

Status apply_settings(std::span<const vz_kv> given, EngineSettings* settings) {
    for (size_t i = 0; i < given.size(); ++i) {
        const std::string_view name = view(given[i].key);
        VZ_TRY(apply_setting(name, view(given[i].value), settings));
        const auto is_same = [name](const vz_kv& other) { return view(other.key) == name; };
        if (std::none_of(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(i), is_same)) continue;
        return failure(VZ_INVALID_ARGUMENT, "a setting is given twice").field(name).reason(VZ_REASON_DUPLICATE);
    }
    return {};
}

// 0 stands for the default.
Status at_least(const char* field, const char* what, uint64_t least, uint64_t given) {
    if (given == 0 || given >= least) return {};
    return out_of_range(field, what, static_cast<int64_t>(least), static_cast<int64_t>(given));
}

}  // namespace

Status read_options(const vz_engine_options& options, vz_engine* handle, EngineSettings* settings) {
    if ((options.flags & ~(VZ_OPEN_READ_ONLY | VZ_OPEN_MUST_EXIST)) != 0)
        return failure(VZ_UNSUPPORTED, "a flag of open is not known").field("flags");
    if (options.workers > kWorkersMax)
        return out_of_range("workers", "there are 256 workers at most", kWorkersMax, options.workers);
    VZ_TRY(at_least("memory_bytes_max", "the memory is 64 MiB at least", kMemoryBytesMin, options.memory_bytes_max));
    VZ_TRY(at_least("queue_bytes_max", "the queue of writes has 4 KiB at least", kCommitQueueBytesMin,
                    options.queue_bytes_max));
    if (options.log_level > VZ_LOG_TRACE)
        return failure(VZ_INVALID_ARGUMENT, "there is no such log level").field("log_level").reason(VZ_REASON_ENUM);
    settings->verify = EngineSettings::Verify::kInBackground;
    settings->must_exist = (options.flags & VZ_OPEN_MUST_EXIST) != 0;
    settings->read_only = (options.flags & VZ_OPEN_READ_ONLY) != 0;
    settings->queue_bytes_max = options.queue_bytes_max;
    settings->wal_bytes_max = options.wal_bytes_max;
    settings->memory_bytes = options.memory_bytes_max;
    if (options.setting_count != 0 && options.settings == nullptr) return misuse("the settings are NULL");
    VZ_TRY(apply_settings({options.settings, options.setting_count}, settings));
    const uint64_t wal_file_bytes = settings->wal_file_bytes != 0 ? settings->wal_file_bytes : kWalFileBytes;
    VZ_TRY(at_least("wal_bytes_max", "the write-ahead log has two files at least", 2 * wal_file_bytes,
                    options.wal_bytes_max));
    handle->log = options.log;
    handle->log_user = options.log_user;
    if (options.log_level != 0) handle->log_level = options.log_level;
    if (options.log == nullptr) return {};
    settings->log = [handle](uint32_t level, const char* event, const std::string& message) {
        tell(handle, level, event, message.c_str());
    };
    return {};
}

}  // namespace vz
