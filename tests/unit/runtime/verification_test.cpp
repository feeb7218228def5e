// Damage of sealed files while nobody looks: what can be computed again is, anything else sets its collection aside and
// no other.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "engine/collection/component_counts.hpp"
#include "engine/collection/read.hpp"
#include "engine/collection/search.hpp"
#include "engine/collection/text_search.hpp"
#include "engine/io/forwarding.hpp"
#include "engine/runtime/check.hpp"
#include "engine/segment/layout.hpp"
#include "tests/support/comes.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

constexpr uint32_t kVerifiedPoints = 6000;
constexpr uint32_t kVerifiedDim = 64;

const FieldIndexSchema kWords = {VZ_FIELD_INDEX_TEXT, "t", {}};

Schema schema_of() {
    Schema schema = one_field(kVerifiedDim, VZ_EUCLIDEAN);
    schema.fields[0].flags = VZ_FIELD_COUNT_NONZERO;
    schema.field_indexes = {{VZ_FIELD_INDEX_INTEGER, "n"}, kWords};
    return schema;
}

void fill(Engine& engine, const char* name, uint32_t first = 0) {
    PointBatch batch;
    for (uint32_t i = first; i < first + kVerifiedPoints; ++i) {
        batch.ids.push_back(i % 2 == 0 ? std::to_string(i) : "text " + std::to_string(i));
        batch.payloads.push_back(R"({"n":)" + std::to_string(i % 100) + R"(,"t":"word)" + std::to_string(i % 50) +
                                 "\"}");
        for (uint32_t d = 0; d < kVerifiedDim; ++d)
            batch.vectors.push_back(static_cast<float>((i * 2654435761U >> (d % 24)) % 97));
    }
    ASSERT_TRUE(write_points(engine, name, VZ_UPSERT, batch).ok());
}

