// An archive. Input: the file. Its checksums are not put right: what passes them was written by us.
#include "engine/runtime/archive.hpp"
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    const std::vector<std::byte> bytes = copy_of({reinterpret_cast<const std::byte*>(data), size});
    const Result<ArchiveView> archive = ArchiveView::open(bytes, "a.vecdb");
    if (!archive.ok()) {
        check(archive.status().code() == VZ_CORRUPTION || archive.status().code() == VZ_UNSUPPORTED);
        return 0;
    }
    volatile uint64_t sum = archive->snapshot().collections.size();
    static_cast<void>(sum);
    return 0;
}
