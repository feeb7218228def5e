// A sealed segment, every section read. Input: patches of a true file, 4 bytes each: u24 offset, u8 value; checksums of
// table and footer are put right, those of the contents stay: they are not looked at when a segment is opened.
#include <unistd.h>

#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"
#include "engine/io/posix_file_system.hpp"
#include "engine/payload/field_index.hpp"
#include "engine/payload/text_index.hpp"
#include "engine/segment/sealed_segment.hpp"
#include "tests/fuzz/one_file.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/schema.hpp"

namespace vz::fuzz {
namespace {

struct Sample {
    std::vector<std::byte> file;
    SegmentSummary summary;
};

constexpr uint32_t kRows = 40;

Sample make_sample() {
    char pattern[] = "/tmp/vz-fuzz-XXXXXX";
    const std::string directory = mkdtemp(pattern);
    Schema schema = one_field(3, VZ_COSINE);
    schema.field_indexes = {{VZ_FIELD_INDEX_KEYWORD, "k"}, {VZ_FIELD_INDEX_TEXT, "t", "english"}};
    std::vector<std::string> id_texts, payload_texts;
    std::vector<IdView> ids;
    std::vector<uint64_t> versions;
    std::vector<int64_t> expires;
    std::vector<std::string_view> payloads;
    std::vector<std::vector<float>> vectors;
    std::vector<const float*> rows;
    for (uint32_t i = 0; i < kRows; ++i) {
        id_texts.push_back(i % 3 == 0 ? std::to_string(i) : "a text that is an id, " + std::to_string(i));
        payload_texts.push_back(R"({"k":")" + std::to_string(i % 5) + R"(","t":"words of text )" + std::to_string(i) +
                                "\"}");
        vectors.push_back({1.0F, static_cast<float>(i), 2.0F});
    }
    for (uint32_t i = 0; i < kRows; ++i) {
        ids.push_back(*parse_id(id_texts[i]));
        versions.push_back(100 + i);
        expires.push_back(i % 7 == 0 ? 5000 + i : 0);
        payloads.push_back(i % 4 == 0 ? std::string_view() : payload_texts[i]);
        rows.push_back(i % 6 == 5 ? nullptr : vectors[i].data());
    }
    const std::vector<std::byte> keywords = build_field_index(schema.field_indexes[0], payloads);
    const std::vector<std::byte> texts = build_text_index(schema.field_indexes[1], payloads);
    const SegmentRows::Field column{schema.fields[0].id, rows};
    const SegmentRows::Derived derived[] = {{SectionKind::kFieldIndex, 0, keywords},
                                            {SectionKind::kTextIndex, 0, texts}};
    SegmentRows all;
    all.ids = ids;
    all.versions = versions;
    all.expiries = expires;
    all.payloads = payloads;
    all.fields = {&column, 1};
    all.derived = derived;
    SegmentIdentity identity;
    identity.file_number = 9;
    Sample sample;
    const auto files = make_posix_file_system();
    const std::string path = directory + "/s";
    sample.summary = write_segment(*files, path, identity, schema, all).take();
    const auto file = files->open(path, OpenMode::kRead).take();
    sample.file.resize(file->size().take());
    check(file->read(0, sample.file).ok());
    check(unlink(path.c_str()) == 0 && rmdir(directory.c_str()) == 0);
    return sample;
}

void repair(std::vector<std::byte>& file, SegmentSummary* summary) {
    std::byte* const footer = file.data() + file.size() - kFooterBytes;
    const auto lists = load<uint64_t>(footer + 32);
    const uint64_t end = file.size() - kFooterBytes;
    if (lists < end) store(footer + 60, mask_crc(crc32c(std::span(file).subspan(lists, end - lists))));
    store(footer + kFooterBytes - 4, mask_crc(crc32c({footer, kFooterBytes - 4})));
    summary->rows = load<uint64_t>(footer + 8);
    summary->version_min = load<uint64_t>(footer + 16);
    summary->version_max = load<uint64_t>(footer + 24);
    summary->hash = load<Hash128>(footer + 64);
}

uint64_t read_indexes(const SealedSegment& segment) {
    uint64_t sum = 0;
    const auto values = segment.derived(SectionKind::kFieldIndex, 0);
    if (!values.empty()) sum += FieldIndex::view(values, segment.row_count()).ok() ? 1 : 0;
    const auto words = segment.derived(SectionKind::kTextIndex, 0);
    if (words.empty()) return sum;
    const Result<TextIndex> texts = TextIndex::view(words, segment.row_count());
    if (!texts.ok()) return sum;
    for (const char* word : {"word", "text", "7", ""}) {
        const Postings found = texts->find(word);
        for (size_t i = 0; i < found.rows.size(); ++i) sum += found.rows[i] + found.counts[i];
    }
    for (uint32_t row = 0; row < texts->rows(); ++row) sum += texts->words(row);
    return sum;
}

}  // namespace
}  // namespace vz::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    static const Sample sample = make_sample();
    std::vector<std::byte> file = sample.file;
    Input input(data, size);
    while (!input.empty()) {
        const auto patch = input.take<uint32_t>();
        file[(patch & 0xFF'FFFF) % file.size()] = static_cast<std::byte>(patch >> 24);
    }
    SegmentSummary summary = sample.summary;
    repair(file, &summary);
    OneFile files(file);
    const auto opened = SealedSegment::open(files, "data/seg/S", {}, 9, summary);
    if (!opened.ok()) return 0;
    const SealedSegment& segment = **opened;
    volatile uint64_t sum = 0;
    const uint32_t rows = std::min(segment.row_count(), 1000U);
    for (uint32_t row = 0; row < rows; ++row) {
        const IdView id = segment.id(row);
        sum = sum + id.high + id.low + sum_of(id.text) + segment.version(row) + sum_of(segment.payload(row)) +
              segment.find(id);
        sum = sum + static_cast<uint64_t>(segment.expiry(row)) + segment.row_in_id_order(row);
        for (const VectorFieldSchema& field : segment.metadata().schema.fields) {
            const float* const values = segment.vector(field.id, row);
            for (uint32_t i = 0; values != nullptr && i < field.dim; ++i) sum = sum + (values[i] != 0 ? 1 : 0);
        }
    }
    sum = sum + read_indexes(segment);
    const Status verified = segment.verify_contents();
    // Table and footer passed their checksums because we put them right; the contents they speak of are as they were.
    const auto contents =
        static_cast<std::ptrdiff_t>(load<uint64_t>(sample.file.data() + sample.file.size() - kFooterBytes + 32));
    check(verified.ok() ? std::equal(file.begin(), file.begin() + contents, sample.file.begin())
                        : verified.code() == VZ_CORRUPTION);
    return 0;
}
