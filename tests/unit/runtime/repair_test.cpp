// A damaged directory serves again: with all that can be read, without a wrong answer, with a copy of what was damaged.
#include "engine/runtime/repair.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/collection/read.hpp"
#include "engine/io/file_header.hpp"
#include "engine/io/forwarding.hpp"
#include "engine/runtime/recovery.hpp"
#include "engine/segment/layout.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

constexpr uint32_t kSealed = 3000;  // rows of the sealed segment: several chunks of vectors and payloads
constexpr uint32_t kRepairDim = 64;
using Payloads = std::map<std::string, std::string>;  // payload by id

class Repair : public EngineOnDisk {
 protected:
    void SetUp() override {
        open();
        for (const char* name : {"sick", "well"}) {
            Schema schema = one_field(kRepairDim, VZ_EUCLIDEAN);
            schema.field_indexes = {{VZ_FIELD_INDEX_INTEGER, "n", {}}};
            ASSERT_TRUE(engine_->catalogue().create(name, schema, {}).ok());
            for (uint32_t i = 0; i < kSealed; i += 500) write(name, VZ_UPSERT, i, 500, "sealed");
            ASSERT_TRUE(engine_->checkpoints().take_all().ok());
            write(name, VZ_DELETE, 100, 10, "");
            ASSERT_TRUE(engine_->checkpoints().take_all().ok());
            write(name, VZ_UPSERT, 200, 10, "again");
            write(name, VZ_DELETE, 300, 10, "");
            write(name, VZ_UPSERT, kSealed, 10, "new");
        }
        ASSERT_TRUE(
            engine_->catalogue().apply_aliases(std::vector{vz_alias_change{{"other", 5}, {"sick", 4}}}, {}).ok());
        whole_ = points("sick");
        ASSERT_EQ(whole_.size(), kSealed - 20 + 10);
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
    }

    void open() {
        EngineSettings settings = without_background();
        settings.wal_file_first_bytes = 8 << 20;
        settings.wal_file_bytes = 8 << 20;
        open_engine(settings);
    }

    static std::string payload_of(uint32_t i, const std::string& what) {
        return R"({"n":)" + std::to_string(i) + R"(,"what":")" + what + R"(","pad":")" + std::string(800, 'p') + "\"}";
    }

    void write(const char* name, uint32_t kind, uint32_t from, uint32_t count, const std::string& what) {
        PointBatch batch;
        for (uint32_t i = from; i < from + count; ++i) {
            batch.ids.push_back(std::to_string(i));
            batch.payloads.push_back(payload_of(i, what));
        }
        batch.vectors.assign(size_t{count} * kRepairDim, static_cast<float>(from));
        const Status written = write_points(*engine_, name, kind, batch);
        ASSERT_TRUE(written.ok()) << written.error().message;
    }

    Payloads points(const char* name) {
        Payloads all;
        const ReadView view = engine_->catalogue().resolve(name).take()->pin();
        const auto page = scan_rows(view, nullptr, std::nullopt, 0, 2 * kSealed, {}).take();
        for (const RowRef& row : page.rows)
            all[id_text(row.part->id(row.row))] = std::string(row.part->payload(row.row));
        return all;
    }

    // Of all files with that beginning, the one of the greatest or least number.
    std::string file(const std::string& folder, const std::string& prefix, bool last = true) const {
        std::string found;
        for (const std::string& name : files_->list(data_ + folder).take()) {
            if (name.starts_with(prefix) && (found.empty() || (name > found) == last)) found = name;
        }
        return data_ + folder + "/" + found;
    }

    static std::string read(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

    static void overwrite(const std::string& path, const std::string& bytes) {
        ASSERT_EQ(chmod(path.c_str(), 0644), 0);
        std::ofstream(path, std::ios::binary) << bytes;
    }

    static void flip(const std::string& path, uint64_t offset) {
        std::string bytes = read(path);
        ASSERT_LT(offset, bytes.size());
        bytes[offset] = static_cast<char>(bytes[offset] ^ 4);
        overwrite(path, bytes);
    }

    // Where a section of a segment lies.
    static SectionEntry section(const std::string& path, SectionKind kind) {
        const std::string bytes = read(path);
        const SegmentLayout layout = decode_layout(std::as_bytes(std::span(bytes)), path).take();
        for (const SectionEntry& entry : layout.sections) {
            if (entry.kind == kind) return entry;
        }
        ADD_FAILURE() << "no section " << section_name(kind);
        return {};
    }

    // Repairs, and opens what is left.
    std::vector<CheckFinding> repair() {
        auto lost = repair_directory(*files_, data_);
        EXPECT_TRUE(lost.ok()) << lost.status().error().message;
        if (!lost.ok()) return {};
        for (const CheckFinding& finding : check_directory(*files_, data_).take()) {
            EXPECT_EQ(finding.status, VZ_OK) << finding.file << ": " << finding.message;
        }
        open();
        return lost.take();
    }

    // No point that was deleted, none with a content that it never had.
    static void expect_part_of(const Payloads& points, const Payloads& whole) {
        for (const auto& [id, payload] : points) {
            const auto found = whole.find(id);
            ASSERT_NE(found, whole.end()) << id << " is back";
            EXPECT_EQ(found->second, payload) << id;
        }
    }

    static uint64_t losses(const std::vector<CheckFinding>& findings) {
        return static_cast<uint64_t>(std::count_if(findings.begin(), findings.end(),
                                                   [](const CheckFinding& each) { return each.status != VZ_OK; }));
    }

    Payloads whole_;
};

