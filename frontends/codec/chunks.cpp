#include "frontends/codec/chunks.hpp"

#include <algorithm>

namespace vz::codec {
namespace {

constexpr size_t kInnerBytesMax = 3;  // of a character, behind its first

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }
bool is_inner(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool ends_sentence(std::string_view text, size_t end) {
    const char last = text[end - 1];
    return last == '\n' || ((last == '.' || last == '!' || last == '?') && is_space(text[end]));
}

// Where the piece that begins at `begin` and has to end before the text does ends: behind `covered`, where the one
// before it ended.
size_t end_of(std::string_view text, size_t begin, size_t covered, uint32_t size) {
    const size_t most = begin + size;
    for (size_t end = most; end > std::max<size_t>(most - size / 5, covered); --end) {
        if (ends_sentence(text, end)) return end;
    }
    for (size_t end = most; end > covered; --end) {
        if (is_space(text[end - 1])) return end;
    }
    size_t end = most;
    while (most - end < kInnerBytesMax && is_inner(text[end])) --end;
    return end;
}

size_t next_word(std::string_view text, size_t from, size_t end) {
    for (size_t at = std::max<size_t>(from, 1); at < end; ++at) {
        if (is_space(text[at - 1]) && !is_space(text[at])) return at;
    }
    return end;
}

}  // namespace

std::vector<std::string_view> cut_text(std::string_view text, uint32_t size, uint32_t overlap) {
    std::vector<std::string_view> pieces;
    size_t begin = 0;
    size_t end = 0;
    while (text.size() - begin > size) {
        end = end_of(text, begin, end, size);
        pieces.push_back(text.substr(begin, end - begin));
        begin = end > begin + overlap ? next_word(text, end - overlap, end) : end;
    }
    pieces.push_back(text.substr(begin));
    return pieces;
}

}  // namespace vz::codec
