// A plugin in the host's process: its descriptor, the errors it fills in, and what it asks of the host's services.
// Pointers are null or good, everything else is the input's. Input: the descriptor's size, ABI and gaps, then what
// create, start and reload do.
#include <limits>
#include <memory>

#include "plugins/host/config.hpp"
#include "plugins/host/descriptor.hpp"
#include "plugins/host/instance.hpp"
#include "plugins/host/log.hpp"
#include "plugins/host/services.hpp"
#include "tests/fuzz/target.hpp"

// The engine, as far as the host's services ask it.
extern "C" {
vz_status vz_engine_close(vz_engine*, vz_error*) noexcept { return VZ_OK; }
vz_status vz_engine_stats_read(vz_engine*, vz_engine_stats* out, vz_error*) noexcept {
    out->state = VZ_STATE_READY;
    return VZ_OK;
}
vz_status vz_engine_samples(vz_engine*, vz_sample_fn, void*, vz_error*) noexcept { return VZ_OK; }
vz_status vz_collection_list(vz_engine*, vz_result**, vz_error*) noexcept { return VZ_UNSUPPORTED; }
const void* vz_result_items(const vz_result*, uint32_t, uint64_t*) noexcept { return nullptr; }
void vz_result_release(vz_result*) noexcept {}
}

namespace {

using vz::fuzz::check;
using vz::fuzz::Input;

constexpr size_t kCallsMax = 16;  // of services, by one function

struct Plugin {
    Input input;
    const vz_host* host = nullptr;
};
Plugin* plugin =
    nullptr;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): the functions of a descriptor have no other

std::string bytes(size_t most) {
    std::string text(plugin->input.take<uint8_t>() % (most + 1), '\0');
    for (char& c : text) c = plugin->input.take<char>();
    return text;
}

// Of a length, or no text at all but a length.
vz_str view_of(const std::string& text) {
    return text == "null" ? vz_str{nullptr, 77} : vz_str{text.data(), text.size()};
}

class Pairs {
 public:
    Pairs() {
        for (size_t count = plugin->input.take<uint8_t>() % 4; count > 0; --count)
            texts_.emplace_back(bytes(12), bytes(12));
        for (const auto& [key, value] : texts_) pairs_.push_back({view_of(key), view_of(value)});
        is_null_ = plugin->input.take<uint8_t>() == 0;
    }
    const vz_kv* data() const { return is_null_ ? nullptr : pairs_.data(); }
    uint32_t size() const { return static_cast<uint32_t>(pairs_.size()); }

 private:
    std::vector<std::pair<std::string, std::string>> texts_;
    std::vector<vz_kv> pairs_;
    bool is_null_ = false;
};

template <class Service>
const Service* service(const char* id) {
    const auto* found = static_cast<const Service*>(plugin->host->service(plugin->host, id));
    check(found != nullptr);
    return found;
}

void log_something() {
    const std::string event = bytes(20), message = bytes(40);
    const Pairs fields;
    const vz_log_record record = {sizeof record,  plugin->input.take<uint32_t>() % 8,
                                  view_of(event), view_of(message),
                                  fields.data(),  fields.size()};
    service<vz_log_service>(VZ_SERVICE_LOG)
        ->write(plugin->host, plugin->input.take<uint8_t>() == 0 ? nullptr : &record);
}

void ask_configuration() {
    const auto* config = service<vz_config_service>(VZ_SERVICE_CONFIG);
    const std::string key = bytes(20), reason = bytes(200);
    vz_str value = {};
    if (config->get(plugin->host, view_of(key), &value) != 0)
        check(value.data != nullptr && value.data[value.size] == 0);
    uint64_t sum = 0;
    config->list(
        plugin->host, view_of(key),
        [](void* user, vz_str name, vz_str text) noexcept {
            *static_cast<uint64_t*>(user) +=
                vz::fuzz::sum_of({name.data, name.size}) + vz::fuzz::sum_of({text.data, text.size});
        },
        &sum);
    vz_error error;
    std::memset(&error, 0x55, sizeof error);
    check(config->reject(plugin->host, view_of(key), view_of(reason), &error) == VZ_INVALID_ARGUMENT);
    check(std::memchr(error.field, 0, sizeof error.field) != nullptr &&
          std::memchr(error.message, 0, sizeof error.message) != nullptr);
}

