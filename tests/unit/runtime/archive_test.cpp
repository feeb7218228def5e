// Archives whose checksums are right and whose contents were made up: refused, never followed.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"
#include "engine/base/limits.hpp"
#include "engine/collection/read.hpp"
#include "engine/manifest/edit.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

// An archive taken apart at the places that its footer names (archive.md).
struct Parts {
    std::string items;
    SnapshotState snapshot;
    std::string index;

    template <class T>
    void set(size_t at, T value) {
        std::memcpy(index.data() + at, &value, sizeof value);
    }
    template <class T>
    T get(size_t at) const {
        T value;
        std::memcpy(&value, index.data() + at, sizeof value);
        return value;
    }
};

constexpr size_t kFooter = 128;
constexpr size_t kEntry = 48;
constexpr size_t kOffsetAt = 24;  // in an entry
constexpr size_t kBytesAt = 32;

Parts take_apart(const std::string& bytes) {
    const auto number = [&](size_t at) {
        return load<uint64_t>(reinterpret_cast<const std::byte*>(bytes.data()) + bytes.size() - kFooter + at);
    };
    const auto manifest = std::as_bytes(std::span(bytes)).subspan(number(24), number(32));
    EditFrame frame = decode_edits(manifest).take();
    return {bytes.substr(0, number(24)), std::get<CreateSnapshot>(frame.edits[0].actions[0]).snapshot,
            bytes.substr(number(8), number(16) * kEntry)};
}

std::string put_together(const Parts& parts) {
    std::string bytes = parts.items;
    Edit edit;
    edit.actions.emplace_back(CreateSnapshot{parts.snapshot});
    const Edit* const edits[] = {&edit};
    const std::vector<std::byte> manifest = encode_edits(edits);
    const auto align = [&] { bytes.resize(align_up(bytes.size(), 64)); };
    const uint64_t manifest_at = bytes.size();
    bytes.append(reinterpret_cast<const char*>(manifest.data()), manifest.size());
    align();
    const uint64_t index_at = bytes.size();
    bytes += parts.index;
    align();
    std::array<std::byte, kFooter> footer = {};
    std::memcpy(footer.data(), "VZARFT01", 8);
    store(footer.data() + 8, index_at);
    store(footer.data() + 16, uint64_t{parts.index.size() / kEntry});
    store(footer.data() + 24, manifest_at);
    store(footer.data() + 32, uint64_t{manifest.size()});
    store(footer.data() + 40, uint64_t{bytes.size() + kFooter});
    store(footer.data() + 48, xxh3_128(std::as_bytes(std::span(bytes))));
    store(footer.data() + kFooter - 4, mask_crc(crc32c(std::span(footer).first(kFooter - 4))));
    return bytes.append(reinterpret_cast<const char*>(footer.data()), kFooter);
}