TEST_F(Repair, leaves_a_whole_directory_alone) {
    const std::string manifest = file("", "MANIFEST-");
    EXPECT_TRUE(repair_directory(*files_, data_).take().empty());
    EXPECT_EQ(file("", "MANIFEST-"), manifest);
    EXPECT_TRUE(files_->list(data_ + "/quarantine").take().empty());
}

TEST_F(Repair, loses_the_rows_of_a_damaged_chunk_and_no_other) {
    const std::string path = file("/seg", "S-", false);
    const SectionEntry payloads = section(path, SectionKind::kPayload);
    ASSERT_GT(payloads.bytes, 2 * kChunkBytes);
    flip(path, payloads.offset + kChunkBytes + 5);
    const std::string damaged = read(path);
    const auto lost = repair();
    ASSERT_EQ(lost.size(), 1U);
    EXPECT_EQ(lost[0].collection, "sick");
    const Payloads left = points("sick");
    expect_part_of(left, whole_);
    // A chunk holds about 1,200 of these payloads.
    EXPECT_GT(left.size(), whole_.size() - 1300);
    EXPECT_LT(left.size(), whole_.size());
    EXPECT_TRUE(left.contains(std::to_string(kSealed)));  // of the WAL
    EXPECT_TRUE(points("other") == left);
    EXPECT_TRUE(points("well") == whole_);
    EXPECT_TRUE(read(data_ + "/quarantine/" + path.substr(path.rfind('/') + 1)) == damaged);
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Repair, computes_again_what_can_be) {
    for (const SectionKind kind : {SectionKind::kIdTable, SectionKind::kIdOrder, SectionKind::kFieldIndex}) {
        const std::string path = file("/seg", "S-");
        const SectionEntry entry = section(path, kind);
        flip(path, entry.offset + entry.bytes / 2);
        EXPECT_EQ(losses(repair()), 0U) << section_name(kind);
        EXPECT_TRUE(points("sick") == whole_);
        EXPECT_TRUE(points("well") == whole_);
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
    }
}

