// Growing rows are bounded: a writer that is faster than the sealing waits for it, and nothing is refused or lost.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "engine/collection/activity.hpp"
#include "engine/collection/stats.hpp"
#include "engine/collection/upkeep.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"

namespace vz {
namespace {

constexpr uint32_t kSealedDim = 256;
constexpr uint64_t kSealedBatch = 100;
constexpr uint64_t kBatches = 120;  // 12 MiB of vectors against a bound of 1 MiB

Status write_batch(Engine& engine, uint64_t first) {
    PointBatch batch;
    for (uint64_t i = 0; i < kSealedBatch; ++i) batch.ids.push_back(std::to_string(first + i));
    batch.vectors.assign(kSealedBatch * kSealedDim, static_cast<float>(first));
    return write_points(engine, "c", VZ_UPSERT, batch);
}

TEST(Activity, a_clock_that_was_set_back_begins_the_wait_anew) {
    Activity activity;
    activity.note(10'000);
    EXPECT_EQ(activity.idle_ms(10'500), 500);
    EXPECT_EQ(activity.idle_ms(2'000), 0);
    EXPECT_EQ(activity.idle_ms(2'700), 700);
}

TEST(Sealing, a_fast_writer_waits_for_it) {
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    EngineSettings settings;
    settings.growing_bytes_max = 1 << 20;
    settings.wal_file_bytes = 1 << 20;
    {
        auto engine = Engine::open(*files, directory.path() + "/data", settings);
        ASSERT_TRUE(engine.ok()) << engine.status().error().message;
        ASSERT_TRUE((*engine)->catalogue().create("c", one_field(kSealedDim), {}).ok());
        const auto collection = (*engine)->catalogue().resolve("c").take();
        for (uint64_t i = 0; i < kBatches; ++i) {
            const Status written = write_batch(**engine, i * kSealedBatch);
            ASSERT_TRUE(written.ok()) << written.error().message;
            EXPECT_LT(growing_bytes(*collection), 3 * settings.growing_bytes_max);
        }
        vz_collection_stats stats = {};
        fill_stats(*collection, &stats);
        EXPECT_GT(stats.sealed_segments, 0U);
        EXPECT_EQ(stats.points, kSealedBatch * kBatches);
    }
    auto again = Engine::open(*files, directory.path() + "/data", settings);
    ASSERT_TRUE(again.ok()) << again.status().error().message;
    const auto collection = (*again)->catalogue().resolve("c").take();
    EXPECT_EQ(collection->points(), kSealedBatch * kBatches);
    const ReadView view = collection->pin();
    for (uint64_t i = 0; i < kBatches; ++i) {
        const IdView id{IdKind::kU64, i * kSealedBatch, 0, {}};
        const RowRef row = find_row(view, id);
        ASSERT_NE(row.part, nullptr) << i;
        EXPECT_EQ(row.part->vector(0, row.row)[kSealedDim - 1], static_cast<float>(i * kSealedBatch));
    }
}

TEST(Sealing, many_small_collections_do_not_let_the_log_grow) {
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    EngineSettings settings;
    settings.wal_bytes_max = 8 << 20;
    settings.wal_file_bytes = 1 << 20;
    settings.wal_file_first_bytes = 1 << 20;
    auto engine = Engine::open(*files, directory.path() + "/data", settings);
    ASSERT_TRUE(engine.ok()) << engine.status().error().message;
    // 24 MiB of vectors in all; no collection comes near the growing bound.
    ASSERT_TRUE((*engine)->catalogue().create("c", one_field(kSealedDim), {}).ok());
    for (uint64_t i = 0; i < 2 * kBatches; ++i) ASSERT_TRUE(write_batch(**engine, i * kSealedBatch).ok());
    ASSERT_TRUE((*engine)->checkpoints().take_all().ok());
    vz_collection_stats stats = {};
    fill_stats(*(*engine)->catalogue().resolve("c").take(), &stats);
    EXPECT_GT(stats.sealed_segments, 1U);
    EXPECT_EQ(stats.points, 2 * kSealedBatch * kBatches);
    size_t wals = 0;
    (*engine)->log().read_state([&](const ManifestState& state) { wals = state.wals.size(); });
    EXPECT_LE(wals, 2U);
}

TEST(Sealing, rows_that_grow_have_their_part_of_the_memory) {
    EngineSettings settings;
    settings.memory_bytes = 64 << 20;
    const EngineSettings small = with_defaults(settings);
    EXPECT_EQ(small.growing_total_bytes_max, 8U << 20);
    EXPECT_EQ(small.growing_bytes_max, 8U << 20);
    settings.memory_bytes = 64ULL << 30;
    EXPECT_EQ(with_defaults(settings).growing_total_bytes_max, 1U << 30);
    EXPECT_EQ(with_defaults(settings).growing_bytes_max, 256U << 20);

    // 24 MiB of vectors in small collections: half of 8 MiB in the log, and all are sealed.
    settings.memory_bytes = 64 << 20;
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    auto engine = Engine::open(*files, directory.path() + "/data", settings);
    ASSERT_TRUE(engine.ok()) << engine.status().error().message;
    ASSERT_TRUE((*engine)->catalogue().create("c", one_field(kSealedDim), {}).ok());
    for (uint64_t i = 0; i < 2 * kBatches; ++i) ASSERT_TRUE(write_batch(**engine, i * kSealedBatch).ok());
    const auto collection = (*engine)->catalogue().resolve("c").take();
    vz_collection_stats stats = {};
    for (int tries = 0; stats.sealed_segments == 0 && tries < 600; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        fill_stats(*collection, &stats);
    }
    EXPECT_GT(stats.sealed_segments, 0U);
    EXPECT_EQ(stats.points, 2 * kSealedBatch * kBatches);
}

// It waits for a checkpoint when it has chosen what to rewrite; what a field has by then is taken along.
TEST(Sealing, compaction_keeps_a_field_that_was_added_while_it_waited) {
    const e2e::TemporaryDirectory directory;
    const auto files = make_posix_file_system();
    EngineSettings settings;
    settings.background = false;
    auto engine = Engine::open(*files, directory.path() + "/data", settings).take();
    ASSERT_TRUE(engine->catalogue().create("c", one_field(kSealedDim), {}).ok());
    const auto collection = engine->catalogue().resolve("c").take();
    for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(write_batch(*engine, i * kSealedBatch).ok());
    ASSERT_TRUE(engine->checkpoints().take(*collection).ok());
    ASSERT_TRUE(write_batch(*engine, 0).ok());
    ASSERT_TRUE(engine->checkpoints().take(*collection).ok());
    ASSERT_TRUE(write_batch(*engine, kSealedBatch).ok());

    Checkpoints::Lock held = engine->checkpoints().exclude();
    std::thread compacting([&] { EXPECT_TRUE(*engine->compaction().compact(*collection, true)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto add_field = [](Schema& schema) {
        VectorFieldSchema field = schema.fields[0];
        field.name = "late";
        field.dim = 1;
        field.id = schema.next_field_id++;
        schema.fields.push_back(field);
        return Status();
    };
    ASSERT_TRUE(engine->catalogue().alter("c", add_field, false, {}).ok());
    const vz_str id = {"late one", 8};
    const float value = 7;
    vz_vectors late = {};
    late.struct_size = sizeof late;
    late.name = {"late", 4};
    late.matrix = {&value, 1, 0, 1, VZ_F32};
    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_UPSERT;
    request.count = 1;
    request.ids = &id;
    request.fields = &late;
    request.field_count = 1;
    vz_write_answer answer = {};
    std::vector<Status> errors;
    const Status written = engine->write("c", request, &answer, &errors);
    EXPECT_TRUE(written.ok()) << written.error().message;
    held.unlock();
    compacting.join();
    ASSERT_TRUE(engine->checkpoints().take(*collection).ok());
    const RowRef row = find_row(collection->pin(), {IdKind::kText, 0, 0, "late one"});
    ASSERT_NE(row.part, nullptr);
    const float* kept = row.part->vector(1, row.row);
    ASSERT_NE(kept, nullptr);
    EXPECT_EQ(*kept, value);
}

}  // namespace
}  // namespace vz
