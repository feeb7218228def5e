#include "frontends/graphql/meter.hpp"

#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

constexpr std::array kSecondsBounds{10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3,
                                    25e-3, 50e-3, 0.1,   0.25,   0.5,    1.0,    2.5,  5.0,    10.0, 60.0};

}  // namespace

Meter::Meter(const vz_host* host)
    : host_(host), metrics_(static_cast<const vz_metrics_service*>(host->service(host, VZ_SERVICE_METRICS))) {
    constexpr const char* kOperations = "vectorizer_graphql_operations_total";
    constexpr const char* kOperationsHelp = "Operations that were run.";
    operations_ = {declare(kOperations, kOperationsHelp, VZ_SAMPLE_COUNTER, "type", "query"),
                   declare(kOperations, kOperationsHelp, VZ_SAMPLE_COUNTER, "type", "mutation")};
    cache_hits_ = declare("vectorizer_graphql_cache_hits_total",
                          "Requests whose document was known: it was neither parsed nor validated again.",
                          VZ_SAMPLE_COUNTER, nullptr, "");
    constexpr const char* kSeconds = "vectorizer_graphql_seconds";
    constexpr const char* kSecondsHelp =
        "How long documents took to parse and to validate, operations from their variables to the answer.";
    seconds_ = {declare(kSeconds, kSecondsHelp, VZ_SAMPLE_HISTOGRAM, "phase", "parse"),
                declare(kSeconds, kSecondsHelp, VZ_SAMPLE_HISTOGRAM, "phase", "validate"),
                declare(kSeconds, kSecondsHelp, VZ_SAMPLE_HISTOGRAM, "phase", "execute")};
}

uint64_t Meter::declare(const char* name, const char* help, uint32_t kind, const char* label,
                        std::string_view value) const {
    if (metrics_ == nullptr) return 0;
    uint64_t id = UINT64_MAX;
    const vz_kv kv{text::borrowed(label != nullptr ? label : ""), text::borrowed(value)};
    vz_series series{};
    series.name = text::borrowed(name);
    series.help = text::borrowed(help);
    series.kind = kind;
    series.labels = &kv;
    series.label_count = label != nullptr ? 1 : 0;
    if (kind == VZ_SAMPLE_HISTOGRAM) {
        series.bounds = kSecondsBounds.data();
        series.bound_count = kSecondsBounds.size();
    }
    static_cast<void>(metrics_->declare(host_, &series, &id));
    return id;
}

void Meter::operation(bool is_mutation) const { count(operations_[is_mutation ? 1 : 0]); }

void Meter::cache_hit() const { count(cache_hits_); }

void Meter::took(Phase phase, int64_t ns) const {
    if (metrics_ == nullptr) return;
    metrics_->observe(host_, seconds_[static_cast<size_t>(phase)], static_cast<double>(ns) * 1e-9);
}

void Meter::error(std::string_view code) {
    uint64_t id = 0;
    {
        const std::lock_guard lock(mutex_);
        if (errors_.size() >= kCodesMax && !errors_.contains(code)) code = "OTHER";
        const auto [found, is_new] = errors_.try_emplace(std::string(code));
        if (is_new)
            found->second =
                declare("vectorizer_graphql_errors_total", "Errors that were told, of requests and of fields.",
                        VZ_SAMPLE_COUNTER, "code", code);
        id = found->second;
    }
    count(id);
}

void Meter::count(uint64_t id) const {
    if (metrics_ != nullptr) metrics_->add(host_, id, 1);
}

}  // namespace vz::graphql
