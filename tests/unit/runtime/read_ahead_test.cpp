// What the system is told about maps of files that fit in memory, and of those that do not.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "engine/collection/search.hpp"
#include "engine/io/forwarding.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"

namespace vz {
namespace {

using Advice = Mapping::Advice;

struct Given {
    Advice advice;
    uint64_t bytes;
};

class Advised final : public ForwardingFileSystem {
 public:
    using ForwardingFileSystem::ForwardingFileSystem;

    Result<std::unique_ptr<Mapping>> map(const std::string& path) override {
        VZ_ASSIGN(std::unique_ptr<Mapping> mapping, ForwardingFileSystem::map(path));
        return std::unique_ptr<Mapping>(std::make_unique<Listening>(std::move(mapping), *this));
    }
    uint64_t bytes_of(Advice advice) {
        const std::scoped_lock lock(mutex_);
        uint64_t bytes = 0;
        for (const Given& each : given_) bytes += each.advice == advice ? each.bytes : 0;
        return bytes;
    }
    void forget() {
        const std::scoped_lock lock(mutex_);
        given_.clear();
    }

 private:
    class Listening final : public Mapping {
     public:
        Listening(std::unique_ptr<Mapping> mapping, Advised& to) : mapping_(std::move(mapping)), to_(to) {}
        std::span<const std::byte> bytes() const override { return mapping_->bytes(); }
        bool failed() const override { return mapping_->failed(); }
        void advise(Advice advice, uint64_t offset, uint64_t size) const override {
            EXPECT_LE(offset + size, bytes().size());
            mapping_->advise(advice, offset, size);
            const std::scoped_lock lock(to_.mutex_);
            to_.given_.push_back({advice, size});
        }

     private:
        std::unique_ptr<Mapping> mapping_;
        Advised& to_;
    };

    std::mutex mutex_;
    std::vector<Given> given_;
};

class ReadAheads : public testing::Test {
 protected:
    static constexpr uint32_t kDim = 64;
    static constexpr uint32_t kRows = 8'000;
    static constexpr uint64_t kVectorBytes = uint64_t{kRows} * kDim * sizeof(float);

    void open(uint64_t memory_bytes) {
        engine_.reset();
        files_.forget();
        EngineSettings settings;
        settings.memory_bytes = memory_bytes;
        settings.background = false;
        auto engine = Engine::open(files_, directory_.path() + "/data", settings);
        ASSERT_TRUE(engine.ok()) << engine.status().error().message;
        engine_ = engine.take();
    }
    void fill() {
        ASSERT_TRUE(engine_->catalogue().create("c", one_field(kDim, VZ_EUCLIDEAN), {}).ok());
        PointBatch batch;
        for (uint32_t i = 0; i < kRows; ++i) batch.ids.push_back(std::to_string(i));
        for (size_t i = 0; i < size_t{kRows} * kDim; ++i)
            batch.vectors.push_back(static_cast<float>(i * 2654435761U % 1000) / 999);
        ASSERT_TRUE(write_points(*engine_, "c", VZ_UPSERT, batch).ok());
        ASSERT_TRUE(engine_->checkpoints().take(*collection()).ok());
    }
    std::shared_ptr<Collection> collection() { return engine_->catalogue().resolve("c").take(); }
    // The nearest row to the first one, read exactly.
    void search_exactly() {
        const std::shared_ptr<Collection> searched = collection();
        const std::shared_ptr<const Schema> schema = searched->schema();
        const ReadView view = searched->pin();
        const std::vector<float> first(view.parts->back()->vector(schema->fields[0].id, 0),
                                       view.parts->back()->vector(schema->fields[0].id, 0) + kDim);
        NearestQuery query;
        query.field = schema->field("");
        query.values = first.data();
        query.k = 1;
        query.exact = true;
        const auto hits = search_nearest(view, query, {}, nullptr);
        ASSERT_TRUE(hits.ok());
        ASSERT_EQ(hits->size(), 1U);
        EXPECT_EQ((*hits)[0].score, 0.0F);
    }

    std::unique_ptr<FileSystem> posix_ = make_posix_file_system();
    Advised files_{*posix_};
    const e2e::TemporaryDirectory directory_;
    std::unique_ptr<Engine> engine_;
};

TEST_F(ReadAheads, are_left_to_the_system_where_files_fit_in_memory) {
    open(1 << 30);
    fill();
    open(1 << 30);
    search_exactly();
    EXPECT_EQ(files_.bytes_of(Advice::kRandom), 0U);
    EXPECT_EQ(files_.bytes_of(Advice::kWillNeed), 0U);
}

TEST_F(ReadAheads, are_none_where_files_do_not) {
    open(1 << 30);
    fill();
    open(kVectorBytes);
    EXPECT_GE(files_.bytes_of(Advice::kRandom), kVectorBytes);
    // But for rows that are read one behind the other.
    files_.forget();
    search_exactly();
    EXPECT_GE(files_.bytes_of(Advice::kWillNeed), kVectorBytes * 9 / 10);
}

TEST_F(ReadAheads, come_back_while_files_become_one) {
    open(kVectorBytes);
    fill();
    std::vector<std::string> ids;
    for (uint32_t i = 0; i < kRows; i += 20) ids.push_back(std::to_string(i));
    ASSERT_TRUE(write_points(*engine_, "c", VZ_DELETE, {ids}).ok());
    files_.forget();
    const Result<bool> done = engine_->compaction().compact(*collection(), true);
    ASSERT_TRUE(done.ok() && *done);
    EXPECT_GE(files_.bytes_of(Advice::kNormal), kVectorBytes);
}

}  // namespace
}  // namespace vz
