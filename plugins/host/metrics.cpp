// The door of prometheus-cpp.
#include "plugins/host/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <sstream>

#include "frontends/text/utf8.hpp"
#include "plugins/host/abi_text.hpp"
#include "plugins/host/process_usage.hpp"

namespace vz::host {
namespace {

prometheus::MetricType type_of(uint32_t kind) {
    return kind == VZ_SAMPLE_COUNTER ? prometheus::MetricType::Counter
           : kind == VZ_SAMPLE_GAUGE ? prometheus::MetricType::Gauge
                                     : prometheus::MetricType::Histogram;
}

// Samples of one name stand together.
class Families {
 public:
    prometheus::ClientMetric& add(const std::string& name, const std::string& help, uint32_t kind) {
        auto [found, is_new] = places_.try_emplace(name, families_.size());
        if (is_new) families_.push_back({name, help, type_of(kind), {}});
        return families_[found->second].metric.emplace_back();
    }
    std::string serialize() const {
        std::ostringstream out;
        prometheus::TextSerializer().Serialize(out, families_);
        return out.str();
    }

 private:
    std::vector<prometheus::MetricFamily> families_;
    std::map<std::string, size_t> places_;
};

void set_value(prometheus::ClientMetric& metric, uint32_t kind, double value) {
    if (kind == VZ_SAMPLE_COUNTER) {
        metric.counter.value = value;
    } else {
        metric.gauge.value = value;
    }
}

void take_sample(void* user, const vz_sample* sample) noexcept {
    auto& metric = static_cast<Families*>(user)->add(text(sample->name), text(sample->help), sample->kind);
    for (uint64_t i = 0; i < sample->label_count; ++i)
        metric.label.push_back({text(sample->labels[i].key), text(sample->labels[i].value)});
    if (sample->kind != VZ_SAMPLE_HISTOGRAM) {
        set_value(metric, sample->kind, sample->value);
        return;
    }
    metric.histogram.sample_count = sample->count;
    metric.histogram.sample_sum = sample->value;
    for (uint64_t i = 0; i < sample->bucket_count; ++i) {
        metric.histogram.bucket.push_back({sample->buckets[i].count, sample->buckets[i].upper_bound});
    }
}

// Series of this file's own.
constexpr char kCpu[] = "process_cpu_seconds_total";
constexpr char kStartTime[] = "process_start_time_seconds";
constexpr char kResidentMemory[] = "process_resident_memory_bytes";
constexpr char kVirtualMemory[] = "process_virtual_memory_bytes";
constexpr char kOpenDescriptors[] = "process_open_fds";
constexpr char kMostDescriptors[] = "process_max_fds";
constexpr char kReady[] = "vectorizer_ready";
constexpr char kFrontendState[] = "vectorizer_frontend_state";
constexpr char kLogDropped[] = "vectorizer_log_dropped_total";
constexpr char kBuild[] = "vectorizer_build_info";
constexpr char kPoints[] = "vectorizer_collection_points";
constexpr char kBytes[] = "vectorizer_collection_bytes";
constexpr char kUnindexedRows[] = "vectorizer_collection_unindexed_rows";

void add_process(Families& families) {
    const ProcessUsage usage = process_usage();
    const auto tell = [&](const char* name, const char* help, uint32_t kind, double value) {
        set_value(families.add(name, help, kind), kind, value);
    };
    tell(kCpu, "Time on processors, of user and system.", VZ_SAMPLE_COUNTER, usage.cpu_s);
    tell(kStartTime, "When the process began, since 1970.", VZ_SAMPLE_GAUGE, usage.started_s);
    tell(kResidentMemory, "Resident memory.", VZ_SAMPLE_GAUGE, static_cast<double>(usage.resident_bytes));
    tell(kVirtualMemory, "Virtual memory.", VZ_SAMPLE_GAUGE, static_cast<double>(usage.virtual_bytes));
    tell(kOpenDescriptors, "Open file descriptors.", VZ_SAMPLE_GAUGE, static_cast<double>(usage.descriptors));
    tell(kMostDescriptors, "How many file descriptors may be open.", VZ_SAMPLE_GAUGE,
         static_cast<double>(usage.descriptors_max));
}

// What is told of one collection, or of several together.
struct CollectionFigures {
    uint64_t points = 0;
    uint64_t bytes = 0;
    uint64_t unindexed_rows = 0;
};

void add_collection(Families& families, const std::string& name, const CollectionFigures& figures) {
    const auto gauge = [&](const char* series, const char* help, uint64_t value) {
        auto& metric = families.add(series, help, VZ_SAMPLE_GAUGE);
        metric.label.push_back({"collection", name});
        set_value(metric, VZ_SAMPLE_GAUGE, static_cast<double>(value));
    };
    gauge(kPoints, "Live points of a collection.", figures.points);
    gauge(kBytes, "Bytes of a collection on disk and in memory.", figures.bytes);
    gauge(kUnindexedRows, "Live rows of a collection that no graph covers yet.", figures.unindexed_rows);
}

// Each of the largest collections, and the others together under a name that no collection can have: no scrape has more
// series than it can bear.
void add_collections(Families& families, vz_engine* engine) {
    constexpr size_t kCollectionsMax = 1000;
    vz_result* result = nullptr;
    if (vz_collection_list(engine, &result, nullptr) != VZ_OK) return;
    uint64_t count = 0;
    const auto* infos = static_cast<const vz_collection_info*>(vz_result_items(result, VZ_RESULT_COLLECTIONS, &count));
    std::vector<std::pair<std::string, CollectionFigures>> all;
    for (uint64_t i = 0; infos != nullptr && i < count; ++i) {
        const vz_collection_info& info = *VZ_AT(vz_collection_info, infos, i);
        if (info.stats == nullptr) continue;
        all.emplace_back(text(info.name),
                         CollectionFigures{info.stats->points, info.stats->disk_bytes + info.stats->memory_bytes,
                                           info.stats->unindexed_rows});
    }
    vz_result_release(result);
    if (all.size() > kCollectionsMax) {
        std::nth_element(all.begin(), all.begin() + kCollectionsMax, all.end(),
                         [](const auto& a, const auto& b) { return a.second.points > b.second.points; });
        CollectionFigures others;
        for (size_t i = kCollectionsMax; i < all.size(); ++i) {
            others.points += all[i].second.points;
            others.bytes += all[i].second.bytes;
            others.unindexed_rows += all[i].second.unindexed_rows;
        }
        all.resize(kCollectionsMax);
        all.emplace_back("/others", others);
    }
    for (const auto& [name, figures] : all) add_collection(families, name, figures);
}

void add_build(Families& families) {
    auto& metric = families.add(kBuild, "The version that runs.", VZ_SAMPLE_GAUGE);
    metric.label.push_back({"version", VECTORIZER_VERSION});
    set_value(metric, VZ_SAMPLE_GAUGE, 1);
}

void add_host(Families& families, const HostFigures& host) {
    set_value(families.add(kReady, "1: as /readyz says; 0: it says not.", VZ_SAMPLE_GAUGE), VZ_SAMPLE_GAUGE,
              host.is_ready ? 1 : 0);
    for (const auto& [instance, state] : host.frontends) {
        auto& metric =
            families.add(kFrontendState, "0 ready, 1 degraded, 2 starting, 3 draining, 4 refuses writes, 5 failed.",
                         VZ_SAMPLE_GAUGE);
        metric.label.push_back({"instance", instance});
        set_value(metric, VZ_SAMPLE_GAUGE, state);
    }
    set_value(families.add(kLogDropped, "Records of the log that were lost because it is not read fast enough.",
                           VZ_SAMPLE_COUNTER),
              VZ_SAMPLE_COUNTER, static_cast<double>(host.log_dropped));
}

// prometheus-cpp escapes the values of labels, not this.
std::string one_line(std::string help) {
    std::replace(help.begin(), help.end(), '\n', ' ');
    return help;
}

// Letters, digits, underscores; not a digit first. Colons belong to names of series alone.
bool is_name(const std::string& name, bool may_have_colons) {
    const auto is_good = [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c == ':' && may_have_colons);
    };
    return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
           std::all_of(name.begin(), name.end(), is_good);
}

// The names of all samples of a series: those of a histogram are not to be another's.
std::vector<std::string> sample_names(const std::string& name, uint32_t kind) {
    if (kind != VZ_SAMPLE_HISTOGRAM) return {name};
    return {name, name + "_bucket", name + "_sum", name + "_count"};
}

// Labels in any order are one set.
std::string key_of(const vz_series& series) {
    std::map<std::string, std::string> labels;
    for (uint32_t i = 0; i < series.label_count; ++i)
        labels.emplace(text(series.labels[i].key), text(series.labels[i].value));
    std::string key = text(series.name);
    for (const auto& [name, value] : labels) key += '\1' + name + '\2' + value;
    return key;
}

// One that breaks these rules would spoil the text for everybody's series.
bool is_well_formed(const vz_series& series) {
    if (series.kind < VZ_SAMPLE_COUNTER || series.kind > VZ_SAMPLE_HISTOGRAM || !is_name(text(series.name), true))
        return false;
    if (series.reserved != 0) return false;
    if (series.labels == nullptr && series.label_count != 0) return false;
    if (series.bounds == nullptr && series.bound_count != 0) return false;
    if (!text::is_utf8(text(series.help))) return false;
    std::set<std::string> keys;
    for (uint32_t i = 0; i < series.label_count; ++i) {
        const std::string key = text(series.labels[i].key);
        const bool is_bound = key == "le" && series.kind == VZ_SAMPLE_HISTOGRAM;
        if (!is_name(key, false) || is_bound || !keys.insert(key).second) return false;
        if (!text::is_utf8(text(series.labels[i].value))) return false;
    }
    for (uint32_t i = 0; i < series.bound_count; ++i) {
        if (std::isnan(series.bounds[i]) || (i != 0 && series.bounds[i] <= series.bounds[i - 1])) return false;
    }
    return true;
}

}  // namespace