// Nothing in the file itself tells of it: it was cut between two frames, or became zeros. Edits and the orderly close
// have later numbers.
TEST_F(Repair, tells_of_an_end_that_left_no_trace) {
    const std::string path = file("/wal", "W-");
    const std::string before = read(path);
    const auto copy = [&](const std::string& bytes) { return bytes + std::string(before.size() - bytes.size(), '\0'); };
    const std::string header = before.substr(0, kFileHeaderBytes);
    for (const std::string& left : {std::string(), header, copy(header)}) {
        const std::string whole = directory_.path() + "/whole";
        std::filesystem::copy(data_, whole, std::filesystem::copy_options::recursive);
        overwrite(path, left);
        const std::vector<CheckFinding> told = repair();
        EXPECT_GE(losses(told), 3U) << left.size();
        for (const CheckFinding& finding : told) EXPECT_EQ(finding.file, path);
        EXPECT_EQ(points("sick").size(), kSealed - 10) << left.size();
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
        std::filesystem::remove_all(data_);
        std::filesystem::rename(whole, data_);
    }
}

// Of CURRENT, IDENTITY and the manifest, two agree.
TEST_F(Repair, follows_no_stranger_among_its_own_files) {
    const std::string stranger = directory_.path() + "/stranger";
    {
        const auto other = Engine::open(*files_, stranger, without_background()).take();
        ASSERT_TRUE(other->close().ok());
    }
    for (const std::string name : {"CURRENT", "IDENTITY"}) {
        overwrite(data_ + "/" + name, read(stranger + "/" + name));
        const std::vector<CheckFinding> found = check_directory(*files_, data_).take();
        EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const CheckFinding& each) {
            return each.status == VZ_CORRUPTION && each.file == data_ + "/" + name;
        })) << name;
        EXPECT_EQ(losses(repair()), 1U) << name;  // the file itself
        EXPECT_TRUE(points("sick") == whole_) << name;
        EXPECT_TRUE(points("well") == whole_) << name;
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
    }
    // Whole, and under a name that it may have.
    std::filesystem::remove(file("", "MANIFEST-"));
    const std::string name = "/MANIFEST-0000000000000002";
    ASSERT_TRUE(std::filesystem::copy_file(stranger + name, data_ + name));
    EXPECT_EQ(repair_directory(*files_, data_).status().code(), VZ_CORRUPTION);
    EXPECT_FALSE(files_->list(data_ + "/seg").take().empty());
}

// It is whole up to a page that became zeros; what the WAL tells behind that shows it.
TEST_F(Repair, blames_the_manifest_where_its_end_is_gone) {
    open();
    for (int i = 0; i < 60; ++i) {
        const std::string alias = "alias-" + std::string(100, 'a') + std::to_string(i);
        ASSERT_TRUE(engine_->catalogue()
                        .apply_aliases(std::vector{vz_alias_change{{alias.data(), alias.size()}, {"well", 4}}}, {})
                        .ok());
    }
    write("well", VZ_UPSERT, 5000, 1, "late");
    engine_.reset();
    const std::string path = file("", "MANIFEST-");
    std::string bytes = read(path);
    const size_t last = bytes.find_last_not_of('\0') / 4096 * 4096;
    ASSERT_GT(last, kFileHeaderBytes);
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(last), bytes.end(), '\0');
    overwrite(path, bytes);
    const auto opened = Engine::open(*files_, data_, without_background());
    ASSERT_EQ(opened.status().code(), VZ_CORRUPTION);
    EXPECT_NE(std::string(opened.status().error().message).find("MANIFEST-"), std::string::npos)
        << opened.status().error().message;
}

TEST_F(Repair, keeps_the_wal_of_a_collection_that_lost_its_segment) {
    const std::string path = file("/seg", "S-", false);
    flip(path, read(path).size() - 100);  // the footer
    EXPECT_GE(losses(repair()), 1U);
    const Payloads left = points("sick");
    expect_part_of(left, whole_);
    EXPECT_EQ(left.size(), 20U);
    EXPECT_TRUE(points("well") == whole_);
    ASSERT_TRUE(engine_->close().ok());
}