// Everything that the sections are for: a search, a filter, words, ids in order, each id, counts.
std::vector<std::string> answers(Engine& engine, const char* name) {
    std::vector<std::string> all;
    const auto collection = engine.catalogue().resolve(name).take();
    const ReadView view = collection->pin();
    const std::shared_ptr<const Schema> schema = collection->schema();
    const auto add = [&](const RowRef& row) { all.push_back(id_text(row.part->id(row.row))); };
    float near[kVerifiedDim] = {};
    for (uint32_t d = 0; d < kVerifiedDim; ++d) near[d] = static_cast<float>(d);
    NearestQuery query;
    query.field = &schema->fields[0];
    query.values = near;
    query.k = 20;
    query.exact = true;
    for (const Hit& hit : search_nearest(view, query, {}, nullptr).take()) add(hit.row);
    const auto filter = RowFilter::read(R"({"must":[{"key":"n","match":{"value":7}}]})").take();
    for (const RowRef& row : scan_rows(view, filter.get(), std::nullopt, 0, kVerifiedPoints, {}).take().rows) add(row);
    for (const RowRef& row : scan_rows(view, nullptr, std::nullopt, 0, kVerifiedPoints, {}).take().rows) add(row);
    TextQuery words;
    words.index = &kWords;
    words.text = "word13";
    words.k = kVerifiedPoints;
    for (const Hit& hit : search_texts(view, words, {}, nullptr).take()) add(hit.row);
    for (uint32_t i = 0; i < kVerifiedPoints; i += 7) {
        const std::string id = i % 2 == 0 ? std::to_string(i) : "text " + std::to_string(i);
        all.push_back(find_row(view, *parse_id(id)).part == nullptr ? "missing " + id : id);
    }
    std::vector<uint64_t> counts(kVerifiedDim);
    EXPECT_TRUE(count_components(view, schema->fields[0], {}, counts).ok());
    for (const uint64_t count : counts) all.push_back(std::to_string(count));
    return all;
}

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class Verification : public EngineOnDisk {
 protected:
    void SetUp() override {
        open();
        for (const char* name : {"sick", "well"}) {
            ASSERT_TRUE(engine_->catalogue().create(name, schema_of(), {}).ok());
            fill(*engine_, name);
        }
        ASSERT_TRUE(engine_->checkpoints().take_all().ok());
        expected_ = answers(*engine_, "sick");
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
        follow();
    }

    void open() { open_engine(without_background()); }

    // The file as it is now: it may have been written anew.
    void follow() {
        open();
        path_ = data_ + "/" + segment_path("", 'S', part(*engine_, "sick")->ref().file).substr(1);
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
        whole_ = bytes_of(path_);
    }

    // The sealed one.
    static std::shared_ptr<Part> part(Engine& engine, const char* name) {
        const ReadView view = engine.catalogue().resolve(name).take()->pin();
        return *std::find_if(view.parts->begin(), view.parts->end(),
                             [](const auto& each) { return each->sealed() != nullptr; });
    }

    // One bit in the middle of the section.
    void damage(const SectionEntry& entry) {
        std::string bytes = whole_;
        bytes[entry.offset + entry.bytes / 2] = static_cast<char>(bytes[entry.offset + entry.bytes / 2] ^ 4);
        ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
        std::ofstream(path_, std::ios::binary) << bytes;
    }

    void damage_nothing() { std::ofstream(path_, std::ios::binary) << whole_; }

    // The file is whole again, and the collection, still set aside, is accepted as such.
    void accept_again(uint64_t collection) {
        damage_nothing();
        open();
        EXPECT_EQ(engine_->catalogue().resolve("sick").take()->health().code(), VZ_CORRUPTION);
        ASSERT_TRUE(engine_->log().commit(Quarantine{collection, ""}).ok());
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
    }

    // As damage(), while the database is open. The offset of the bit.
    uint64_t rot(SectionKind kind) {
        const SegmentLayout layout = decode_layout(std::as_bytes(std::span(whole_)), path_).take();
        const SectionEntry entry = *layout.section(kind);
        const uint64_t at = entry.offset + entry.bytes / 2;
        EXPECT_EQ(chmod(path_.c_str(), 0644), 0);
        std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(at));
        file.put(static_cast<char>(whole_[at] ^ 4));
        return at;
    }

    std::vector<CheckFinding> verify(const char* name, CheckDepth depth = {}) {
        return engine_->verification()
            .verify(
                engine_->catalogue().resolve(name).take(), [](uint64_t) { return Status(); }, depth)
            .take();
    }

    std::vector<std::string> expected_;
    std::string path_;
    std::string whole_;
};

TEST_F(Verification, of_a_whole_file_finds_nothing_and_says_when) {
    open();
    EXPECT_EQ(part(*engine_, "sick")->verified_ms(), 0);
    EXPECT_TRUE(verify("sick").empty());
    EXPECT_TRUE(verify("sick", {true}).empty());
    EXPECT_GT(part(*engine_, "sick")->verified_ms(), 0);
    EXPECT_EQ(answers(*engine_, "sick"), expected_);
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Verification, what_can_be_computed_again_is) {
    const SectionKind kinds[] = {SectionKind::kIdTable,        SectionKind::kIdOrder,    SectionKind::kGraph,
                                 SectionKind::kGraphMeta,      SectionKind::kFieldIndex, SectionKind::kTextIndex,
                                 SectionKind::kComponentCounts};
    for (const SectionKind kind : kinds) {
        // Written anew by the round before.
        const Result<SegmentLayout> decoded = decode_layout(std::as_bytes(std::span(whole_)), path_);
        ASSERT_TRUE(decoded.ok()) << path_ << ": " << decoded.status().error().message;
        const SegmentLayout& layout = *decoded;
        const auto place = std::find_if(layout.sections.begin(), layout.sections.end(),
                                        [&](const SectionEntry& each) { return each.kind == kind; });
        ASSERT_NE(place, layout.sections.end()) << section_name(kind);
        const SectionEntry entry = *place;
        EXPECT_NE(entry.flags & kDerivedFlag, 0U) << section_name(kind);
        damage(entry);
        open();
        const std::vector<CheckFinding> found = verify("sick");
        ASSERT_EQ(found.size(), 1U) << section_name(entry.kind);
        EXPECT_EQ(found[0].status, VZ_CORRUPTION);
        EXPECT_GE(found[0].offset, entry.offset);
        EXPECT_LT(found[0].offset, entry.offset + entry.bytes);
        EXPECT_TRUE(verify("well").empty());
        EXPECT_TRUE(engine_->catalogue().resolve("sick").take()->health().ok()) << section_name(entry.kind);
        EXPECT_EQ(answers(*engine_, "sick"), expected_) << section_name(entry.kind);
        EXPECT_TRUE(verify("sick").empty()) << section_name(entry.kind);
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
        open();
        EXPECT_EQ(answers(*engine_, "sick"), expected_) << section_name(entry.kind);
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
        follow();
    }
}