void Metrics::reserve_names(vz_engine* engine) {
    const std::scoped_lock lock(mutex_);
    for (const char* own : {kCpu, kStartTime, kResidentMemory, kVirtualMemory, kOpenDescriptors, kMostDescriptors,
                            kReady, kFrontendState, kLogDropped, kBuild, kPoints, kBytes, kUnindexedRows}) {
        kinds_[own] = 0;
    }
    const auto reserve = [](void* kinds, const vz_sample* sample) noexcept {
        for (const std::string& name : sample_names(text(sample->name), sample->kind))
            (*static_cast<std::map<std::string, uint32_t>*>(kinds))[name] = 0;
    };
    vz_engine_samples(engine, reserve, &kinds_, nullptr);
}

vz_status Metrics::declare(const vz_series& from, uint64_t* id) {
    if (!is_well_formed(from)) return VZ_INVALID_ARGUMENT;
    std::string key = key_of(from);
    const std::vector<std::string> names = sample_names(text(from.name), from.kind);
    const std::scoped_lock lock(mutex_);
    // Samples of one name are of one kind.
    const auto kind = kinds_.find(names.front());
    if (kind != kinds_.end() && kind->second != from.kind) return VZ_INVALID_ARGUMENT;
    const auto is_known = [this](const std::string& name) { return kinds_.contains(name); };
    if (kind == kinds_.end() && std::any_of(names.begin(), names.end(), is_known)) return VZ_INVALID_ARGUMENT;
    const uint64_t count = count_.load(std::memory_order_relaxed);
    if (const auto found = ids_.find(key); found != ids_.end()) {
        *id = found->second;
        return VZ_OK;
    }
    if (count == kSeriesMax) return VZ_LIMIT_EXCEEDED;
    std::unique_ptr<Block>& block = blocks_[count / kBlockSeries];
    if (block == nullptr) block = std::make_unique<Block>();
    Series& series = at(count);
    series.name = text(from.name);
    series.help = one_line(text(from.help));
    series.kind = from.kind;
    series.labels.clear();  // of an attempt that memory ended
    for (uint32_t i = 0; i < from.label_count; ++i)
        series.labels.emplace_back(text(from.labels[i].key), text(from.labels[i].value));
    series.bounds.assign(from.bounds, from.bounds + from.bound_count);
    series.counts = std::vector<std::atomic<uint64_t>>(from.bound_count + 1);
    for (const std::string& name : names) kinds_.emplace(name, name == series.name ? from.kind : 0);
    ids_.emplace(std::move(key), count);
    count_.store(count + 1, std::memory_order_release);
    *id = count;
    return VZ_OK;
}