// Its records stay until it is repaired or dropped; what the others write behind them comes and goes.
TEST_F(Repair, finds_the_wal_of_one_that_was_set_aside_long_ago) {
    const std::string path = file("/seg", "S-", false);
    flip(path, read(path).size() - 100);  // the footer
    open();
    ASSERT_FALSE(engine_->catalogue().resolve("sick").take()->health().ok());
    const auto logs = [&] { return files_->list(data_ + "/wal").take(); };
    for (int round = 0; round < 4; ++round) {
        for (uint32_t i = 0; i < 20; ++i) write("well", VZ_UPSERT, 500 * (i % 4), 500, "round");
        ASSERT_TRUE(engine_->checkpoints().take_all().ok());
        if (round == 1) {
            engine_.reset();
            open();
        }
    }
    EXPECT_LE(logs().size(), 4U);
    const Payloads well = points("well");
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    open();
    EXPECT_TRUE(points("well") == well);
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    EXPECT_GE(losses(repair()), 1U);
    EXPECT_EQ(points("sick").size(), 20U);
    expect_part_of(points("sick"), whole_);
    EXPECT_TRUE(points("well") == well);
    EXPECT_LE(logs().size(), 2U);
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Repair, lets_no_deleted_point_return) {
    const std::string path = file("/seg", "D-", false);
    flip(path, read(path).size() - 70);
    EXPECT_GE(losses(repair()), 1U);
    const Payloads left = points("sick");
    expect_part_of(left, whole_);
    EXPECT_EQ(left.size(), 20U);
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Repair, goes_on_behind_a_damaged_record) {
    // The first frame behind the header of the newest WAL that has any.
    const std::string path = file("/wal", "W-");
    flip(path, kFileHeaderBytes + 60);
    EXPECT_GE(losses(repair()), 1U);
    // What it held is in the segment, what came behind it is not.
    EXPECT_TRUE(points("sick") == whole_);
    EXPECT_TRUE(points("well") == whole_);
    ASSERT_TRUE(engine_->close().ok());
}

// The manifest knows up to where the log was durable, and is not what is damaged.
TEST_F(Repair, is_told_the_file_that_lost_records) {
    open();
    write("sick", VZ_UPSERT, 5000, 1, "late");
    write("sick", VZ_UPSERT, 5001, 1, "late");
    ASSERT_TRUE(engine_->catalogue().apply_aliases(std::vector{vz_alias_change{{"more", 4}, {"well", 4}}}, {}).ok());
    engine_.reset();
    const std::string path = file("/wal", "W-");
    flip(path, kFileHeaderBytes + 60);
    const Status refused = Engine::open(*files_, data_, EngineSettings{}).status().clone();
    EXPECT_EQ(refused.code(), VZ_CORRUPTION);
    EXPECT_NE(std::string_view(refused.error().message).find(path), std::string_view::npos) << refused.error().message;
}

// Nobody can look into it: its neighbours and the manifest say what it held, and whom that may concern.
TEST_F(Repair, tells_what_a_missing_log_held) {
    open();
    for (uint32_t i = 0; i < 56; ++i) write("sick", VZ_UPSERT, 5000 + 500 * i, 500, "late");
    write("well", VZ_UPSERT, 5000, 1, "late");
    ASSERT_TRUE(engine_->checkpoints().take(*engine_->catalogue().resolve("well").take()).ok());
    const Payloads well = points("well");
    engine_.reset();
    const Findings whole = examine(*files_, data_).take();
    ASSERT_GE(whole.wals.size(), 4U);
    const std::string range = "LSN " + std::to_string(whole.wals[2].scan.frames.front().head.lsn) + " to " +
                              std::to_string(whole.state.wals[2].last_lsn);
    const std::string missing = wal_path(data_, whole.state.wals[2].number);
    ASSERT_TRUE(files_->unlink(missing).ok());
    for (const bool repairs : {false, true}) {
        std::map<std::string, std::string> told;  // by collection
        for (const CheckFinding& each : repairs ? repair() : check_directory(*files_, data_).take()) {
            if (each.file == missing) told[each.collection] = each.message;
        }
        ASSERT_EQ(told.size(), 2U) << repairs;
        EXPECT_NE(told[""].find(range), std::string::npos) << told[""];
        EXPECT_NE(told["sick"].find(range), std::string::npos) << told["sick"];
    }
    EXPECT_TRUE(points("well") == well);
    ASSERT_TRUE(engine_->close().ok());
}

