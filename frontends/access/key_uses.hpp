// libvectorizer_key_uses.so.1: how often each API key was used, once in the process, whichever frontends let in by it.
// Frontends of one release share it; it promises nothing to others.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace vz::access {

using KeyHash = std::array<unsigned char, 32>;

// What became of a key. Any thread.
struct KeyUse {
    std::atomic<uint64_t> count{0};
    std::atomic<int64_t> last_s{0};

    void add(int64_t now_s) {
        count.fetch_add(1, std::memory_order_relaxed);
        last_s.store(now_s, std::memory_order_relaxed);
    }
};

}  // namespace vz::access

extern "C" {
// Any thread. The one of that key; it lives until it was let go as often as it was held. Throws std::bad_alloc.
vz::access::KeyUse* vzk_hold(const vz::access::KeyHash* hash);
void vzk_let_go(const vz::access::KeyHash* hash) noexcept;
}
