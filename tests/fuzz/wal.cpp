// A WAL file: frames, records, and what check and replay ask of them. Input: 1 byte (1: checksums are put right),
// frames.
#include <algorithm>

#include "engine/wal/record.hpp"
#include "engine/wal/wal.hpp"
#include "tests/fuzz/log_file.hpp"
#include "tests/fuzz/one_file.hpp"

namespace vz::fuzz {
namespace {

// Every id, vector and payload is read to its end.
uint64_t read_batch(const Batch& batch) {
    uint64_t sum = batch.collection + batch.items;
    for (const BatchOperation& operation : batch.operations) {
        const size_t count = operation.ids.size();
        check(operation.expires.empty() || operation.expires.size() == count);
        check(operation.base_versions.empty() || operation.base_versions.size() == count);
        check(operation.payloads.empty() || operation.payloads.size() == count);
        for (const IdView& id : operation.ids) sum += id.high + id.low + sum_of(id.text);
        for (const std::string_view payload : operation.payloads) sum += sum_of(payload);
        for (const BatchVectors& field : operation.vectors) {
            check(field.rows.size() == count);
            for (const float* row : field.rows) {
                for (uint32_t d = 0; row != nullptr && d < field.dim; ++d) {
                    uint32_t bits = 0;
                    std::memcpy(&bits, row + d, sizeof bits);
                    sum += bits;
                }
            }
        }
    }
    return sum;
}

}  // namespace
}  // namespace vz::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    Input input(data, size);
    const bool repaired = (input.take<uint8_t>() & 1) != 0;
    const std::vector<std::byte> bytes = log_file(kWalMagic, input.rest(), repaired);
    OneFile files(bytes);
    const Result<WalReading> reading = read_wal(files, "data", {}, kLogNumber);
    if (!reading.ok()) return 0;
    check(reading->scan.end <= bytes.size());
    const uint64_t end = reading->scan.end;
    check(std::all_of(reading->scan.later.begin(), reading->scan.later.end(),
                      [end](const Frame& frame) { return frame.offset >= end; }));
    is_damage(reading->scan, 3);
    volatile uint64_t sum = 0;
    for (const Frame& frame : reading->scan.frames) {
        if (frame.head.kind != FrameKind::kRecords) continue;
        std::span<const std::byte> left = frame.payload;
        for (uint32_t i = 0; i < frame.head.count; ++i) {
            uint64_t taken = 0;
            const Result<Batch> batch = decode_record(left, &taken);
            if (!batch.ok()) break;
            check(taken != 0 && taken <= left.size());
            sum = sum + read_batch(*batch);
            left = left.subspan(taken);
        }
    }
    return 0;
}
