// Points with a time to expire: hidden at once, deleted by the log, and gone or alive again as the log says, whatever
// the clock does.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "engine/collection/read.hpp"
#include "engine/collection/search.hpp"
#include "tests/support/comes.hpp"
#include "tests/support/schema.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

// Points called `first` and on, of a field of two values.
Status upsert_expiring(Engine& engine, uint64_t first, uint64_t count, int64_t expires_ms) {
    std::vector<std::string> names;
    for (uint64_t i = first; i < first + count; ++i) names.push_back(std::to_string(i));
    std::vector<vz_str> ids;
    for (const std::string& name : names) ids.push_back({name.data(), name.size()});
    const std::vector<float> values(2 * count, 1);
    const std::vector<int64_t> times(count, expires_ms);
    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_UPSERT;
    request.count = count;
    request.ids = ids.data();
    request.vectors = {values.data(), count, 0, 2, VZ_F32};
    request.expires_ms = times.data();
    vz_write_answer answer = {};
    std::vector<Status> errors;
    return engine.write("c", request, &answer, &errors);
}

class Expiry : public EngineOnDisk {
 protected:
    void SetUp() override {
        open();
        ASSERT_TRUE(engine_->catalogue().create("c", one_field(2), {}).ok());
        collection_ = engine_->catalogue().resolve("c").take();
    }
    void open() {
        collection_.reset();
        EngineSettings settings = without_background();
        settings.now_ms = [this] { return now_; };
        open_engine(settings);
        if (engine_->catalogue().resolve("c").ok()) collection_ = engine_->catalogue().resolve("c").take();
    }

    // -1: none is given.
    Status upsert(const char* id, int64_t expires_ms, uint32_t condition = VZ_IF_ALWAYS, uint32_t kind = VZ_UPSERT,
                  vz_write_answer* out = nullptr) {
        const vz_str name = {id, std::char_traits<char>::length(id)};
        const float values[] = {1, 2};
        vz_write_request request = {};
        request.struct_size = sizeof request;
        request.kind = kind;
        request.condition = condition;
        request.count = 1;
        request.ids = &name;
        if (kind != VZ_DELETE) request.vectors = {values, 1, 0, 2, VZ_F32};
        if (expires_ms >= 0) request.expires_ms = &expires_ms;
        vz_write_answer answer = {};
        std::vector<Status> errors;
        Status written = engine_->write("c", request, &answer, &errors);
        if (out != nullptr) *out = answer;
        return written;
    }
    bool is_found(const char* id) { return find_row(collection_->pin(), parse_id(id).take()).part != nullptr; }
    uint64_t count() { return count_rows(collection_->pin(), nullptr, {}).take(); }
    size_t hits() {
        const auto schema = collection_->schema();
        const float query[] = {1, 1};
        NearestQuery nearest;
        nearest.field = schema->fields.data();
        nearest.values = query;
        nearest.k = 10;
        return search_nearest(collection_->pin(), nearest, {}, nullptr).take().size();
    }
    uint64_t expire() {
        auto done = engine_->maintenance().expire(collection_);
        EXPECT_TRUE(done.ok());
        return done.take();
    }

    int64_t now_ = 1'000'000;
    std::shared_ptr<Collection> collection_;
};

TEST_F(Expiry, hides_a_point_from_every_read_at_once) {
    ASSERT_TRUE(upsert("a", now_ + 100).ok());
    ASSERT_TRUE(upsert("b", 0).ok());
    EXPECT_EQ(count(), 2U);
    now_ += 99;
    EXPECT_TRUE(is_found("a"));
    now_ += 1;
    EXPECT_FALSE(is_found("a"));
    EXPECT_EQ(count(), 1U);
    EXPECT_EQ(hits(), 1U);
    EXPECT_EQ(scan_rows(collection_->pin(), nullptr, {}, 0, 10, {}).take().rows.size(), 1U);
    ASSERT_TRUE(engine_->checkpoints().take(*collection_).ok());
    EXPECT_FALSE(is_found("a"));
    EXPECT_EQ(hits(), 1U);
    EXPECT_EQ(expire(), 1U);
    EXPECT_EQ(collection_->points(), 1U);
    EXPECT_EQ(expire(), 0U);
}

TEST_F(Expiry, an_expired_point_is_absent_to_writers) {
    ASSERT_TRUE(upsert("a", now_ + 100).ok());
    now_ += 200;
    EXPECT_EQ(upsert("a", 0, VZ_IF_ALWAYS, VZ_UPDATE).code(), VZ_NOT_FOUND);
    EXPECT_EQ(upsert("a", -1, VZ_IF_PRESENT, VZ_DELETE).code(), VZ_NOT_FOUND);
    vz_write_answer answer = {};
    ASSERT_TRUE(upsert("a", 0, VZ_IF_ABSENT, VZ_UPSERT, &answer).ok());
    EXPECT_EQ(answer.created, 1U);
    EXPECT_EQ(collection_->points(), 1U);
    EXPECT_EQ(expire(), 0U);
    EXPECT_TRUE(is_found("a"));
}

