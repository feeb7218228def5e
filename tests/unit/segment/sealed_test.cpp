#include "engine/segment/sealed_segment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

#include "engine/io/file_header.hpp"
#include "engine/io/posix_file_system.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/unit/segment/whole_file.hpp"

namespace vz {
namespace {

enum class Ids { kNumbers, kUuids, kTexts, kMixed };

// Rows, the memory behind them, and the segment's identity.
struct Sample {
    std::vector<std::string> texts;
    std::vector<IdView> ids;
    std::vector<uint64_t> versions;
    std::vector<int64_t> expires;
    std::vector<std::string> payload_texts;
    std::vector<std::string_view> payloads;
    std::vector<std::vector<float>> floats;
    std::vector<std::vector<const float*>> vectors;
    std::vector<SegmentRows::Field> fields;
    Schema schema;
    SegmentIdentity identity;

    Sample(Ids kind, uint32_t rows, bool with_expiry = true) {
        std::mt19937_64 random(rows + static_cast<uint32_t>(kind));
        identity.database.bytes[3] = 9;
        identity.file_number = 0x31;
        identity.salt = random();
        identity.collection_id = 5;
        identity.collection_uuid.bytes[0] = 1;
        identity.collection_name = "songs";
        const uint32_t dims[] = {16, 3, 7, 5};
        for (uint32_t i = 0; i < 4; ++i) {
            VectorFieldSchema field;
            field.id = i == 3 ? 70'000 : i;  // wider than 16 bits
            field.name = "f" + std::to_string(i);
            field.dim = dims[i];
            schema.fields.push_back(field);
        }
        texts.reserve(rows);
        payload_texts.reserve(rows);
        floats.reserve(size_t{rows} * 4);
        vectors.resize(4);
        for (uint32_t row = 0; row < rows; ++row) {
            const uint32_t form = kind == Ids::kMixed ? row % 3 : static_cast<uint32_t>(kind);
            texts.push_back(row == 4 ? std::string(256, 'x')
                                     : "t" + std::to_string(random() % 1000) + "-" + std::to_string(row));
            if (form == 0) ids.push_back({IdKind::kU64, random(), 0, {}});
            if (form == 1) ids.push_back({IdKind::kUuid, random(), random(), {}});
            if (form == 2) ids.push_back({IdKind::kText, 0, 0, texts.back()});
            versions.push_back(1000 + random() % 5000);
            if (with_expiry) expires.push_back(row % 4 == 0 ? 1'700'000'000'000 + row : 0);
            payload_texts.push_back(row % 5 == 0 ? "" : "{\"n\":" + std::to_string(row) + "}");
            payloads.push_back(payload_texts.back());
            for (uint32_t f = 0; f < 4; ++f) {
                // Field 0: always; 1: two of three; 2: never; 3: only the last row.
                const bool present = f == 0 || (f == 1 && row % 3 != 1) || (f == 3 && row + 1 == rows);
                if (present) {
                    floats.emplace_back(dims[f]);
                    for (float& value : floats.back()) value = static_cast<float>(random() % 1000) - 500.5f;
                }
                vectors[f].push_back(present ? floats.back().data() : nullptr);
            }
        }
        for (uint32_t f = 0; f < 4; ++f) fields.push_back({schema.fields[f].id, vectors[f]});
    }

