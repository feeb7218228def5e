#include "plugins/host/trial_stage.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include "plugins/host/abi_text.hpp"
#include "plugins/host/blame.hpp"
#include "plugins/host/create_collection.hpp"

namespace vz::host {

void Misuses::log(void* self, const vz_log_record* record) noexcept {
    const std::string_view event = view(record->event);
    auto& misuses = *static_cast<Misuses*>(self);
    if (event == "engine.closing") {
        if (misuses.is_closing_.load()) return;
        misuses.report_.add("it closes the engine, which is its host's");
        misuses.report_.end();
        ::_exit(0);
    }
    if (event == "completion.hangs") {
        misuses.report_.add("one of its completions does not return");
        misuses.report_.end();
        ::_exit(0);
    }
    if (event != "abi.misuse" && event != "completion.slow") return;
    const std::scoped_lock lock(misuses.mutex_);
    const bool is_proof = record->level <= VZ_LOG_WARN || std::exchange(misuses.is_suspect_, true);
    if (is_proof) misuses.found_.push_back(text(record->message));
}

std::vector<std::string> Misuses::found() const {
    const std::scoped_lock lock(mutex_);
    return found_;
}

Step::Step(const TrialInput& input, const char* function) : report_(*input.report) {
    report_.enter(function);
    Blame::enter(input.file.c_str(), function);
}

Step::~Step() {
    report_.enter(nullptr);
    Blame::leave();
}

Stage::Stage(const TrialInput& input)
    : input_(input), name_(input.file.substr(input.file.rfind('/') + 1)), misuses_(*input.report) {
    name_.resize(std::min(name_.size(), name_.rfind(".so")));
    vz_engine_options options = {};
    options.struct_size = sizeof(options);
    options.workers = 2;
    // No file is opened or closed but for the plugin.
    const vz_kv settings[] = {{{"verify", 6}, {"never", 5}}, {{"settle_after_ms", 15}, {"86400000", 8}}};
    options.settings = settings;
    options.setting_count = std::size(settings);
    options.log = Misuses::log;
    options.log_level = VZ_LOG_DEBUG;  // for completions that take long, but not yet too long for a server
    options.log_user = &misuses_;
    vz_error error = {};
    if (vz_engine_open(borrowed(input.directory), &options, &engine_, &error) != VZ_OK)
        fail(std::string("the checker's own engine does not open: ") + error.message);
    if (create_collection(engine_, "docs", 4, VZ_COSINE, &error) != VZ_OK) fail(error.message);
    // With a sealed file, as in any database of some age: the engine maps it, and guards the map.
    if (write() != VZ_OK || vz_checkpoint(engine_, {nullptr, 0}, nullptr, nullptr) != VZ_OK)
        fail("the checker's own write fails");
    before_loading_ = {};
    manners_before_loading_ = Manners::now();
    const Step step(input, "loading");
    loaded_ = load_frontend(input.file);
    if (loaded_.descriptor == nullptr) fail(loaded_.problem);
    services_ = std::make_unique<Services>(config, engine_);
    services_->misuse_log = Misuses::log;
    services_->misuse_user = &misuses_;
    services_->health.set_host(VZ_HEALTH_READY, "");
}

std::unique_ptr<Instance> Stage::instance(const std::string& suffix) {
    for (const auto& [key, value] : input_.settings)
        config.set("frontends." + name_ + suffix + "." + key, value, "--set " + key);
    return std::make_unique<Instance>(*services_, name_ + suffix, *loaded_.descriptor);
}

vz_status Stage::write() const {
    const std::array<float, 4> vector = {1, 0, 0, 0};
    const vz_str id = {"a", 1};
    vz_write_request request = {};
    request.struct_size = sizeof(request);
    request.kind = VZ_UPSERT;
    request.count = 1;
    request.ids = &id;
    request.vectors = {vector.data(), 1, 0, 4, VZ_F32};
    return vz_write(engine_, {"docs", 4}, &request, nullptr, nullptr);
}

vz_engine_stats Stage::stats() const {
    vz_engine_stats stats = {};
    stats.struct_size = sizeof(stats);
    vz_engine_stats_read(engine_, &stats, nullptr);
    return stats;
}

bool Stage::close_engine() {
    misuses_.expect_closing();
    return vz_engine_close(engine_, nullptr) == VZ_OK;
}

void Stage::fail(const std::string& text) const {
    finding(text);
    input_.report->end();
    ::_exit(0);
}

}  // namespace vz::host