TEST_F(Verification, any_other_damage_sets_the_collection_aside_for_good) {
    const SegmentLayout layout = decode_layout(std::as_bytes(std::span(whole_)), path_).take();
    const SectionEntry* const payload = layout.section(SectionKind::kPayload);
    ASSERT_NE(payload, nullptr);
    damage(*payload);
    open();
    EXPECT_EQ(verify("sick").size(), 1U);
    EXPECT_EQ(engine_->catalogue().resolve("sick").take()->health().code(), VZ_CORRUPTION);
    EXPECT_EQ(answers(*engine_, "well"), expected_);
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    open();
    EXPECT_EQ(engine_->catalogue().resolve("sick").take()->health().code(), VZ_CORRUPTION);
    EXPECT_EQ(engine_->catalogue().resolve("sick").take()->points(), kVerifiedPoints);
    EXPECT_EQ(engine_->drop("sick", true, {}).status().code(), VZ_CONFLICT);
    EXPECT_TRUE(engine_->catalogue().resolve("well").take()->health().ok());
    EXPECT_EQ(answers(*engine_, "well"), expected_);
    // What may still be read by somebody is out of the way, not gone.
    ASSERT_TRUE(engine_->drop("sick", false, {}).ok());
    const std::string aside = data_ + "/quarantine" + path_.substr(path_.rfind('/'));
    EXPECT_FALSE(std::filesystem::exists(path_));
    EXPECT_TRUE(std::filesystem::exists(aside));
    ASSERT_TRUE(engine_->drop("well", false, {}).ok());
    EXPECT_TRUE(std::filesystem::is_empty(data_ + "/seg"));
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    open();
    EXPECT_TRUE(std::filesystem::exists(aside));
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Verification, of_a_small_file_comes_before_the_first_answer) {
    const std::vector<SectionEntry> sections = decode_layout(std::as_bytes(std::span(whole_)), path_).take().sections;
    for (const SectionEntry& each : sections) {
        // Looked at whenever a file is opened.
        if (each.kind == SectionKind::kMeta) continue;
        // Written anew, perhaps, by the round before.
        const SegmentLayout layout = decode_layout(std::as_bytes(std::span(whole_)), path_).take();
        const SectionEntry entry = *layout.section(each.kind, each.field);
        damage(entry);
        EngineSettings settings;
        settings.verify = EngineSettings::Verify::kInBackground;
        open_engine(settings);
        const auto collection = engine_->catalogue().resolve("sick").take();
        const uint64_t id = collection->id();
        const bool is_derived = (entry.flags & kDerivedFlag) != 0;
        EXPECT_EQ(collection->health().code(), is_derived ? VZ_OK : VZ_CORRUPTION) << section_name(entry.kind);
        if (is_derived) {
            EXPECT_EQ(answers(*engine_, "sick"), expected_) << section_name(entry.kind);
        }
        EXPECT_EQ(answers(*engine_, "well"), expected_) << section_name(entry.kind);
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
        if (!is_derived) accept_again(id);
        follow();
    }
}