// What came last is known from the orderly close alone.
TEST_F(Repair, tells_what_the_missing_last_log_held) {
    open();
    for (uint32_t i = 0; i < 3; ++i) write("sick", VZ_UPSERT, 5000 + i, 1, "late");
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    const Findings whole = examine(*files_, data_).take();
    const std::string range = "LSN " + std::to_string(whole.last_lsn - 2) + " to " + std::to_string(whole.last_lsn);
    ASSERT_TRUE(files_->unlink(file("/wal", "W-")).ok());
    const auto lost = repair();
    EXPECT_EQ(std::count_if(lost.begin(), lost.end(),
                            [&](const CheckFinding& each) {
                                return each.collection == "sick" && each.message.find(range) != std::string::npos;
                            }),
              1);
    EXPECT_TRUE(points("sick") == whole_);
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Repair, leaves_files_of_a_newer_release_alone) {
    for (const std::string& path : {file("/seg", "S-"), file("/wal", "W-"), file("", "MANIFEST-")}) {
        const std::string before = read(path);
        std::string newer = before;
        newer[8] = 2;  // format_major
        const uint32_t crc = mask_crc(crc32c(std::as_bytes(std::span(newer)).first(kFileHeaderBytes - 4)));
        std::memcpy(newer.data() + kFileHeaderBytes - 4, &crc, sizeof crc);
        overwrite(path, newer);
        const auto found = check_directory(*files_, data_).take();
        EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const CheckFinding& each) {
            return each.status == VZ_UNSUPPORTED;
        })) << path;
        EXPECT_EQ(repair_directory(*files_, data_).status().code(), VZ_UNSUPPORTED) << path;
        EXPECT_TRUE(read(path) == newer) << path;
        EXPECT_TRUE(files_->list(data_ + "/quarantine").take().empty());
        overwrite(path, before);
    }
    open();
    EXPECT_TRUE(points("sick") == whole_);
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Repair, says_that_the_manifest_was_lost) {
    const std::string current = file("", "MANIFEST-");
    flip(current, 20);
    const auto found = check_directory(*files_, data_).take();
    EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const CheckFinding& each) {
        return each.status == VZ_CORRUPTION && each.file == current;
    }));
    EXPECT_EQ(repair_directory(*files_, data_).status().code(), VZ_CORRUPTION);
}

TEST_F(Repair, finds_the_manifest_without_current_and_identity) {
    ASSERT_TRUE(files_->unlink(data_ + "/CURRENT").ok());
    ASSERT_TRUE(files_->unlink(data_ + "/IDENTITY").ok());
    EXPECT_GE(losses(repair()), 2U);
    EXPECT_TRUE(points("sick") == whole_);
    EXPECT_TRUE(points("well") == whole_);
    EXPECT_TRUE(points("other") == whole_);
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Repair, keeps_a_snapshot_that_is_whole_and_drops_one_that_is_not) {
    open();
    ASSERT_TRUE(engine_->snapshots().create("both", {}).ok());
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    const std::string path = file("/seg", "S-", false);
    const SectionEntry vectors = section(path, SectionKind::kVectors);
    flip(path, vectors.offset + 5);
    EXPECT_GE(losses(repair()), 2U);
    ASSERT_EQ(engine_->snapshots().list().size(), 1U);
    ASSERT_EQ(engine_->snapshots().list()[0].collections.size(), 1U);
    EXPECT_EQ(engine_->snapshots().list()[0].collections[0].name, "well");
    expect_part_of(points("sick"), whole_);
    ASSERT_TRUE(engine_->close().ok());
}

