#include "frontends/http/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "frontends/text/spelling.hpp"

namespace vz::http {
namespace {

constexpr int kGzipOnly = MAX_WBITS + 16;
constexpr size_t kStepBytes = 64 * 1024;

struct Stream {
    z_stream z{};
    bool open = false;
    ~Stream() {
        if (open) inflateEnd(&z);
    }
};

}  // namespace

Inflated inflate_gzip(std::string_view bytes, uint64_t limit, Body& out) {
    Stream stream;
    if (inflateInit2(&stream.z, kGzipOnly) != Z_OK) return Inflated::kNoMemory;
    stream.open = true;
    size_t used = 0;
    for (;;) {
        if (stream.z.avail_in == 0 && used < bytes.size()) {
            const auto part = std::min<size_t>(bytes.size() - used, std::numeric_limits<uInt>::max());
            // zlib reads through a pointer to non-const, and does not write there.
            stream.z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + used));
            stream.z.avail_in = static_cast<uInt>(part);
            used += part;
        }
        // One byte beyond the limit tells "exactly full" from "more to come".
        const auto room = std::min<uint64_t>(kStepBytes, limit - out.size() + 1);
        if (!out.reserve_more(room)) return Inflated::kNoMemory;
        stream.z.next_out = reinterpret_cast<Bytef*>(out.end());
        stream.z.avail_out = static_cast<uInt>(room);
        const auto before = stream.z.avail_in;
        const int code = inflate(&stream.z, Z_NO_FLUSH);
        const auto made = room - stream.z.avail_out;
        out.grew(made);
        if (out.size() > limit) return Inflated::kTooLarge;
        if (code == Z_STREAM_END) {
            if (stream.z.avail_in == 0 && used == bytes.size()) return Inflated::kDone;
            if (inflateReset(&stream.z) != Z_OK) return Inflated::kBad;
            continue;
        }
        if (code == Z_MEM_ERROR) return Inflated::kNoMemory;
        if (code != Z_OK && code != Z_BUF_ERROR) return Inflated::kBad;
        if (made == 0 && before == stream.z.avail_in && used == bytes.size()) return Inflated::kBad;
    }
}

bool deflate_gzip(std::string_view bytes, Body& out) {
    constexpr int kFast = 1;
    constexpr int kMemoryLevel = 8;
    z_stream z{};
    if (bytes.size() > std::numeric_limits<uInt>::max()) return false;
    if (deflateInit2(&z, kFast, Z_DEFLATED, kGzipOnly, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) return false;
    bool done = false;
    const auto most = deflateBound(&z, static_cast<uLong>(bytes.size()));
    if (most <= std::numeric_limits<uInt>::max() && out.reserve_more(most)) {
        z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        z.avail_in = static_cast<uInt>(bytes.size());
        z.next_out = reinterpret_cast<Bytef*>(out.end());
        z.avail_out = static_cast<uInt>(most);
        done = deflate(&z, Z_FINISH) == Z_STREAM_END;
        if (done) out.grew(z.total_out);
    }
    deflateEnd(&z);
    return done;
}

bool accepts_gzip(std::string_view accepted) {
    while (!accepted.empty()) {
        const auto end = accepted.find(',');
        const auto each = accepted.substr(0, end);
        accepted = end == std::string_view::npos ? std::string_view() : accepted.substr(end + 1);
        const auto semicolon = each.find(';');
        if (!text::same_but_for_case(text::trim(each.substr(0, semicolon)), "gzip")) continue;
        const auto weight = semicolon == std::string_view::npos ? std::string_view() : each.substr(semicolon);
        return weight.find('=') == std::string_view::npos ||
               weight.find_first_of("123456789") != std::string_view::npos;
    }
    return false;
}

uint32_t crc_of(std::string_view bytes) {
    return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace vz::http
