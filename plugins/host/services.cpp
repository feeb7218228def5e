#include "plugins/host/services.hpp"

#include <algorithm>
#include <cstring>

#include "plugins/host/abi_text.hpp"
#include "plugins/host/log.hpp"

namespace vz::host {
namespace {

// ---- vz.log/1 ----

uint32_t log_level(const vz_host*) noexcept { return Log::level(); }
void log_write(const vz_host* host, const vz_log_record* record) noexcept {
    const HostView& view = HostView::of(host);
    if (record == nullptr) return view.note_misuse("the log record is NULL");
    if (record->struct_size < sizeof(vz_log_record))
        return view.note_misuse("struct_size of the log record is smaller than in version 1.0");
    if (record->fields == nullptr && record->field_count != 0)
        return view.note_misuse("the fields of the log record are NULL");
    Log::write(view.instance(), *record);
}

// ---- vz.config/1 ----

uint32_t config_get(const vz_host* host, vz_str key, vz_str* value) noexcept {
    const HostView& view = HostView::of(host);
    const ConfigValue* found = view.services().config().find_for(view.instance(), text(key));
    if (found == nullptr) return 0;
    if (value != nullptr) *value = borrowed(found->text);
    return 1;
}

void config_list(const vz_host* host, vz_str prefix, vz_config_visit_fn visit, void* user) noexcept {
    if (visit == nullptr) return;
    const HostView& view = HostView::of(host);
    for (const auto& [key, value] : view.services().config().list_for(view.instance(), text(prefix))) {
        if (key == text(prefix) && value->text == kEmptyList) continue;
        visit(user, borrowed(key), borrowed(value->text));
    }
}

vz_status config_reject(const vz_host* host, vz_str key, vz_str reason, vz_error* error) noexcept {
    if (error == nullptr) return VZ_INVALID_ARGUMENT;
    const HostView& view = HostView::of(host);
    const std::string name = text(key);
    auto found = view.services().config().list_for(view.instance(), name);
    // What is missing has the place of what it is missing in.
    for (std::string around = name; found.empty() && around.find('.') != std::string::npos;) {
        around.resize(around.rfind('.'));
        found = view.services().config().list_for(view.instance(), around);
    }
    const std::string origin =
        found.empty() ? "configuration of '" + view.instance() + "'" : found.front().second->origin;
    *error = {};
    error->status = VZ_INVALID_ARGUMENT;
    error->item = VZ_NO_ITEM;
    std::strncpy(error->field, name.c_str(), sizeof(error->field) - 1);
    const std::string message = origin + ": '" + name + "' " + text(reason);
    std::strncpy(error->message, message.c_str(), sizeof(error->message) - 1);
    return VZ_INVALID_ARGUMENT;
}

// ---- vz.metrics/1 ----

vz_status metrics_declare(const vz_host* host, const vz_series* series, uint64_t* id) noexcept {
    if (series == nullptr || id == nullptr) return VZ_INVALID_ARGUMENT;
    return HostView::of(host).services().metrics.declare(*series, id);
}
void metrics_add(const vz_host* host, uint64_t id, double value) noexcept {
    const HostView& view = HostView::of(host);
    if (!view.services().metrics.add(id, value)) view.note_misuse("what is added to a series is no number");
}
void metrics_observe(const vz_host* host, uint64_t id, double value) noexcept {
    const HostView& view = HostView::of(host);
    if (!view.services().metrics.observe(id, value)) view.note_misuse("what a histogram observes is no number");
}
vz_status metrics_render(const vz_host* host, vz_write_fn write, void* user) noexcept {
    if (write == nullptr) return VZ_INVALID_ARGUMENT;
    Services& services = HostView::of(host).services();
    HostFigures figures;
    figures.is_ready = services.health.read(services.engine, nullptr, nullptr) <= VZ_HEALTH_DEGRADED;
    figures.frontends = services.health.frontends();
    figures.log_dropped = Log::dropped();
    const std::string rendered = services.metrics.render(services.engine, figures);
    return write(user, rendered.data(), rendered.size());
}

// ---- vz.thread-check/1 ----

uint32_t is_host_thread(const vz_host* host) noexcept {
    return std::this_thread::get_id() == HostView::of(host).services().host_thread ? 1 : 0;
}
uint32_t is_completion(const vz_host*) noexcept {
    // A function without [done] says so itself, before it looks at anything else; without an engine that is no misuse
    // to log.
    return vz_engine_close(nullptr, nullptr) == VZ_MISUSE ? 1 : 0;
}

// ---- vz.health/1 ----

void health_report(const vz_host* host, uint32_t state, vz_str reason) noexcept {
    // A state of a later minor is none that this host knows to be good.
    const uint32_t known = std::min(state, uint32_t{VZ_HEALTH_FAILED});
    HostView::of(host).services().health.report(HostView::of(host).instance(), known, text(reason));
}
uint32_t health_read(const vz_host* host, vz_health_visit_fn visit, void* user) noexcept {
    Services& services = HostView::of(host).services();
    return services.health.read(services.engine, visit, user);
}

const vz_log_service kLog = {log_level, log_write};
const vz_config_service kConfig = {config_get, config_list, config_reject};
const vz_metrics_service kMetrics = {metrics_declare, metrics_add, metrics_observe, metrics_render};
const vz_thread_check_service kThreadCheck = {is_host_thread, is_completion};
const vz_health_service kHealth = {health_report, health_read};

const void* find_service(const vz_host*, const char* id) noexcept {
    if (id == nullptr) return nullptr;
    if (std::strcmp(id, VZ_SERVICE_LOG) == 0) return &kLog;
    if (std::strcmp(id, VZ_SERVICE_CONFIG) == 0) return &kConfig;
    if (std::strcmp(id, VZ_SERVICE_METRICS) == 0) return &kMetrics;
    if (std::strcmp(id, VZ_SERVICE_THREAD_CHECK) == 0) return &kThreadCheck;
    if (std::strcmp(id, VZ_SERVICE_HEALTH) == 0) return &kHealth;
    return nullptr;
}

}  // namespace

void Health::set_host(uint32_t state, const std::string& reason) {
    const std::scoped_lock lock(mutex_);
    host_state_ = state;
    host_reason_ = reason;
}

void Health::report(const std::string& who, uint32_t state, const std::string& reason) {
    const std::scoped_lock lock(mutex_);
    for (Report& report : reports_) {
        if (report.who != who) continue;
        report.state = state;
        report.reason = reason;
        return;
    }
    reports_.push_back({who, reason, state});
}

uint32_t Health::read(vz_engine* engine, vz_health_visit_fn visit, void* user) const {
    vz_engine_stats stats = {};
    stats.struct_size = sizeof(stats);
    vz_engine_stats_read(engine, &stats, nullptr);
    // A visitor may report and read itself.
    std::unique_lock lock(mutex_);
    const Report host = {"host", host_reason_, host_state_};
    const std::vector<Report> reports = reports_;
    lock.unlock();
    uint32_t worst = VZ_HEALTH_READY;
    const auto tell = [&](const Report& report) {
        if (report.state == VZ_HEALTH_READY) return;
        worst = std::max(worst, report.state);
        if (visit != nullptr) visit(user, borrowed(report.who), report.state, borrowed(report.reason));
    };
    tell(host);
    if (stats.state == VZ_STATE_READ_ONLY) tell({"engine", "a write to the log failed", VZ_HEALTH_POISONED});
    if (stats.state == VZ_STATE_DISK_FULL) tell({"engine", "the disk is full", VZ_HEALTH_DEGRADED});
    for (const Report& report : reports) tell(report);
    return worst;
}

std::string Health::reason_of(const std::string& who) const {
    const std::scoped_lock lock(mutex_);
    for (const Report& report : reports_) {
        if (report.who == who) return report.reason;
    }
    return "";
}

void Health::forget(const std::string& who) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(reports_, [&](const Report& report) { return report.who == who; });
}