class MadeUpArchive : public EngineOnDisk {
 protected:
    void SetUp() override {
        open();
        Schema schema;
        VectorFieldSchema field;
        field.dim = 4;
        field.metric = VZ_DOT;
        for (const char* name : {"", "second"}) {
            field.name = name;
            field.id = schema.next_field_id++;
            schema.fields.push_back(field);
        }
        schema.field_indexes.push_back({VZ_FIELD_INDEX_TEXT, "t", "english"});
        ASSERT_TRUE(engine_->catalogue().create("a", schema, {}).ok());
        for (uint32_t i = 0; i < 20; ++i) write(i, VZ_UPSERT);
        ASSERT_TRUE(engine_->checkpoints().take_all().ok());
        for (uint32_t i = 0; i < 5; ++i) write(i, VZ_DELETE);
        ASSERT_TRUE(engine_->snapshots().export_archive_to(path_, "", {}).ok());
        std::ifstream in(path_, std::ios::binary);
        whole_ = {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }
    void open() { open_engine({}); }
    void write(uint32_t id, uint32_t kind) {
        const PointBatch batch = {{std::to_string(id)}, {static_cast<float>(id), 2, 3, 4}};
        ASSERT_TRUE(write_points(*engine_, "a", kind, batch).ok());
    }
    Status import(const std::function<void(Parts&)>& change) {
        Parts parts = take_apart(whole_);
        change(parts);
        std::ofstream(path_, std::ios::binary) << put_together(parts);
        return engine_->snapshots().import_archive(path_, "a", "copy", false, {}).take_status();
    }
    vz_status import_with(const std::function<void(CollectionState&)>& change) {
        return import([&](Parts& parts) { change(parts.snapshot.collections[0]); }).code();
    }
    uint64_t points(const char* collection) {
        const auto found = engine_->catalogue().resolve(collection).take();
        return scan_rows(found->pin(), nullptr, {}, 0, 1000, {}).take().rows.size();
    }

    const std::string path_ = directory_.path() + "/a.vecdb";
    std::string whole_;
};

TEST_F(MadeUpArchive, is_taken_as_long_as_it_is_true) {
    ASSERT_EQ(import([](Parts&) {}).code(), VZ_OK);
    EXPECT_EQ(points("copy"), 15U);
}

TEST_F(MadeUpArchive, may_lack_a_field_that_its_segments_have) {
    ASSERT_EQ(import_with([](CollectionState& state) { state.schema.fields.pop_back(); }), VZ_OK);
    EXPECT_EQ(points("copy"), 15U);
}

TEST_F(MadeUpArchive, is_refused_where_its_schema_is_not_that_of_its_segments) {
    EXPECT_EQ(import_with([](CollectionState& state) { state.schema.fields[0].dim = kDimMax; }), VZ_CORRUPTION);
    // Else the next field that is added takes over the vectors.
    EXPECT_EQ(import_with([](CollectionState& state) {
                  state.schema.fields.pop_back();
                  state.schema.next_field_id = 1;
              }),
              VZ_CORRUPTION);
    EXPECT_FALSE(engine_->catalogue().resolve("copy").ok());
}

TEST_F(MadeUpArchive, keeps_the_limits_of_a_schema) {
    const std::map<std::string, std::function<void(Schema&)>> beyond = {
        {"dim", [](Schema& schema) { schema.fields[0].dim = kDimMax + 1; }},
        {"metric", [](Schema& schema) { schema.fields[0].metric = 77; }},
        {"degree", [](Schema& schema) { schema.fields[0].degree = 100'000; }},
        {"name of a field", [](Schema& schema) { schema.fields[0].name = "\xFF"; }},
        {"equal names", [](Schema& schema) { schema.fields[1].name = schema.fields[0].name; }},
        {"equal ids", [](Schema& schema) { schema.fields[1].id = schema.fields[0].id; }},
        {"id", [](Schema& schema) { schema.fields[1].id = schema.next_field_id; }},
        {"no field", [](Schema& schema) { schema.fields.clear(); }},
        {"many fields",
         [](Schema& schema) {
             while (schema.fields.size() <= kVectorFieldsMax) {
                 VectorFieldSchema field = schema.fields[0];
                 field.id = schema.next_field_id++;
                 field.name = std::to_string(field.id);
                 schema.fields.push_back(field);
             }
         }},
        {"kind of an index", [](Schema& schema) { schema.field_indexes[0].kind = 99; }},
        {"path of an index", [](Schema& schema) { schema.field_indexes[0].path = ".."; }},
        {"equal indexes", [](Schema& schema) { schema.field_indexes.push_back(schema.field_indexes[0]); }},
        {"metadata", [](Schema& schema) { schema.metadata = "no object"; }},
        {"ttl", [](Schema& schema) { schema.ttl_ms = -1; }},
    };
    for (const auto& [what, change] : beyond)
        EXPECT_EQ(import_with([&](CollectionState& state) { change(state.schema); }), VZ_CORRUPTION) << what;
    for (const auto& [what, change] : std::map<std::string, std::function<void(Schema&)>>{
             {"element", [](Schema& schema) { schema.fields[0].element = 9; }},
             {"kind", [](Schema& schema) { schema.fields[0].kind = 9; }},
             {"language", [](Schema& schema) { schema.field_indexes[0].language = "klingon"; }}})
        EXPECT_EQ(import_with([&](CollectionState& state) { change(state.schema); }), VZ_UNSUPPORTED) << what;
}

TEST_F(MadeUpArchive, names_collections_and_segments_once) {
    EXPECT_EQ(import_with([](CollectionState& state) { state.segments.push_back(state.segments[0]); }), VZ_CORRUPTION);
    EXPECT_EQ(import([](Parts& parts) {
                  CollectionState again = parts.snapshot.collections[0];
                  again.id += 1;
                  again.segments.clear();
                  parts.snapshot.collections.push_back(again);
              }).code(),
              VZ_CORRUPTION);
    EXPECT_EQ(import([](Parts& parts) {
                  CollectionState again = parts.snapshot.collections[0];
                  again.name = "b";
                  parts.snapshot.collections.push_back(again);
              }).code(),
              VZ_CORRUPTION);
    EXPECT_EQ(import([](Parts& parts) {
                  CollectionState other = parts.snapshot.collections[0];
                  other.id += 1;
                  other.name = "a/b";
                  other.segments.clear();
                  parts.snapshot.collections.push_back(other);
              }).code(),
              VZ_CORRUPTION);
}

TEST_F(MadeUpArchive, has_items_that_are_whole_and_apart) {
    // Shorter than the header and the footer that every segment has.
    EXPECT_EQ(import([](Parts& parts) {
                  parts.set<uint64_t>(kBytesAt, 64);
                  parts.snapshot.collections[0].segments[0].bytes = 64;
              }).code(),
              VZ_CORRUPTION);
    EXPECT_EQ(import([](Parts& parts) { parts.index += parts.index.substr(0, kEntry); }).code(), VZ_CORRUPTION);
    // One item under many names, to fill the disk.
    const Status overlapping = import([](Parts& parts) {
        for (uint64_t i = 1; i < 50; ++i) {
            SegmentRef ref = parts.snapshot.collections[0].segments[0];
            ref.file += 1000 * i;
            ref.deletes.reset();
            parts.snapshot.collections[0].segments.push_back(ref);
            parts.index += parts.index.substr(0, kEntry);
            parts.set(parts.index.size() - kEntry + 16, ref.file);
        }
    });
    EXPECT_EQ(overlapping.code(), VZ_CORRUPTION);
    EXPECT_EQ(import_with([](CollectionState& state) { state.segments[0].deletes->cardinality += 1; }), VZ_CORRUPTION);
}

TEST_F(MadeUpArchive, brings_no_damage_and_no_time_to_come) {
    ASSERT_EQ(import_with([](CollectionState& state) {
                  state.damage = "made up";
                  state.updated_ms = INT64_MAX;
              }),
              VZ_OK);
    EXPECT_LT(engine_->catalogue().resolve("copy").take()->updated_ms(), INT64_MAX);
    open();
    EXPECT_TRUE(engine_->catalogue().resolve("copy").take()->health().ok());
    EXPECT_EQ(points("copy"), 15U);
}

}  // namespace
}  // namespace vz