TEST_F(Expiry, of_the_collection_counts_from_each_write) {
    const auto set_ttl = [](Schema& schema) -> Status {
        schema.ttl_ms = 1'000;
        return {};
    };
    ASSERT_TRUE(upsert("before", -1).ok());
    ASSERT_TRUE(engine_->catalogue().alter("c", set_ttl, false, {}).ok());
    ASSERT_TRUE(upsert("a", -1).ok());
    ASSERT_TRUE(upsert("own", now_ + 5'000).ok());
    ASSERT_TRUE(upsert("never", 0).ok());
    now_ += 900;
    ASSERT_TRUE(upsert("a", -1, VZ_IF_ALWAYS, VZ_UPDATE).ok());
    now_ += 900;
    EXPECT_TRUE(is_found("a"));
    now_ += 100;
    EXPECT_FALSE(is_found("a"));
    EXPECT_TRUE(is_found("own"));
    EXPECT_TRUE(is_found("before"));
    now_ += 1'000'000;
    EXPECT_EQ(count(), 2U);
    EXPECT_TRUE(is_found("never"));
}

TEST_F(Expiry, that_was_named_stays_through_updates_under_a_ttl) {
    const auto set_ttl = [](Schema& schema) -> Status {
        schema.ttl_ms = 1'000;
        return {};
    };
    const auto update = [this](const char* id) { return upsert(id, -1, VZ_IF_ALWAYS, VZ_UPDATE); };
    ASSERT_TRUE(upsert("before", -1).ok());
    ASSERT_TRUE(engine_->catalogue().alter("c", set_ttl, false, {}).ok());
    ASSERT_TRUE(upsert("late", now_ + 5'000).ok());
    ASSERT_TRUE(upsert("soon", now_ + 500).ok());
    ASSERT_TRUE(upsert("never", 0).ok());
    ASSERT_TRUE(upsert("ttl", -1).ok());
    ASSERT_TRUE(upsert("renewed", -1).ok());
    open();
    ASSERT_TRUE(engine_->checkpoints().take(*collection_).ok());
    now_ += 400;
    for (const char* id : {"before", "late", "soon", "never", "renewed"}) ASSERT_TRUE(update(id).ok()) << id;
    now_ += 100;
    EXPECT_FALSE(is_found("soon"));
    open();
    ASSERT_TRUE(engine_->checkpoints().take(*collection_).ok());
    ASSERT_TRUE(update("late").ok());
    now_ += 500;
    EXPECT_FALSE(is_found("ttl"));
    EXPECT_TRUE(is_found("renewed"));
    EXPECT_TRUE(is_found("before"));
    now_ += 400;
    EXPECT_FALSE(is_found("renewed"));
    EXPECT_FALSE(is_found("before")) << "written since there is a TTL";
    EXPECT_TRUE(is_found("late"));
    ASSERT_TRUE(upsert("late", -1).ok());
    now_ += 1'000;
    EXPECT_FALSE(is_found("late")) << "replaced, it has what a new one has";
    EXPECT_EQ(count(), 1U);
    EXPECT_TRUE(is_found("never"));
    EXPECT_EQ(expire(), 5U);
    open();
    EXPECT_EQ(collection_->points(), 1U);
}

TEST_F(Expiry, survives_a_kill_and_a_clock_that_goes_back) {
    ASSERT_TRUE(upsert("a", now_ + 100).ok());
    ASSERT_TRUE(upsert("b", now_ + 100).ok());
    ASSERT_TRUE(upsert("c", now_ + 900).ok());
    ASSERT_TRUE(engine_->checkpoints().take(*collection_).ok());
    now_ += 200;
    EXPECT_EQ(expire(), 2U);
    ASSERT_TRUE(upsert("b", 0).ok());
    now_ -= 190;
    open();
    // Deleted is deleted, and what was written again stays.
    EXPECT_FALSE(is_found("a"));
    EXPECT_TRUE(is_found("b"));
    EXPECT_TRUE(is_found("c"));
    now_ += 2'000;
    open();
    EXPECT_FALSE(is_found("c"));
    EXPECT_EQ(expire(), 1U);
    EXPECT_EQ(collection_->points(), 1U);
    open();
    EXPECT_EQ(collection_->points(), 1U);
    EXPECT_TRUE(is_found("b"));
}

TEST_F(Expiry, is_told_by_figures_before_anything_is_deleted) {
    EXPECT_EQ(collection_->live_points(), 0U);
    ASSERT_TRUE(upsert("a", now_ + 100).ok());
    ASSERT_TRUE(upsert("b", now_ + 200).ok());
    ASSERT_TRUE(upsert("c", 0).ok());
    EXPECT_EQ(collection_->live_points(), 3U);
    now_ += 100;
    EXPECT_EQ(collection_->live_points(), 2U);
    now_ += 100;
    EXPECT_EQ(collection_->live_points(), 1U);
    EXPECT_EQ(collection_->points(), 3U);
    now_ -= 50;
    EXPECT_EQ(collection_->live_points(), 2U) << "as reads have it";
    now_ += 50;
    ASSERT_TRUE(upsert("a", 0).ok());
    EXPECT_EQ(collection_->live_points(), 2U);
    EXPECT_EQ(expire(), 1U);
    EXPECT_EQ(collection_->live_points(), 2U);
    ASSERT_TRUE(upsert("d", 1).ok());
    EXPECT_EQ(collection_->live_points(), 2U);
    ASSERT_TRUE(engine_->checkpoints().take(*collection_).ok());
    EXPECT_EQ(collection_->live_points(), 2U);
    open();
    EXPECT_EQ(collection_->live_points(), 2U);
}

// Of many, some may be told for a while that have expired, but none twice that were deleted.
TEST_F(Expiry, of_many_points_is_told_in_time) {
    constexpr uint64_t kPoints = 12'000;
    ASSERT_TRUE(upsert_expiring(*engine_, 0, kPoints, now_ + 1'000).ok());
    EXPECT_EQ(collection_->live_points(), kPoints);
    now_ += 3'000;
    EXPECT_EQ(collection_->live_points(), 0U);
    EXPECT_EQ(expire(), 5'000U);
    EXPECT_EQ(collection_->live_points(), 0U);
    EXPECT_EQ(collection_->points(), kPoints - 5'000);
    ASSERT_TRUE(upsert("other", 0).ok());
    EXPECT_EQ(collection_->live_points(), 1U);
    EXPECT_EQ(expire(), 5'000U);
    EXPECT_EQ(expire(), 2'000U);
    EXPECT_EQ(collection_->live_points(), 1U);
    EXPECT_EQ(collection_->points(), 1U);
}

// A third of a million of them, all at once.
TEST(ExpirySweep, takes_less_than_a_minute_for_many_points) {
    constexpr uint32_t kBatch = 10'000;
    constexpr uint32_t kBatches = 33;
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    auto engine = Engine::open(*files, directory.path() + "/data", {}).take();
    ASSERT_TRUE(engine->catalogue().create("c", one_field(2), {}).ok());
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    for (uint32_t batch = 0; batch < kBatches; ++batch)
        ASSERT_TRUE(upsert_expiring(*engine, batch * kBatch, kBatch, now.count() + 1).ok());
    const auto collection = engine->catalogue().resolve("c").take();
    EXPECT_TRUE(comes([&] { return collection->points() == 0; }, std::chrono::seconds(60))) << collection->points();
    EXPECT_TRUE(engine->close().ok());
}

// Nobody has to look again and again whether it has expired.
TEST_F(Expiry, a_point_that_was_named_to_have_none_costs_nothing) {
    ASSERT_TRUE(upsert("never", 0).ok());
    EXPECT_FALSE(collection_->has_expiry());
    ASSERT_TRUE(engine_->checkpoints().take(*collection_).ok());
    EXPECT_EQ(expire(), 0U);
    EXPECT_FALSE(collection_->has_expiry());
    ASSERT_TRUE(upsert("later", now_ + 100).ok());
    EXPECT_TRUE(collection_->has_expiry());
}

TEST_F(Expiry, bad_times_are_refused) {
    EXPECT_EQ(upsert("a", -1).code(), VZ_OK);
    const vz_str name = {"a", 1};
    const int64_t times[] = {-5};
    const float values[] = {1, 2};
    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_UPSERT;
    request.count = 1;
    request.ids = &name;
    request.vectors = {values, 1, 0, 2, VZ_F32};
    request.expires_ms = times;
    vz_write_answer answer = {};
    std::vector<Status> errors;
    const Status refused = engine_->write("c", request, &answer, &errors);
    EXPECT_EQ(refused.code(), VZ_INVALID_ARGUMENT);
    EXPECT_STREQ(refused.error().field, "expires_ms");
    request.kind = VZ_DELETE;
    request.vectors = {};
    EXPECT_EQ(engine_->write("c", request, &answer, &errors).code(), VZ_INVALID_ARGUMENT);
    const char filter[] = R"({"must":{"has_id":["a"]}})";
    const vz_str payload = {"{}", 2};
    request.kind = VZ_UPDATE;
    request.count = 0;
    request.ids = nullptr;
    request.filter = {filter, sizeof filter - 1};
    request.payloads = &payload;
    const Status refused_for_all = engine_->write("c", request, &answer, &errors);
    EXPECT_EQ(refused_for_all.code(), VZ_INVALID_ARGUMENT);
    EXPECT_STREQ(refused_for_all.error().field, "expires_ms");
}

}  // namespace
}  // namespace vz
