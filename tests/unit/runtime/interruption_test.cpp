// What asks payloads stops when the request should, however few rows there are; and a write does so without the lock of
// its collection.
#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "engine/collection/candidates.hpp"
#include "engine/collection/read.hpp"
#include "engine/collection/search.hpp"
#include "tests/support/comes.hpp"
#include "tests/support/schema.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

constexpr uint32_t kLargePoints = 8;
constexpr uint32_t kElements = 64 * 1024;
constexpr uint32_t kConditions = 32;

int64_t now_ns(clockid_t clock) {
    timespec now = {};
    ::clock_gettime(clock, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

// Passed by every point, each of whose elements is asked every condition. `number` makes it one that nobody remembers.
std::string costly_filter(int number) {
    std::string filter = R"({"must":[{"key":"n","range":{"gt":-)" + std::to_string(number) + R"(}}],"must_not":[)";
    for (uint32_t i = 0; i < kConditions; ++i)
        filter += (i == 0 ? "" : ",") + (R"({"key":"a","match":{"value":)" + std::to_string(i + 1)) + "}}";
    return filter + "]}";
}

class Interruptions : public EngineOnDisk {
 protected:
    Interruptions() {
        EngineSettings settings = without_background();
        settings.now_ms = [this] {
            if (holds_clock_.exchange(false)) {
                is_held_ = true;
                is_held_.notify_all();
                is_released_.wait(false);
            }
            return int64_t{1'000'000};
        };
        open_engine(settings);
    }

    void fill(const char* name, bool with_index) {
        Schema schema = one_field(1);
        if (with_index) schema.field_indexes.push_back({VZ_FIELD_INDEX_INTEGER, "n"});
        ASSERT_TRUE(engine_->catalogue().create(name, schema, {}).ok());
        std::string payload = R"({"n":1,"a":[0)";
        for (uint32_t i = 1; i < kElements; ++i) payload += ",0";
        payload += "]}";
        for (uint32_t i = 0; i < kLargePoints; ++i) ASSERT_TRUE(upsert(name, std::to_string(i), payload).ok());
    }

    Status upsert(const char* name, const std::string& id_text, const std::string& payload_text) {
        const vz_str id = {id_text.data(), id_text.size()};
        const vz_str payload = {payload_text.data(), payload_text.size()};
        const float value = 1;
        vz_write_request request = {};
        request.struct_size = sizeof request;
        request.kind = VZ_UPSERT;
        request.count = 1;
        request.ids = &id;
        request.payloads = &payload;
        request.vectors = {&value, 1, 0, 1, VZ_F32};
        return write(name, request);
    }

    Status delete_by(const char* name, const std::string& filter, int64_t deadline_ns) {
        vz_write_request request = {};
        request.struct_size = sizeof request;
        request.kind = VZ_DELETE;
        request.filter = {filter.data(), filter.size()};
        request.deadline_ns = deadline_ns;
        return write(name, request);
    }

    Status write(const char* name, const vz_write_request& request) {
        vz_write_answer answer = {};
        std::vector<Status> errors;
        return engine_->write(name, request, &answer, &errors);
    }

    uint64_t points(const char* name) { return engine_->catalogue().resolve(name).take()->points(); }

    Result<uint64_t> count(const char* name, const std::string& filter, const Interruption& stop) {
        const auto collection = engine_->catalogue().resolve(name).take();
        const auto read = RowFilter::read(filter).take();
        return count_rows(collection->pin(), read.get(), stop);
    }

    Status search(const char* name, const std::string& filter, const Interruption& stop) {
        const auto collection = engine_->catalogue().resolve(name).take();
        const auto read = RowFilter::read(filter).take();
        const std::shared_ptr<const Schema> schema = collection->schema();
        const float value = 1;
        NearestQuery query;
        query.field = &schema->fields[0];
        query.values = &value;
        query.k = 1;
        query.filter = read.get();
        return search_nearest(collection->pin(), query, stop, nullptr).take_status();
    }

    // Each way through the payloads is stopped before the half of what it takes.
    void expect_stops(const char* name) {
        int number = 1;
        const int64_t began = now_ns(CLOCK_THREAD_CPUTIME_ID);
        EXPECT_EQ(count(name, costly_filter(number++), {}).take(), kLargePoints);
        const int64_t whole_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - began;
        const auto expect_stop = [&](const char* what, const auto& read) {
            const int64_t start = now_ns(CLOCK_THREAD_CPUTIME_ID);
            const Interruption stop{now_ns(CLOCK_MONOTONIC) + whole_ns / 8, nullptr};
            EXPECT_EQ(read(costly_filter(number++), stop).code(), VZ_DEADLINE_EXCEEDED) << name << ' ' << what;
            EXPECT_LT(now_ns(CLOCK_THREAD_CPUTIME_ID) - start, whole_ns / 2) << name << ' ' << what;
        };
        expect_stop("count",
                    [&](const auto& filter, const auto& stop) { return count(name, filter, stop).take_status(); });
        expect_stop("search", [&](const auto& filter, const auto& stop) { return search(name, filter, stop); });
        expect_stop("delete",
                    [&](const auto& filter, const auto& stop) { return delete_by(name, filter, stop.deadline_ns); });
        expect_stop("sample", [&](const auto& filter, const auto& stop) {
            const auto read = RowFilter::read(filter).take();
            const ReadView view = engine_->catalogue().resolve(name).take()->pin();
            std::vector<uint32_t> passing;
            return estimate_selectivity(*view.parts->back(), kLargePoints, *read, 1, stop, &passing).take_status();
        });
        uint64_t state = Interruption::kCancelled;
        EXPECT_EQ(count(name, costly_filter(number++), {0, &state}).status().code(), VZ_CANCELLED);
        EXPECT_EQ(points(name), kLargePoints);
    }

    std::atomic<bool> holds_clock_ = false;  // the next to ask for the time waits for is_released_
    std::atomic<bool> is_held_ = false;
    std::atomic<bool> is_released_ = false;
};

TEST_F(Interruptions, stop_what_reads_few_large_payloads) {
    fill("growing", false);
    expect_stops("growing");
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    expect_stops("growing");
}

TEST_F(Interruptions, stop_what_an_index_leaves_to_read) {
    fill("indexed", true);
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    expect_stops("indexed");
}

// The clock is read under the lock of the collection: who waits there keeps it.
TEST_F(Interruptions, writes_by_filter_ask_before_they_lock) {
    fill("c", false);
    const std::string filter = costly_filter(1);
    holds_clock_ = true;
    std::thread writer([&] { EXPECT_TRUE(upsert("c", "newer", R"({"n":2,"a":[]})").ok()); });
    is_held_.wait(false);
    std::thread deleting([&] { EXPECT_TRUE(delete_by("c", filter, 0).ok()); });
    const ReadView view = engine_->catalogue().resolve("c").take()->pin();
    const FilterCache& cache = view.parts->front()->filters();
    EXPECT_TRUE(comes([&] { return cache.find(filter) != nullptr; }));
    is_released_ = true;
    is_released_.notify_all();
    writer.join();
    deleting.join();
    EXPECT_EQ(points("c"), 0U);  // the newer one among them
}

}  // namespace
}  // namespace vz
