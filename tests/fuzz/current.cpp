// CURRENT. Input: 1 byte (1: the checksum is put right), the file.
#include "engine/base/bytes.hpp"
#include "engine/base/checksum.hpp"
#include "engine/manifest/manifest.hpp"
#include "tests/fuzz/one_file.hpp"
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    Input input(data, size);
    const bool repaired = (input.take<uint8_t>() & 1) != 0;
    std::vector<std::byte> bytes = copy_of(input.rest());
    if (repaired && bytes.size() >= 64) store(bytes.data() + 60, mask_crc(crc32c(std::span(bytes).first(60))));
    OneFile files(bytes);
    const Result<Current> current = read_current(files, "data");
    if (!current.ok()) return 0;
    check(bytes.size() == 64);
    check(load<uint64_t>(bytes.data() + 8) == current->manifest);
    return 0;
}