bool Metrics::add(uint64_t id, double value) {
    if (std::isnan(value)) return false;
    if (Series* series = find(id)) series->value.fetch_add(value, std::memory_order_relaxed);
    return true;
}

bool Metrics::observe(uint64_t id, double value) {
    if (std::isnan(value)) return false;
    Series* series = find(id);
    if (series == nullptr) return true;
    const auto place = std::lower_bound(series->bounds.begin(), series->bounds.end(), value) - series->bounds.begin();
    series->counts[static_cast<size_t>(place)].fetch_add(1, std::memory_order_relaxed);
    series->value.fetch_add(value, std::memory_order_relaxed);
    return true;
}

std::string Metrics::render(vz_engine* engine, const HostFigures& host) const {
    Families families;
    {
        const std::scoped_lock lock(mutex_);
        const uint64_t count = count_.load(std::memory_order_relaxed);
        for (uint64_t id = 0; id < count; ++id) {
            const Series& series = at(id);
            auto& metric = families.add(series.name, series.help, series.kind);
            for (const auto& [key, value] : series.labels) metric.label.push_back({key, value});
            if (series.kind != VZ_SAMPLE_HISTOGRAM) {
                set_value(metric, series.kind, series.value.load());
                continue;
            }
            uint64_t total = 0;
            for (size_t i = 0; i < series.counts.size(); ++i) {
                total += series.counts[i].load();
                if (i < series.bounds.size()) metric.histogram.bucket.push_back({total, series.bounds[i]});
            }
            metric.histogram.sample_count = total;
            metric.histogram.sample_sum = series.value.load();
        }
    }
    vz_engine_samples(engine, take_sample, &families, nullptr);
    add_collections(families, engine);
    add_build(families);
    add_host(families, host);
    add_process(families);
    return families.serialize();
}

}  // namespace vz::host