    SegmentRows rows() const { return {ids, versions, expires, payloads, fields, {}}; }
};

void expect_equal(const SealedSegment& segment, const Sample& sample) {
    ASSERT_EQ(segment.row_count(), sample.ids.size());
    for (uint32_t row = 0; row < segment.row_count(); ++row) {
        ASSERT_EQ(segment.id(row), sample.ids[row]);
        ASSERT_EQ(segment.find(sample.ids[row]), row);
        ASSERT_EQ(segment.version(row), sample.versions[row]);
        ASSERT_EQ(segment.expiry(row), sample.expires.empty() ? 0 : sample.expires[row]);
        ASSERT_EQ(segment.payload(row), sample.payloads[row].empty() ? "{}" : sample.payloads[row]);
        for (size_t f = 0; f < 4; ++f) {
            const float* expected = sample.vectors[f][row];
            const float* found = segment.vector(sample.schema.fields[f].id, row);
            ASSERT_EQ(found == nullptr, expected == nullptr) << f << " " << row;
            if (expected == nullptr) continue;
            ASSERT_EQ(reinterpret_cast<uintptr_t>(found) % 64, 0u);
            ASSERT_EQ(std::memcmp(found, expected, sample.schema.fields[f].dim * sizeof(float)), 0);
        }
        const uint32_t before = row == 0 ? 0 : row - 1;
        ASSERT_EQ(segment.id(segment.row_in_id_order(before)) < segment.id(segment.row_in_id_order(row)), row != 0);
    }
}

// Every accessor with every row and some beyond; the sum keeps the reads.
uint64_t read_everything(const SealedSegment& segment, const Sample& sample) {
    uint64_t sum = 0;
    const uint32_t rows = segment.row_count();
    for (uint32_t i = 0; i < rows + 3; ++i) {
        const uint32_t row = i == rows + 2 ? UINT32_MAX : i;
        const IdView id = segment.id(row);
        sum += id.high + id.low + static_cast<uint64_t>(std::count(id.text.begin(), id.text.end(), 't'));
        sum += segment.find(id) + segment.version(row) + static_cast<uint64_t>(segment.expiry(row));
        const std::string_view payload = segment.payload(row);
        sum += static_cast<uint64_t>(std::count(payload.begin(), payload.end(), '{'));
        EXPECT_LT(segment.row_in_id_order(row), rows);
        for (const VectorFieldSchema& field : sample.schema.fields) {
            const float* vector = segment.vector(field.id, row);
            for (uint32_t d = 0; vector != nullptr && d < field.dim; ++d) sum += vector[d] != 0.0f;
        }
        EXPECT_EQ(segment.vector(99, row), nullptr);
    }
    for (const IdView& id : sample.ids) {
        const uint32_t row = segment.find(id);
        EXPECT_TRUE(row == kNoRow || row < rows);
    }
    return sum;
}

class Sealed : public ::testing::Test {
 protected:
    Result<SegmentSummary> write(const Sample& sample, const std::string& name) {
        return write_segment(*files, directory.file(name), sample.identity, sample.schema, sample.rows());
    }
    Result<std::unique_ptr<SealedSegment>> open(const Sample& sample, const std::string& name,
                                                const SegmentSummary& summary) {
        return SealedSegment::open(*files, directory.file(name), sample.identity.database, sample.identity.file_number,
                                   summary);
    }

