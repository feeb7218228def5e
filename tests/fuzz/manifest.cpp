// A manifest: frames, edits, and the state that they fold into. Input: 1 byte (1: checksums are put right), frames.
#include "engine/manifest/manifest.hpp"
#include "engine/manifest/edit.hpp"
#include "tests/fuzz/log_file.hpp"
#include "tests/fuzz/one_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    Input input(data, size);
    const bool repaired = (input.take<uint8_t>() & 1) != 0;
    const std::vector<std::byte> bytes = log_file(kManifestMagic, input.rest(), repaired);
    OneFile files(bytes);
    const Result<ManifestReading> reading = read_manifest(files, "data", {kLogNumber, {}});
    if (!reading.ok()) return 0;
    check(reading->end <= bytes.size());
    // What was understood can be said again, and means the same.
    const std::vector<std::byte> again = encode_snapshot(reading->state);
    const Result<EditFrame> decoded = decode_edits(again);
    check(decoded.ok() && decoded->snapshot.has_value());
    check(encode_snapshot(*decoded->snapshot) == again);
    return 0;
}