// Nothing is written for it: what cannot be computed again in memory sets the collection aside until the next opening.
TEST_F(Verification, of_a_small_file_changes_nothing_where_nothing_may_be_written) {
    EngineSettings settings;
    settings.verify = EngineSettings::Verify::kInBackground;
    settings.read_only = true;
    for (const SectionEntry& entry : decode_layout(std::as_bytes(std::span(whole_)), path_).take().sections) {
        if (entry.kind == SectionKind::kMeta) continue;
        SCOPED_TRACE(section_name(entry.kind));
        damage(entry);
        const std::string damaged = bytes_of(path_);
        const auto names = files_->list(directory_.path() + "/data/seg").take();
        engine_ = Engine::open(*files_, directory_.path() + "/data", settings).take();
        const auto collection = engine_->catalogue().resolve("sick").take();
        const bool is_dispensable = (entry.flags & kDerivedFlag) != 0 && !Part::decides_existence(entry.kind);
        EXPECT_EQ(collection->health().code(), is_dispensable ? VZ_OK : VZ_CORRUPTION);
        if (is_dispensable) {
            EXPECT_EQ(answers(*engine_, "sick"), expected_);
        }
        EXPECT_EQ(answers(*engine_, "well"), expected_);
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
        EXPECT_EQ(bytes_of(path_), damaged);
        EXPECT_EQ(files_->list(directory_.path() + "/data/seg").take(), names);
        damage_nothing();
    }
    open();
    EXPECT_EQ(answers(*engine_, "sick"), expected_);
    ASSERT_TRUE(engine_->close().ok());
}

// Found while the disk had no room for a log, it is noted in the one that begins later.
TEST_F(Verification, of_a_small_file_is_noted_once_there_is_a_log) {
    class Full final : public ForwardingFileSystem {
     public:
        using ForwardingFileSystem::ForwardingFileSystem;
        Result<std::unique_ptr<File>> create(const std::string& path) override {
            if (is_full) return failure(VZ_DISK_FULL, "no room for %s", path.c_str());
            return ForwardingFileSystem::create(path);
        }
        std::atomic<bool> is_full = true;
    };
    damage(*decode_layout(std::as_bytes(std::span(whole_)), path_).take().section(SectionKind::kPayload));
    Full disk(*files_);
    EngineSettings settings;
    settings.verify = EngineSettings::Verify::kInBackground;
    engine_ = Engine::open(disk, data_, settings).take();
    ASSERT_TRUE(engine_->log().waits_for_room());
    EXPECT_EQ(engine_->catalogue().resolve("sick").take()->health().code(), VZ_CORRUPTION);
    disk.is_full = false;
    const auto is_noted = [&] {
        bool noted = false;
        engine_->log().read_state([&](const ManifestState& state) {
            for (const auto& [id, collection] : state.collections) noted = noted || !collection.damage.empty();
        });
        return noted;
    };
    EXPECT_TRUE(comes(is_noted));
    engine_.reset();  // as if killed
    damage_nothing();
    open();
    EXPECT_EQ(engine_->catalogue().resolve("sick").take()->health().code(), VZ_CORRUPTION);
    EXPECT_TRUE(engine_->catalogue().resolve("well").take()->health().ok());
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Verification, what_the_disk_cannot_read_once_is_read_again) {
    class Flaky final : public ForwardingFileSystem {
     public:
        using ForwardingFileSystem::ForwardingFileSystem;
        Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
            if (mode != OpenMode::kReadDevice || failures == 0) return ForwardingFileSystem::open(path, mode);
            --failures;
            return failure(VZ_IO_ERROR, "cannot read %s", path.c_str());
        }
        int failures = 0;
    };
    Flaky disk(*files_);
    engine_ = Engine::open(disk, data_, without_background()).take();
    disk.failures = 1;
    EXPECT_TRUE(verify("sick").empty());
    EXPECT_EQ(disk.failures, 0);
    EXPECT_TRUE(engine_->catalogue().resolve("sick").take()->health().ok());
    disk.failures = 2;
    EXPECT_EQ(verify("sick").size(), 1U);
    EXPECT_EQ(engine_->catalogue().resolve("sick").take()->health().code(), VZ_CORRUPTION);
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
}

