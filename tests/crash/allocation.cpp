// operator new for a process with one thread: the simulator makes and forgets a store a thousand times a second, and
// half of what that costs is the general allocator. Blocks are kept by size and never given back. With a second thread
// everything goes to malloc, and sanitizers have their own.
#include <sys/single_threaded.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

constexpr size_t kHeadBytes = 16;  // before each block: its class; keeps what follows aligned
constexpr size_t kFineBytesMax = 1024;
constexpr size_t kBytesMax = size_t{1} << 16;
constexpr size_t kChunkBytes = size_t{1} << 20;
constexpr uint32_t kClasses = 64 + 4 * 6;
constexpr uint32_t kFromMalloc = kClasses;

struct Block {
    Block* next;
};
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): an allocator has to be
constinit Block* free_blocks[kClasses] = {};
constinit std::byte* chunk = nullptr;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): likewise
constinit size_t chunk_left = 0;       // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): likewise

// Steps of 16 bytes up to 1 KiB, then four to each doubling.
uint32_t class_of(size_t bytes) {
    if (bytes <= kFineBytesMax) return static_cast<uint32_t>(bytes == 0 ? 0 : (bytes - 1) / 16);
    const auto doubling = static_cast<uint32_t>(std::bit_width(bytes - 1) - 1);
    return 64 + 4 * (doubling - 10) + static_cast<uint32_t>((bytes - 1) >> (doubling - 2) & 3);
}

size_t bytes_of(uint32_t size_class) {
    if (size_class < 64) return 16 * (size_t{size_class} + 1);
    return size_t{5 + (size_class & 3)} << (8 + (size_class - 64) / 4);
}

void* with_head(void* memory, uint32_t size_class) {
    if (memory == nullptr) throw std::bad_alloc();
    *static_cast<uint32_t*>(memory) = size_class;
    return static_cast<std::byte*>(memory) + kHeadBytes;
}

void* carve(uint32_t size_class) {
    const size_t bytes = bytes_of(size_class) + kHeadBytes;
    if (chunk_left < bytes) {
        chunk = static_cast<std::byte*>(std::malloc(kChunkBytes));
        chunk_left = chunk == nullptr ? 0 : kChunkBytes;
        if (chunk == nullptr) return nullptr;
    }
    void* const memory = chunk;
    chunk += bytes;
    chunk_left -= bytes;
    return memory;
}

}  // namespace

void* operator new(size_t bytes) {
    if (bytes > kBytesMax || !__libc_single_threaded) return with_head(std::malloc(bytes + kHeadBytes), kFromMalloc);
    const uint32_t size_class = class_of(bytes);
    Block* const block = free_blocks[size_class];
    if (block == nullptr) return with_head(carve(size_class), size_class);
    free_blocks[size_class] = block->next;
    return block;
}

void operator delete(void* memory) noexcept {
    if (memory == nullptr) return;
    std::byte* const head = static_cast<std::byte*>(memory) - kHeadBytes;
    const uint32_t size_class = *reinterpret_cast<const uint32_t*>(head);
    if (size_class == kFromMalloc) {
        std::free(head);
    } else if (__libc_single_threaded) {
        auto* const block = static_cast<Block*>(memory);
        block->next = free_blocks[size_class];
        free_blocks[size_class] = block;
    }
}

void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

#endif