// A killed process leaves the file that was made ahead beside the open one.
TEST_F(Repair, keeps_the_records_of_the_open_wal_beside_a_spare) {
    open();
    for (int i = 0; i < 3; ++i) write("sick", VZ_UPSERT, 5000 + static_cast<uint32_t>(i), 1, "late");
    const Payloads late = points("sick");
    engine_.reset();
    const std::string last = file("/wal", "W-");
    const std::string spare = last.substr(0, last.size() - 1) + "f";
    std::ofstream(spare, std::ios::binary) << std::string(8 << 20, '\0');
    const std::string path = file("/seg", "S-", false);
    const SectionEntry entry = section(path, SectionKind::kIdTable);
    flip(path, entry.offset + entry.bytes / 2);
    EXPECT_EQ(losses(repair()), 0U);
    EXPECT_TRUE(points("sick") == late);
    engine_.reset();
    open();
    EXPECT_TRUE(points("sick") == late);
    ASSERT_TRUE(engine_->close().ok());
}

// The file of a lost edit is not deleted.
TEST_F(Repair, moves_what_nothing_names_to_quarantine) {
    const std::string path = file("/seg", "S-");
    const std::string orphan = data_ + "/seg/S-0000000000000001";
    std::ofstream(orphan, std::ios::binary) << read(path);
    flip(data_ + "/CURRENT", 20);
    EXPECT_GE(losses(repair()), 1U);
    EXPECT_TRUE(files_->exists(data_ + "/quarantine/S-0000000000000001").take());
    EXPECT_TRUE(points("well") == whole_);
    ASSERT_TRUE(engine_->close().ok());
}

// A disk on which one sector of a file cannot be read any more.
class BadSector final : public ForwardingFileSystem {
 public:
    BadSector(FileSystem& files, std::string path, uint64_t offset)
        : ForwardingFileSystem(files), path_(std::move(path)), begin_(offset / 512 * 512) {}

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        auto file = ForwardingFileSystem::open(path, mode);
        if (!file.ok() || path != path_) return file;
        return std::unique_ptr<File>(std::make_unique<Bad>(file.take(), begin_));
    }
    // A page with the sector in it is not to be looked at: the process would end.
    Result<std::unique_ptr<Mapping>> map(const std::string& path) override {
        was_mapped_ = was_mapped_ || path == path_;
        return ForwardingFileSystem::map(path);
    }

    bool was_mapped() const { return was_mapped_; }

 private:
    class Bad final : public ForwardingFile {
     public:
        Bad(std::unique_ptr<File> file, uint64_t begin) : ForwardingFile(std::move(file)), begin_(begin) {}
        Status read(uint64_t offset, std::span<std::byte> bytes) const override {
            if (offset < begin_ + 512 && begin_ < offset + bytes.size())
                return failure(VZ_IO_ERROR, "the sector at %llu", static_cast<unsigned long long>(begin_));
            return ForwardingFile::read(offset, bytes);
        }

     private:
        const uint64_t begin_;
    };

    const std::string path_;
    const uint64_t begin_;
    bool was_mapped_ = false;
};