TEST_F(Verification, of_a_file_that_could_not_be_opened_finds_it) {
    std::string bytes = whole_;
    bytes[8] = static_cast<char>(bytes[8] ^ 4);
    ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
    std::ofstream(path_, std::ios::binary) << bytes;
    open();
    EXPECT_EQ(engine_->catalogue().resolve("sick").take()->health().code(), VZ_CORRUPTION);
    const std::vector<CheckFinding> found = verify("sick");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].status, VZ_CORRUPTION);
    EXPECT_EQ(found[0].collection, "sick");
    EXPECT_FALSE(found[0].message.empty());
    EXPECT_TRUE(verify("well").empty());
    ASSERT_TRUE(engine_->close().ok());
}

// The drop is durable, the file is not moved yet: the next opening does it.
TEST_F(Verification, a_crash_behind_the_drop_loses_no_damaged_file) {
    const SegmentLayout layout = decode_layout(std::as_bytes(std::span(whole_)), path_).take();
    damage(*layout.section(SectionKind::kPayload));
    open();
    EXPECT_EQ(verify("sick").size(), 1U);
    ASSERT_TRUE(engine_->catalogue().drop("sick", false, {}).ok());
    engine_.reset();
    EXPECT_TRUE(std::filesystem::exists(path_));
    open();
    EXPECT_FALSE(std::filesystem::exists(path_));
    EXPECT_TRUE(std::filesystem::exists(data_ + "/quarantine" + path_.substr(path_.rfind('/'))));
    ASSERT_TRUE(engine_->close().ok());
}

// What is read may be replaced meanwhile: then its file is gone, and nothing is wrong with the collection.
TEST_F(Verification, of_a_file_that_compaction_takes_away_finds_nothing) {
    open();
    const auto collection = engine_->catalogue().resolve("sick").take();
    fill(*engine_, "sick", kVerifiedPoints);
    ASSERT_TRUE(engine_->checkpoints().take(*collection).ok());
    bool is_compacted = false;
    const auto found = engine_->verification().verify(collection, [&](uint64_t) {
        if (!std::exchange(is_compacted, true)) {
            EXPECT_TRUE(*engine_->compaction().compact(*collection, true));
        }
        return Status();
    });
    ASSERT_TRUE(found.ok()) << found.status().error().message;
    EXPECT_TRUE(found->empty()) << found->front().message;
    EXPECT_TRUE(collection->health().ok());
    ASSERT_TRUE(engine_->close().ok());
}

// What is written anew gets checksums of its own.
TEST_F(Verification, of_rows_comes_before_they_are_merged) {
    for (const SectionKind kind : {SectionKind::kVectors, SectionKind::kIdSlots}) {
        open();
        const auto collection = engine_->catalogue().resolve("sick").take();
        fill(*engine_, "sick", kVerifiedPoints);
        ASSERT_TRUE(engine_->checkpoints().take(*collection).ok());
        const uint64_t at = rot(kind);
        EXPECT_EQ(engine_->compaction().compact(*collection, true).status().code(), VZ_CORRUPTION)
            << section_name(kind);
        EXPECT_EQ(collection->health().code(), VZ_CORRUPTION);
        EXPECT_NE(collection->damage().find(path_), std::string::npos);
        EXPECT_TRUE(std::filesystem::exists(path_));
        EXPECT_TRUE(engine_->catalogue().resolve("well").take()->health().ok());
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
        const auto found = check_directory(*files_, data_).take();
        EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const CheckFinding& each) {
            return each.file == path_ && each.offset <= at && at < each.offset + kChunkBytes;
        }));
        accept_again(collection->id());
    }
}

