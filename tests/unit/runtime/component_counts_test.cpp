// Counts of components that are not zero, against a recount of what a client has written.
#include "engine/collection/component_counts.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/collection/part.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

constexpr uint32_t kCountedDim = 24;

class CountsOfComponents : public EngineOnDisk {
 protected:
    void open() { open_engine(without_background()); }

    void create() {
        Schema schema = one_field(kCountedDim);
        schema.fields[0].flags = VZ_FIELD_COUNT_NONZERO;
        ASSERT_TRUE(engine_->catalogue().create("c", schema, {}).ok());
    }

    void write(uint32_t kind, uint32_t from, uint32_t to) {
        PointBatch batch;
        for (uint32_t i = from; i < to; ++i) {
            std::vector<float> values(kCountedDim);
            for (float& value : values) value = random_() % 3 == 0 ? 1.0F : 0.0F;
            batch.ids.push_back(std::to_string(i));
            batch.vectors.insert(batch.vectors.end(), values.begin(), values.end());
            if (kind == VZ_DELETE) {
                model_.erase(batch.ids.back());
            } else {
                model_[batch.ids.back()] = std::move(values);
            }
        }
        ASSERT_TRUE(write_points(*engine_, "c", kind, batch).ok());
    }

    void expect_recount() {
        std::vector<uint64_t> expected(kCountedDim);
        for (const auto& [id, values] : model_) {
            for (uint32_t i = 0; i < kCountedDim; ++i) expected[i] += values[i] != 0 ? 1 : 0;
        }
        const auto collection = engine_->catalogue().resolve("c").take();
        std::vector<uint64_t> counts(kCountedDim, 77);
        ASSERT_TRUE(count_components(collection->pin(), collection->schema()->fields[0], {}, counts).ok());
        EXPECT_EQ(counts, expected);
    }

    std::mt19937 random_{5};
    std::map<std::string, std::vector<float>> model_;
};

TEST_F(CountsOfComponents, are_exact_wherever_the_rows_lie) {
    open();
    create();
    expect_recount();
    write(VZ_UPSERT, 0, 300);
    expect_recount();
    write(VZ_UPSERT, 100, 200);
    write(VZ_DELETE, 150, 250);
    expect_recount();
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    expect_recount();
    write(VZ_UPSERT, 50, 120);
    write(VZ_DELETE, 0, 30);
    expect_recount();
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    open();
    expect_recount();
    write(VZ_DELETE, 60, 70);
    expect_recount();
    ASSERT_TRUE(engine_->compaction().compact(*engine_->catalogue().resolve("c").take(), true).ok());
    expect_recount();
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(CountsOfComponents, a_pinned_view_keeps_its_counts) {
    open();
    create();
    write(VZ_UPSERT, 0, 100);
    const auto collection = engine_->catalogue().resolve("c").take();
    const VectorFieldSchema field = collection->schema()->fields[0];
    const ReadView before = collection->pin();
    std::vector<uint64_t> counts(kCountedDim), again(kCountedDim);
    ASSERT_TRUE(count_components(before, field, {}, counts).ok());
    write(VZ_DELETE, 0, 50);
    expect_recount();
    ASSERT_TRUE(count_components(before, field, {}, again).ok());
    EXPECT_EQ(counts, again);
    expect_recount();
    ASSERT_TRUE(engine_->close().ok());
}

}  // namespace
}  // namespace vz