TEST_F(Repair, reads_around_a_sector_that_the_disk_lost) {
    const std::string segment = file("/seg", "S-", false);
    const SectionEntry payloads = section(segment, SectionKind::kPayload);
    const struct {
        std::string path;
        uint64_t offset;
        size_t lost_at_most;
    } cases[] = {
        {segment, payloads.offset + kChunkBytes + 5, 1300},
        {segment, section(segment, SectionKind::kIdTable).offset + 2 * 4096, 0},
        {file("/wal", "W-", false), kFileHeaderBytes + 100, kSealed},
        {file("", "MANIFEST-"), 3 * 4096, 0},
    };
    const std::string kept = data_ + "-kept";
    std::filesystem::rename(data_, kept);
    for (const auto& [path, offset, lost_at_most] : cases) {
        SCOPED_TRACE(path + " " + std::to_string(offset));
        std::filesystem::remove_all(data_);
        std::filesystem::copy(kept, data_, std::filesystem::copy_options::recursive);
        BadSector disk(*files_, path, offset);
        const auto found = check_directory(disk, data_).take();
        const auto tells = [path = path, offset = offset](const CheckFinding& each) {
            return each.status == VZ_IO_ERROR && each.file == path && each.offset <= offset &&
                   offset < each.offset + 4096;
        };
        EXPECT_EQ(std::count_if(found.begin(), found.end(), tells), 1);
        const auto lost = repair_directory(disk, data_);
        ASSERT_TRUE(lost.ok()) << lost.status().error().message;
        EXPECT_EQ(std::count_if(lost->begin(), lost->end(), tells), 1);
        EXPECT_FALSE(disk.was_mapped());
        open();
        for (const char* name : {"sick", "well"}) {
            const Payloads left = points(name);
            EXPECT_LE(left.size(), whole_.size());
            EXPECT_GE(left.size() + lost_at_most, whole_.size()) << name;
        }
        expect_part_of(points("sick"), whole_);
        ASSERT_TRUE(engine_->close().ok());
        engine_.reset();
    }
}

TEST_F(Repair, says_when_nothing_can_be_done) {
    flip(file("", "MANIFEST-"), kFileHeaderBytes + 100);  // the snapshot
    const auto refused = repair_directory(*files_, data_);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.status().code(), VZ_CORRUPTION);
}

// Whatever byte is wrong: what is left was acknowledged, and the directory is whole afterwards.
TEST_F(Repair, invents_nothing) {
    std::map<std::string, std::string> originals;
    std::vector<std::string> paths = {data_ + "/CURRENT", data_ + "/IDENTITY"};
    for (const char* folder : {"", "/wal", "/seg"}) {
        for (const std::string& name : files_->list(data_ + folder).take()) {
            if (name.find('-') != std::string::npos) paths.push_back(data_ + folder + "/" + name);
        }
    }
    for (const std::string& path : paths) originals[path] = read(path);
    Payloads ever = whole_;
    // An update or a delete that lay in a lost record leaves what was before it.
    for (uint32_t i = 0; i < kSealed; ++i) {
        const bool was_written_again = i >= 200 && i < 210;
        if ((i >= 300 && i < 310) || was_written_again) ever["old " + std::to_string(i)] = payload_of(i, "sealed");
    }
    std::mt19937 random(7);
    for (int trial = 0; trial < 24; ++trial) {
        const std::string& path = paths[random() % paths.size()];
        const uint64_t used = path.find("/wal/") != std::string::npos ? 64 << 10 : originals[path].size();
        flip(path, random() % std::min<uint64_t>(used, originals[path].size()));
        if (repair_directory(*files_, data_).ok()) {
            for (const CheckFinding& finding : check_directory(*files_, data_).take()) {
                EXPECT_EQ(finding.status, VZ_OK) << finding.file << ": " << finding.message;
            }
            open();
            for (const char* name : {"sick", "well"}) {
                if (!engine_->catalogue().resolve(name).ok()) continue;
                for (const auto& [id, payload] : points(name)) {
                    const auto found = whole_.find(id);
                    const auto old = ever.find("old " + id);
                    EXPECT_TRUE((found != whole_.end() && found->second == payload) ||
                                (old != ever.end() && old->second == payload))
                        << id;
                }
            }
            ASSERT_TRUE(engine_->close().ok());
            engine_.reset();
        }
        for (const char* folder : {"", "/wal", "/seg", "/quarantine"}) {
            for (const std::string& name : files_->list(data_ + folder).take()) {
                if (name.find('-') == std::string::npos) continue;
                ASSERT_TRUE(files_->unlink(data_ + folder + "/" + name).ok());
            }
        }
        for (const auto& [original, bytes] : originals) std::ofstream(original, std::ios::binary) << bytes;
    }
}

}  // namespace
}  // namespace vz