// Name, labels in braces, a number; or a comment. Nothing that a plugin declares may end a line early.
void check_exposition(std::string_view text) {
    check(text.empty() || text.back() == '\n');
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() + 1);
        if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) continue;
        size_t at = 0;
        while (at < line.size() &&
               (std::isalnum(static_cast<unsigned char>(line[at])) != 0 || line[at] == '_' || line[at] == ':'))
            ++at;
        check(at > 0 && at < line.size());
        if (line[at] == '{') {
            bool in_quotes = false;
            for (++at; at < line.size() && (in_quotes || line[at] != '}'); ++at) {
                if (in_quotes && line[at] == '\\')
                    ++at;
                else if (line[at] == '"')
                    in_quotes = !in_quotes;
            }
            check(at < line.size());
            ++at;
        }
        check(at < line.size() && line[at] == ' ');
        char* end = nullptr;
        const std::string number(line.substr(at + 1));
        static_cast<void>(std::strtod(number.c_str(), &end));
        check(end != number.c_str());
    }
}

void count_something() {
    const auto* metrics = service<vz_metrics_service>(VZ_SERVICE_METRICS);
    const std::string name = bytes(16), help = bytes(16);
    const Pairs labels;
    std::vector<double> bounds(plugin->input.take<uint8_t>() % 5);
    for (double& bound : bounds) bound = plugin->input.take<float>();
    vz_series series = {};
    series.name = view_of(name);
    series.help = view_of(help);
    series.labels = labels.data();
    series.label_count = labels.size();
    series.bounds = plugin->input.take<uint8_t>() == 0 ? nullptr : bounds.data();
    series.bound_count = static_cast<uint32_t>(bounds.size());
    series.kind = plugin->input.take<uint8_t>() % 5;
    uint64_t id = 0;
    if (metrics->declare(plugin->host, &series, &id) != VZ_OK) id = plugin->input.take<uint64_t>();
    metrics->add(plugin->host, id, plugin->input.take<double>());
    metrics->observe(plugin->host, id, plugin->input.take<double>());
}

// Of all that was declared so far: a series stays, so that one look behind many calls sees what each of them left.
void render_metrics() {
    std::string text;
    service<vz_metrics_service>(VZ_SERVICE_METRICS)
        ->render(
            plugin->host,
            [](void* user, const void* part, uint64_t size) noexcept {
                static_cast<std::string*>(user)->append(static_cast<const char*>(part), size);
                return vz_status{VZ_OK};
            },
            &text);
    check_exposition(text);
}

void report_health() {
    const auto* health = service<vz_health_service>(VZ_SERVICE_HEALTH);
    const std::string reason = bytes(30);
    health->report(plugin->host, plugin->input.take<uint32_t>(), view_of(reason));
    check(health->read(plugin->host, nullptr, nullptr) <= VZ_HEALTH_FAILED);
}

void ask_for_service() {
    const bool is_null = plugin->input.take<uint8_t>() == 0;
    const std::string id = bytes(24);
    const bool is_one = plugin->host->service(plugin->host, is_null ? nullptr : id.c_str()) != nullptr;
    check(!is_one || (!is_null && id.starts_with("vz.")));
}

// What a function of the plugin does and answers.
vz_status act(vz_error* error) {
    bool has_counted = false;
    for (size_t calls = plugin->input.take<uint8_t>() % kCallsMax; calls > 0; --calls) {
        switch (plugin->input.take<uint8_t>() % 6) {
            case 0: log_something(); break;
            case 1: ask_configuration(); break;
            case 2:
                count_something();
                has_counted = true;
                break;
            case 3: report_health(); break;
            case 4:
                check(service<vz_thread_check_service>(VZ_SERVICE_THREAD_CHECK)->is_host_thread(plugin->host) == 1);
                break;
            default: ask_for_service();
        }
    }
    if (has_counted) render_metrics();
    const auto mode = plugin->input.take<uint8_t>();
    if (mode % 4 == 1) std::memset(error, mode, sizeof *error);  // no text of it ends
    return mode % 2 == 0 ? vz_status{VZ_OK} : plugin->input.take<vz_status>();
}

