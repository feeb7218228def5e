// An archive and the segments in it. Input: the file, taken as it is, and with the checksums put right around it: those
// that anybody can write.
#include "engine/runtime/archive.hpp"

#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"
#include "engine/base/limits.hpp"
#include "engine/segment/sealed_segment.hpp"
#include "tests/fuzz/one_file.hpp"
#include "tests/fuzz/target.hpp"

namespace vz::fuzz {
namespace {

constexpr uint64_t kArchiveFooter = 128;

void put_right(std::vector<std::byte>& bytes) {
    if (bytes.size() < kFileHeaderBytes + kArchiveFooter) return;
    FileHeader header;
    header.magic = kArchiveMagic;
    std::ranges::copy(encode_header(header), bytes.begin());
    const std::span<std::byte> footer = std::span(bytes).last(kArchiveFooter);
    std::memcpy(footer.data(), "VZARFT01", 8);
    store(footer.data() + 40, uint64_t{bytes.size()});
    store(footer.data() + 48, xxh3_128(std::span(bytes).first(bytes.size() - kArchiveFooter)));
    store(footer.data() + kArchiveFooter - 4, mask_crc(crc32c(footer.first(kArchiveFooter - 4))));
}

// As an import does: under a header of the database that takes it in, by the schema of the archive.
uint64_t read_segment(const ArchiveView& archive, const CollectionState& collection, const SegmentRef& ref) {
    std::vector<std::byte> file = copy_of(archive.segment(ref));
    FileHeader header;
    header.magic = kSegmentMagic;
    header.file_number = 1;
    header.owner = 1;
    std::ranges::copy(encode_header(header), file.begin());
    OneFile files(file);
    const SegmentSummary summary{0, ref.bytes, ref.rows, ref.version_min, ref.version_max, header.crc, ref.hash};
    const auto opened = SealedSegment::open(files, "S", {}, 1, summary);
    if (!opened.ok() || !(*opened)->check_fields(collection.schema).ok()) return 0;
    uint64_t sum = archive.ended(collection.id, ref).ok() ? 1 : 0;
    for (const VectorFieldSchema& field : collection.schema.fields) {
        for (uint32_t row = 0; row < std::min((*opened)->row_count(), 1000U); ++row) {
            const float* const values = (*opened)->vector(field.id, row);
            for (uint32_t i = 0; values != nullptr && i < field.dim; ++i) sum += values[i] != 0 ? 1 : 0;
        }
    }
    return sum;
}

void read_archive(std::span<const std::byte> bytes) {
    const Result<ArchiveView> archive = ArchiveView::open(bytes, "a.vecdb");
    if (!archive.ok()) {
        check(archive.status().code() == VZ_CORRUPTION || archive.status().code() == VZ_UNSUPPORTED);
        return;
    }
    volatile uint64_t sum = 0;
    for (const CollectionState& collection : archive->snapshot().collections) {
        check(!collection.schema.fields.empty() && collection.schema.fields.size() <= kVectorFieldsMax);
        for (const SegmentRef& ref : collection.segments) sum = sum + read_segment(*archive, collection, ref);
    }
}

}  // namespace
}  // namespace vz::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz::fuzz;
    std::vector<std::byte> bytes = copy_of({reinterpret_cast<const std::byte*>(data), size});
    read_archive(bytes);
    put_right(bytes);
    read_archive(bytes);
    return 0;
}