    const e2e::TemporaryDirectory directory;
    std::unique_ptr<FileSystem> files = make_posix_file_system();
};

TEST_F(Sealed, gives_back_every_kind_of_id_and_all_else) {
    for (const Ids kind : {Ids::kNumbers, Ids::kUuids, Ids::kTexts, Ids::kMixed}) {
        for (const uint32_t rows : {1u, 2u, 13u, 700u, 20'000u}) {
            const Sample sample(kind, rows, rows != 13);
            const std::string name = std::to_string(static_cast<int>(kind)) + "-" + std::to_string(rows);
            const Result<SegmentSummary> summary = write(sample, name);
            ASSERT_TRUE(summary.ok()) << summary.status().error().message;
            EXPECT_EQ(summary->rows, rows);
            EXPECT_EQ(summary->version_min, *std::min_element(sample.versions.begin(), sample.versions.end()));
            EXPECT_EQ(summary->version_max, *std::max_element(sample.versions.begin(), sample.versions.end()));
            EXPECT_EQ(summary->bytes, std::filesystem::file_size(directory.file(name)));
            const auto segment = open(sample, name, *summary);
            ASSERT_TRUE(segment.ok()) << segment.status().error().message;
            expect_equal(**segment, sample);
            EXPECT_TRUE((*segment)->verify_contents().ok());
            EXPECT_EQ((*segment)->metadata().collection_name, "songs");
            EXPECT_EQ((*segment)->metadata().schema, sample.schema);
            for (uint64_t i = 0; i < 200; ++i) EXPECT_EQ((*segment)->find({IdKind::kU64, i, 0, {}}), kNoRow);
            EXPECT_EQ((*segment)->find({IdKind::kText, 0, 0, "nobody"}), kNoRow);
            read_everything(**segment, sample);
        }
    }
}

TEST_F(Sealed, keeps_derived_sections_and_names_their_damage) {
    const Sample sample(Ids::kNumbers, 50);
    std::vector<std::byte> bytes(3 * kMiB);
    std::mt19937_64 random(5);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    const std::vector<SegmentRows::Derived> derived = {{SectionKind::kGraphMeta, 70'000, std::span(bytes).first(100)},
                                                       {SectionKind::kGraph, 70'000, bytes},
                                                       {SectionKind::kFieldIndex, 0, {}}};
    SegmentRows rows = sample.rows();
    rows.derived = derived;
    const Result<SegmentSummary> summary =
        write_segment(*files, directory.file("d"), sample.identity, sample.schema, rows);
    ASSERT_TRUE(summary.ok()) << summary.status().error().message;
    const auto segment = open(sample, "d", *summary);
    ASSERT_TRUE(segment.ok());
    expect_equal(**segment, sample);
    EXPECT_TRUE(std::ranges::equal((*segment)->derived(SectionKind::kGraphMeta, 70'000), std::span(bytes).first(100)));
    const auto graph = (*segment)->derived(SectionKind::kGraph, 70'000);
    EXPECT_TRUE(std::ranges::equal(graph, bytes));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(graph.data()) % 4096, 0u);
    EXPECT_TRUE((*segment)->derived(SectionKind::kGraph, 0).empty());
    EXPECT_TRUE((*segment)->derived(SectionKind::kFieldIndex, 0).empty());
    EXPECT_TRUE((*segment)->verify_derived(SectionKind::kGraph, 70'000).ok());

    const auto at = graph.data() - (*segment)->mapping().bytes().data();
    std::vector<char> file = read_bytes(directory.file("d"));
    file[static_cast<size_t>(at) + 12345] ^= 8;
    write_bytes(directory.file("d"), file);
    const auto damaged = open(sample, "d", *summary);
    ASSERT_TRUE(damaged.ok());
    EXPECT_EQ((*damaged)->verify_derived(SectionKind::kGraph, 70'000).code(), VZ_CORRUPTION);
    EXPECT_TRUE((*damaged)->verify_derived(SectionKind::kGraphMeta, 70'000).ok());
}

TEST_F(Sealed, refuses_rows_that_are_no_segment) {
    const Sample none(Ids::kNumbers, 0);
    EXPECT_EQ(write(none, "none").status().code(), VZ_INVALID_ARGUMENT);
    Sample twice(Ids::kMixed, 40);
    twice.ids[30] = twice.ids[3];
    EXPECT_EQ(write(twice, "twice").status().code(), VZ_INVALID_ARGUMENT);
    Sample unknown(Ids::kMixed, 4);
    unknown.fields[1].field_id = 44;
    EXPECT_EQ(write(unknown, "unknown").status().code(), VZ_INVALID_ARGUMENT);
    const Sample sample(Ids::kMixed, 4);
    ASSERT_TRUE(write(sample, "taken").ok());
    EXPECT_EQ(write(sample, "taken").status().code(), VZ_ALREADY_EXISTS);
}

TEST_F(Sealed, is_refused_where_it_is_not_the_one_recorded) {
    Sample sample(Ids::kMixed, 50);
    const Result<SegmentSummary> summary = write(sample, "s");
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(open(sample, "missing", *summary).status().code(), VZ_NOT_FOUND);
    for (int change = 0; change < 6; ++change) {
        SegmentSummary other = *summary;
        if (change == 0) other.bytes += 64;
        if (change == 1) other.rows += 1;
        if (change == 2) other.version_min -= 1;
        if (change == 3) other.version_max += 1;
        if (change == 4) other.header_crc ^= 1;
        if (change == 5) other.hash[7] ^= std::byte{1};
        EXPECT_EQ(open(sample, "s", other).status().code(), VZ_CORRUPTION) << change;
    }
    sample.identity.file_number = 0x32;
    EXPECT_FALSE(open(sample, "s", *summary).ok());
    sample.identity.file_number = 0x31;
    sample.identity.database.bytes[0] ^= 1;
    EXPECT_FALSE(open(sample, "s", *summary).ok());
}

TEST_F(Sealed, is_refused_when_cut_short) {
    const Sample sample(Ids::kMixed, 60);
    const Result<SegmentSummary> summary = write(sample, "s");
    ASSERT_TRUE(summary.ok());
    std::vector<char> bytes = read_bytes(directory.file("s"));
    while (!bytes.empty()) {
        bytes.erase(bytes.end() - std::min(std::ssize(bytes), 1 + std::ssize(bytes) / 37), bytes.end());
        write_bytes(directory.file("cut"), bytes);
        EXPECT_FALSE(open(sample, "cut", *summary).ok()) << bytes.size();
        SegmentSummary believed = *summary;
        believed.bytes = bytes.size();
        EXPECT_FALSE(open(sample, "cut", believed).ok()) << bytes.size();
    }
}

TEST_F(Sealed, every_flipped_bit_is_refused_or_found_and_harmless) {
    const Sample sample(Ids::kMixed, 61);
    const Result<SegmentSummary> summary = write(sample, "s");
    ASSERT_TRUE(summary.ok());
    std::vector<char> bytes = read_bytes(directory.file("s"));
    std::mt19937 random(5);
    uint32_t opened = 0;
    // All of it past the header; of the header, which is mostly zeros, each 16th byte.
    for (size_t at = 0; at < bytes.size(); at += at < kFileHeaderBytes ? 16 : 3) {
        const auto mask = static_cast<char>(1u << random() % 8);
        bytes[at] = static_cast<char>(bytes[at] ^ mask);
        write_bytes(directory.file("bad"), bytes);
        bytes[at] = static_cast<char>(bytes[at] ^ mask);
        const auto segment = open(sample, "bad", *summary);
        if (!segment.ok()) {
            ASSERT_NE(std::strstr(segment.status().error().message, "/bad"), nullptr) << at;
            continue;
        }
        ++opened;
        const Status found = (*segment)->verify_contents();
        ASSERT_EQ(found.code(), VZ_CORRUPTION) << at;
        ASSERT_NE(std::strstr(found.error().message, "offset"), nullptr);
        read_everything(**segment, sample);
    }
    EXPECT_GT(opened, 100u);
}

TEST_F(Sealed, damage_in_a_large_section_is_named_by_its_chunk) {
    const Sample sample(Ids::kNumbers, 70'000);
    const Result<SegmentSummary> summary = write(sample, "s");
    ASSERT_TRUE(summary.ok());
    uint64_t vectors = 0;
    {
        const auto segment = open(sample, "s", *summary);
        ASSERT_TRUE(segment.ok());
        expect_equal(**segment, sample);
        const auto* base = reinterpret_cast<const float*>((*segment)->mapping().bytes().data());
        vectors = static_cast<uint64_t>((*segment)->vector(0, 0) - base) * sizeof(float);
    }
    EXPECT_EQ(vectors % (2 * kMiB), 0u);
    std::vector<char> bytes = read_bytes(directory.file("s"));
    bytes[vectors + 3 * kMiB + 77] ^= 1;
    write_bytes(directory.file("bad"), bytes);
    const auto segment = open(sample, "bad", *summary);
    ASSERT_TRUE(segment.ok());
    const Status found = (*segment)->verify_contents();
    ASSERT_EQ(found.code(), VZ_CORRUPTION);
    const std::string place = "offset " + std::to_string(vectors + 3 * kMiB);
    EXPECT_NE(std::string(found.error().message).find(place), std::string::npos) << found.error().message;
}

TEST_F(Sealed, hostile_and_zero_contents_are_harmless) {
    for (const Ids kind : {Ids::kNumbers, Ids::kUuids, Ids::kTexts, Ids::kMixed}) {
        const Sample sample(kind, 300);
        const std::string name = "s" + std::to_string(static_cast<int>(kind));
        const Result<SegmentSummary> summary = write(sample, name);
        ASSERT_TRUE(summary.ok());
        std::vector<char> bytes = read_bytes(directory.file(name));
        SegmentLayout layout;
        {
            const auto mapping = files->map(directory.file(name));
            ASSERT_TRUE(mapping.ok());
            auto decoded = decode_layout((*mapping)->bytes(), name);
            ASSERT_TRUE(decoded.ok());
            layout = decoded.take();
        }
        std::mt19937 random(17);
        for (int round = 0; round < 20; ++round) {
            for (const SectionEntry& entry : layout.sections) {
                if (entry.kind == SectionKind::kMeta) continue;
                for (uint64_t i = 0; i < entry.bytes; ++i) {
                    // Zeros, all ones, noise, and small numbers that come close to rows and lengths.
                    const auto noise = static_cast<uint32_t>(random());
                    const uint32_t value = round == 0       ? 0
                                           : round == 1     ? 255
                                           : round % 2 == 0 ? noise
                                                            : (i % 8 == 0 ? noise : 0);
                    bytes[entry.offset + i] = static_cast<char>(value);
                }
            }
            write_bytes(directory.file("bad"), bytes);
            const auto segment = open(sample, "bad", *summary);
            ASSERT_TRUE(segment.ok()) << segment.status().error().message;
            read_everything(**segment, sample);
            EXPECT_EQ((*segment)->verify_contents().code(), VZ_CORRUPTION);
        }
    }
}

TEST_F(Sealed, a_file_cut_under_its_map_reads_as_zeros_and_says_so) {
    const Sample sample(Ids::kMixed, 2'000);
    const Result<SegmentSummary> summary = write(sample, "s");
    ASSERT_TRUE(summary.ok());
    const auto segment = open(sample, "s", *summary);
    ASSERT_TRUE(segment.ok());
    std::filesystem::permissions(directory.file("s"), std::filesystem::perms::owner_all);
    std::filesystem::resize_file(directory.file("s"), 0);
    read_everything(**segment, sample);
    EXPECT_TRUE((*segment)->mapping().failed());
    EXPECT_EQ((*segment)->verify_contents().code(), VZ_IO_ERROR);
}

}  // namespace
}  // namespace vz
