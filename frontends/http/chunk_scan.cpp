#include "frontends/http/chunk_scan.hpp"

#include <algorithm>

namespace vz::http {
namespace {

constexpr uint32_t kSizeDigitsMax = 16;

// -1: no hexadecimal digit.
int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

bool ChunkScan::look(std::string_view bytes) {
    while (!bytes.empty() && at_ != At::kTrailers) {
        if (at_ == At::kBytes) {
            const auto part = std::min<uint64_t>(left_, bytes.size());
            left_ -= part;
            bytes.remove_prefix(part);
            if (left_ == 0) at_ = At::kBytesCr;
            continue;
        }
        if (!step(bytes.front())) return false;
        bytes.remove_prefix(1);
    }
    return true;
}

bool ChunkScan::step(char c) {
    switch (at_) {
        case At::kSize:
            if (const int digit = hex_value(c); digit >= 0) {
                left_ = left_ << 4 | static_cast<uint64_t>(digit);
                return ++digits_ <= kSizeDigitsMax;
            }
            at_ = c == ';' ? At::kExtension : At::kSizeEnd;
            return digits_ != 0 && (c == ';' || c == '\r');
        case At::kExtension:
            if (c == '\r') at_ = At::kSizeEnd;
            return c == '\r' || c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
        case At::kSizeEnd: at_ = left_ == 0 ? At::kTrailers : At::kBytes; return c == '\n';
        case At::kBytesCr: at_ = At::kBytesLf; return c == '\r';
        case At::kBytesLf:
            at_ = At::kSize;
            digits_ = 0;
            return c == '\n';
        default: return true;
    }
}

}  // namespace vz::http