void Health::started(const std::string& instance) {
    const std::scoped_lock lock(mutex_);
    const bool has_reported =
        std::any_of(reports_.begin(), reports_.end(), [&](const Report& report) { return report.who == instance; });
    if (!has_reported) reports_.push_back({instance, "", VZ_HEALTH_READY});
}

std::vector<std::pair<std::string, uint32_t>> Health::frontends() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::pair<std::string, uint32_t>> states;
    for (const Report& report : reports_) states.emplace_back(report.who, report.state);
    return states;
}

HostView::HostView(Services& services, std::string instance)
    : host_(), services_(services), instance_(std::move(instance)) {
    host_.struct_size = sizeof(host_);
    host_.abi = VZ_ABI_VERSION;
    host_.engine = services.engine;
    host_.instance = borrowed(instance_);
    host_.service = find_service;
}

void HostView::note_misuse(const char* rule) const {
    vz_log_record record = {};
    record.struct_size = sizeof(record);
    record.level = VZ_LOG_WARN;
    record.event = borrowed("abi.misuse");
    record.message = borrowed(rule);
    Log::write(instance_, record);
    if (services_.misuse_log != nullptr) services_.misuse_log(services_.misuse_user, &record);
}

void HostView::grow() {
    host_.struct_size = sizeof(host_) + sizeof(tail_);
    host_.abi = VZ_ABI_VERSION + 99;
}

bool HostView::is_tail_whole() const {
    return std::all_of(tail_.begin(), tail_.end(), [](uint64_t word) { return word == kTail; });
}

}  // namespace vz::host