TEST_F(Verification, of_graphs_comes_before_they_are_taken_over) {
    open();
    const auto collection = engine_->catalogue().resolve("sick").take();
    std::vector<std::string> ids;
    for (uint32_t i = 0; i < kVerifiedPoints; i += 50) ids.push_back(std::to_string(i));
    ASSERT_TRUE(write_points(*engine_, "sick", VZ_DELETE, {ids}).ok());
    const std::vector<std::string> before = answers(*engine_, "sick");
    const std::shared_ptr<Part> old = part(*engine_, "sick");
    const uint32_t field = collection->schema()->fields[0].id;
    ASSERT_NE(old->graph(field).view, nullptr);
    rot(SectionKind::kGraph);
    ASSERT_TRUE(*engine_->compaction().compact(*collection, true));
    EXPECT_EQ(old->graph(field).view, nullptr);
    EXPECT_EQ(part(*engine_, "sick")->graph(field).linked, kVerifiedPoints - ids.size());
    EXPECT_TRUE(collection->health().ok());
    EXPECT_EQ(answers(*engine_, "sick"), before);
    EXPECT_TRUE(verify("sick").empty());
    ASSERT_TRUE(engine_->close().ok());
}

// The rest of it cannot be read: zeros stand there, in which no id is found.
TEST_F(Verification, is_not_waited_for_by_a_write_that_meets_what_cannot_be_read) {
    for (const uint32_t kind : {VZ_UPSERT, VZ_UPDATE, VZ_DELETE}) {
        EngineSettings settings = without_background();
        int told = 0;
        settings.log = [&](uint32_t, const char* event, const std::string&) {
            told += std::string_view(event) == "collection.quarantined" ? 1 : 0;
        };
        open_engine(settings);
        const auto collection = engine_->catalogue().resolve("sick").take();
        ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
        std::filesystem::resize_file(path_, 4096);
        const PointBatch batch = {{"2"}, std::vector<float>(kVerifiedDim, 1), {"{}"}};
        for (int i = 0; i < 2; ++i)
            EXPECT_EQ(write_points(*engine_, "sick", kind, batch).code(), VZ_CORRUPTION) << kind;
        EXPECT_NE(collection->damage().find(path_), std::string::npos);
        EXPECT_EQ(told, 1);
        EXPECT_EQ(collection->points(), kVerifiedPoints);
        EXPECT_EQ(write_points(*engine_, "well", kind, batch).code(), VZ_OK) << kind;
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
        accept_again(collection->id());
        open();
        EXPECT_EQ(answers(*engine_, "sick"), expected_);
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
    }
}

TEST_F(Verification, is_not_waited_for_by_a_read_that_meets_what_cannot_be_read) {
    open();
    const auto collection = engine_->catalogue().resolve("sick").take();
    ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
    std::filesystem::resize_file(path_, 4096);
    const ReadView view = collection->pin();
    EXPECT_EQ(find_row(view, *parse_id("2")).part, nullptr);
    EXPECT_EQ(check_readable(*view.parts).code(), VZ_CORRUPTION);
    EXPECT_TRUE(collection->health().ok());
    EXPECT_EQ(collection->check_readable(*view.parts).code(), VZ_CORRUPTION);
    EXPECT_EQ(collection->health().code(), VZ_CORRUPTION);
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Verification, of_a_collection_that_is_dropped_meanwhile_keeps_no_directory_from_opening) {
    open();
    rot(SectionKind::kPayload);
    bool is_dropped = false;
    const auto found = engine_->verification().verify(engine_->catalogue().resolve("sick").take(), [&](uint64_t) {
        if (!std::exchange(is_dropped, true)) {
            EXPECT_TRUE(engine_->drop("sick", false, {}).ok());
        }
        return Status();
    });
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->size(), 1U);
    EXPECT_TRUE(engine_->log().health().ok());
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    open();
    EXPECT_EQ(answers(*engine_, "well"), expected_);
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Verification, ends_when_it_is_told_to) {
    open();
    const auto stopped = engine_->verification().verify(engine_->catalogue().resolve("sick").take(),
                                                        [](uint64_t) { return failure(VZ_CANCELLED, "enough"); });
    ASSERT_FALSE(stopped.ok());
    EXPECT_EQ(stopped.status().code(), VZ_CANCELLED);
    ASSERT_TRUE(engine_->close().ok());
}

}  // namespace
}  // namespace vz