const vz_reload_extension kReload = {[](vz_frontend*, vz_error* error) noexcept { return act(error); }};

vz_frontend_descriptor whole_descriptor() {
    vz_frontend_descriptor descriptor = {};
    descriptor.struct_size = sizeof descriptor;
    descriptor.abi = VZ_ABI_VERSION;
    descriptor.id = "dev.vectorizer.fuzz";
    descriptor.name = "";
    descriptor.version = "1";
    descriptor.create = [](const vz_host* host, vz_frontend** out, vz_error* error) noexcept {
        plugin->host = host;
        *out = reinterpret_cast<vz_frontend*>(plugin);
        return act(error);
    };
    descriptor.start = [](vz_frontend*, vz_error* error) noexcept { return act(error); };
    descriptor.drain = [](vz_frontend*) noexcept {};
    descriptor.idle = [](vz_frontend*) noexcept { return plugin->input.take<uint32_t>(); };
    descriptor.stop = [](vz_frontend*) noexcept {};
    descriptor.destroy = [](vz_frontend*) noexcept {};
    descriptor.extension = [](vz_frontend*, const char* id) noexcept -> const void* {
        return std::strcmp(id, VZ_EXTENSION_RELOAD) == 0 ? &kReload : nullptr;
    };
    return descriptor;
}

// The input's descriptor, in memory of no more than the size it states.
std::unique_ptr<std::byte[]> descriptor_of(Input& input) {
    vz_frontend_descriptor descriptor = whole_descriptor();
    const auto size = input.take<uint8_t>();
    const auto gaps = input.take<uint16_t>();
    if (size != 0) descriptor.struct_size = size;
    if ((gaps & 1U) != 0) descriptor.abi = input.take<uint32_t>();
    if ((gaps & 2U) != 0) descriptor.id = nullptr;
    if ((gaps & 4U) != 0) descriptor.name = nullptr;
    if ((gaps & 8U) != 0) descriptor.version = nullptr;
    if ((gaps & 16U) != 0) descriptor.create = nullptr;
    if ((gaps & 32U) != 0) descriptor.start = nullptr;
    if ((gaps & 64U) != 0) descriptor.drain = nullptr;
    if ((gaps & 128U) != 0) descriptor.idle = nullptr;
    if ((gaps & 256U) != 0) descriptor.stop = nullptr;
    if ((gaps & 512U) != 0) descriptor.destroy = nullptr;
    if ((gaps & 1024U) != 0) descriptor.extension = nullptr;
    const size_t room = std::max<size_t>(descriptor.struct_size, sizeof descriptor.struct_size);
    auto memory = std::make_unique<std::byte[]>(room);
    std::memcpy(memory.get(), &descriptor, std::min(room, sizeof descriptor));
    return memory;
}

void expect_texts_that_end(const vz_error& error) {
    check(std::memchr(error.field, 0, sizeof error.field) != nullptr &&
          std::memchr(error.message, 0, sizeof error.message) != nullptr);
}

void live(vz::host::Instance& instance) {
    vz_error error = {};
    const vz_status created = instance.create(&error);
    expect_texts_that_end(error);
    if (created != VZ_OK) return;
    if (instance.start(&error) == VZ_OK) {
        instance.reload(&error);
        expect_texts_that_end(error);
        instance.drain();
        static_cast<void>(instance.idle());
    }
    expect_texts_that_end(error);
    instance.stop();
    check(instance.damage().empty());
    instance.destroy();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const bool is_log_open = vz::host::Log::open("/dev/null", VZ_LOG_DEBUG, vz::host::LogFormat::kText);
    check(is_log_open);
    Plugin self{Input(data, size)};
    plugin = &self;
    const auto memory = descriptor_of(self.input);
    const auto* descriptor = reinterpret_cast<const vz_frontend_descriptor*>(memory.get());
    if (!vz::host::descriptor_problem(descriptor).empty()) return 0;
    vz::host::Config config;
    config.set("frontends.fuzz.port", "1", "--set port");
    config.set("frontends.fuzz.list.0", "a", "--set list.0");
    vz::host::Services services(config, nullptr);
    vz::host::Instance instance(services, "fuzz", *descriptor);
    live(instance);
    return 0;
}
