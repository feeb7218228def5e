// Series that frontends declare, and their text.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "plugins/host/metrics.hpp"

namespace vz::host {
namespace {

vz_str str(const char* text) { return {text, std::char_traits<char>::length(text)}; }

vz_series series(const char* name, uint32_t kind) {
    vz_series declared = {};
    declared.name = str(name);
    declared.kind = kind;
    return declared;
}

TEST(Metrics, LabelsInAnyOrderAreOneSeries) {
    Metrics metrics;
    const vz_kv labels[] = {{str("x"), str("1")}, {str("y"), str("2")}, {str("x"), str("1")}};
    vz_series pair = series("pair", VZ_SAMPLE_GAUGE);
    pair.labels = labels;
    pair.label_count = 2;
    uint64_t one = 7;
    uint64_t other = 8;
    EXPECT_EQ(metrics.declare(pair, &one), VZ_OK);
    ++pair.labels;
    EXPECT_EQ(metrics.declare(pair, &other), VZ_OK);
    EXPECT_EQ(one, other);
}

TEST(Metrics, NoSeriesHasANameThatAHistogramMakes) {
    for (const char* made : {"h_bucket", "h_sum", "h_count"}) {
        uint64_t id = 0;
        Metrics histogram_first;
        EXPECT_EQ(histogram_first.declare(series("h", VZ_SAMPLE_HISTOGRAM), &id), VZ_OK);
        EXPECT_EQ(histogram_first.declare(series(made, VZ_SAMPLE_COUNTER), &id), VZ_INVALID_ARGUMENT) << made;
        EXPECT_EQ(histogram_first.declare(series(made, VZ_SAMPLE_HISTOGRAM), &id), VZ_INVALID_ARGUMENT) << made;
        EXPECT_EQ(histogram_first.declare(series("h", VZ_SAMPLE_HISTOGRAM), &id), VZ_OK);
        Metrics counter_first;
        EXPECT_EQ(counter_first.declare(series(made, VZ_SAMPLE_COUNTER), &id), VZ_OK);
        EXPECT_EQ(counter_first.declare(series("h", VZ_SAMPLE_HISTOGRAM), &id), VZ_INVALID_ARGUMENT) << made;
        EXPECT_EQ(counter_first.declare(series("g", VZ_SAMPLE_HISTOGRAM), &id), VZ_OK);
    }
}

TEST(Metrics, WhatIsReservedIsZero) {
    Metrics metrics;
    vz_series later = series("later", VZ_SAMPLE_COUNTER);
    later.reserved = 1;
    uint64_t id = 0;
    EXPECT_EQ(metrics.declare(later, &id), VZ_INVALID_ARGUMENT);
}

TEST(Metrics, WhatIsNoNumberIsInNoBucket) {
    Metrics metrics;
    const double bound = 1;
    vz_series seconds = series("seconds", VZ_SAMPLE_HISTOGRAM);
    seconds.bounds = &bound;
    seconds.bound_count = 1;
    uint64_t id = 0;
    ASSERT_EQ(metrics.declare(seconds, &id), VZ_OK);
    EXPECT_FALSE(metrics.observe(id, std::numeric_limits<double>::quiet_NaN()));
    EXPECT_FALSE(metrics.add(id, std::numeric_limits<double>::quiet_NaN()));
    EXPECT_TRUE(metrics.observe(id, std::numeric_limits<double>::infinity()));
    const std::string text = metrics.render(nullptr, {});
    EXPECT_NE(text.find("seconds_bucket{le=\"1\"} 0\n"), std::string::npos) << text;
    EXPECT_NE(text.find("seconds_bucket{le=\"+Inf\"} 1\n"), std::string::npos) << text;
    EXPECT_NE(text.find("seconds_sum +Inf\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace vz::host
