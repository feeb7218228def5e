// A file of delete bitmaps. Input: 1 byte (1: checksums are put right), u32 rows of the segment, u32 offset and u32
// bytes of an entry, the file behind its header.
#include "engine/base/bytes.hpp"
#include "engine/io/file_header.hpp"
#include "engine/segment/delete_file.hpp"
#include "tests/fuzz/one_file.hpp"
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    Input input(data, size);
    const bool repaired = (input.take<uint8_t>() & 1) != 0;
    const auto rows = input.take<uint32_t>();
    constexpr uint64_t kSegment = 3;
    DeleteRef expected;
    expected.file = 9;
    expected.offset = input.take<uint32_t>();
    expected.bytes = input.take<uint32_t>();
    FileHeader header;
    header.magic = kDeletesMagic;
    header.file_number = expected.file;
    const auto head = encode_header(header);
    std::vector<std::byte> file(head.begin(), head.end());
    file.insert(file.end(), input.rest().begin(), input.rest().end());
    const bool within =
        expected.offset <= file.size() && expected.bytes <= file.size() - expected.offset && expected.bytes >= 64;
    if (within) {
        std::byte* at = file.data() + expected.offset;
        if (repaired) {
            // The head of an entry states what the manifest does (segment/format.md).
            const std::span<const std::byte> bitmap(at + 64, expected.bytes - 64);
            store(at, kSegment);
            store(at + 8, uint64_t{bitmap.size()});
            store(at + 28, mask_crc(crc32c(bitmap)));
            store(at + 32, xxh3_128(bitmap));
        }
        expected.cardinality = load<uint64_t>(at + 16);
        expected.highest_row = load<uint32_t>(at + 24);
        expected.hash = load<Hash128>(at + 32);
    }
    OneFile files(file);
    const Result<Bitmap> bitmap = read_deletes(files, "data/seg/D", {}, kSegment, expected, rows);
    if (!bitmap.ok()) return 0;
    check(bitmap->cardinality() == expected.cardinality);
    check(bitmap->cardinality() == 0 || bitmap->maximum() < rows);
    return 0;
}
