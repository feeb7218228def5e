// Deletes spread over a sealed segment, a few in each page of marks: none is undone, and none is made up, by a
// checkpoint, a power cut or a repair.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "engine/base/limits.hpp"
#include "engine/collection/marks.hpp"
#include "engine/collection/read.hpp"
#include "engine/runtime/repair.hpp"
#include "engine/segment/layout.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"
#include "tests/support/sim_fs.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

constexpr uint32_t kMarkedPages = 20;
constexpr uint32_t kMarkedRows = kMarkedPages * Marks::kPageRows;

class SpreadDeletes : public EngineOnDisk {
 protected:
    static EngineSettings small_log() {
        EngineSettings settings;
        settings.background = false;
        settings.wal_file_first_bytes = settings.wal_file_bytes = 8 * kMiB;
        return settings;
    }

    static std::string bytes_of(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    void open(FileSystem& files, const std::string& directory) {
        auto opened = Engine::open(files, directory, small_log());
        ASSERT_TRUE(opened.ok()) << opened.status().error().message;
        engine_ = opened.take();
    }
    void close() {
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
    }
    // What the pages' k-th rows are called.
    static std::vector<std::string> ids_of(uint32_t k) {
        std::vector<std::string> ids;
        for (uint32_t page = 0; page < kMarkedPages; ++page) ids.push_back(std::to_string(page * Marks::kPageRows + k));
        return ids;
    }
    void make() {
        ASSERT_TRUE(engine_->catalogue().create("c", one_field(1), {}).ok());
        PointBatch batch;
        for (uint32_t i = 0; i < kMarkedRows; ++i) batch.ids.push_back(std::to_string(i));
        batch.vectors.assign(kMarkedRows, 1);
        batch.payloads.assign(kMarkedRows, R"({"pad":")" + std::string(200, 'p') + "\"}");
        ASSERT_TRUE(write_points(*engine_, "c", VZ_UPSERT, batch).ok());
        ASSERT_TRUE(engine_->checkpoints().take_all().ok());
        ASSERT_NE(sealed(), nullptr);
        ASSERT_EQ(sealed()->row_count(), kMarkedRows);
    }
    std::shared_ptr<Part> sealed() const {
        const PartList parts = *engine_->catalogue().resolve("c").take()->parts();
        const auto found =
            std::find_if(parts.begin(), parts.end(), [](const auto& part) { return part->growing() == nullptr; });
        return found == parts.end() ? nullptr : *found;
    }
    // Each by a write of its own.
    void remove(uint32_t k) {
        for (const std::string& id : ids_of(k)) ASSERT_TRUE(write_points(*engine_, "c", VZ_DELETE, {{id}}).ok());
    }
    std::set<std::string> missing() const {
        std::set<std::string> ids;
        for (uint32_t i = 0; i < kMarkedRows; ++i) ids.insert(std::to_string(i));
        const ReadView view = engine_->catalogue().resolve("c").take()->pin();
        const Page page = scan_rows(view, nullptr, std::nullopt, 0, kMarkedRows, {}).take();
        for (const RowRef& row : page.rows) ids.erase(id_text(row.part->id(row.row)));
        return ids;
    }
    // Of those deleted third as many as were written, in order: what a power cut may leave.
    void expect_prefix(size_t at_least) const {
        std::set<std::string> more = missing();
        for (const uint32_t k : {3U, 7U}) {
            for (const std::string& id : ids_of(k)) EXPECT_EQ(more.erase(id), 1U) << id;
        }
        EXPECT_GE(more.size(), at_least);
        const std::vector<std::string> third = ids_of(11);
        ASSERT_LE(more.size(), third.size());
        for (size_t i = 0; i < more.size(); ++i) EXPECT_TRUE(more.contains(third[i])) << third[i];
    }
};

TEST_F(SpreadDeletes, survive_checkpoints_and_power_cuts) {
    SimFs files;
    open(files, "d");
    make();
    remove(3);
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());  // in a file of deletes
    remove(7);
    const size_t first = files.cuts();
    remove(11);
    const size_t third = files.cuts();
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    const size_t last = files.cuts();
    engine_.reset();

    Random random(1);
    uint64_t images = 0;
    for (size_t cut = first; cut <= last; ++cut) {
        for (const Image& image : files.crash_images(cut, &random, 4).images) {
            SCOPED_TRACE(cut);
            SimFs disk(image);
            open(disk, "d");
            expect_prefix(cut < third ? 0 : kMarkedPages);
            if (++images % 8 == 0) {
                ASSERT_TRUE(engine_->checkpoints().take_all().ok());
                close();
                open(disk, "d");
                expect_prefix(cut < third ? 0 : kMarkedPages);
            }
            engine_.reset();
        }
    }
    EXPECT_GT(images, last - first);
}

// Of the rows that are lost with what rotted nothing is known; of all others, what was deleted stays so.
TEST_F(SpreadDeletes, survive_a_repair) {
    open(*files_, data_);
    make();
    const std::string path = segment_path(data_, 'S', sealed()->ref().file);
    remove(3);
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    remove(7);
    engine_.reset();  // as if killed
    std::string bytes = bytes_of(path);
    const SegmentLayout layout = decode_layout(std::as_bytes(std::span(bytes)), path).take();
    const SectionEntry* const payloads = layout.section(SectionKind::kPayload);
    ASSERT_GT(payloads->bytes, kMiB);
    bytes[payloads->offset] = '!';
    ASSERT_EQ(chmod(path.c_str(), 0644), 0);
    std::ofstream(path, std::ios::binary) << bytes;
    const auto repaired = repair_directory(*files_, data_);
    ASSERT_TRUE(repaired.ok()) << repaired.status().error().message;
    EXPECT_FALSE(repaired->empty());
    for (int round = 0; round < 2; ++round) {
        open(*files_, data_);
        std::set<std::string> gone = missing();
        for (const uint32_t k : {3U, 7U}) {
            for (const std::string& id : ids_of(k)) EXPECT_EQ(gone.erase(id), 1U) << id;
        }
        EXPECT_FALSE(gone.empty());
        // In the first MiB of payloads, of which each has as many bytes.
        const uint64_t lost = kMiB * kMarkedRows / payloads->bytes + 1;
        for (const std::string& id : gone) EXPECT_LT(std::stoull(id), lost);
        close();
    }
}

}  // namespace
}  // namespace vz
