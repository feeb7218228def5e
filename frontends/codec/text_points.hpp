// Texts as points: one, or one for each chunk, with the text in the payload.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "frontends/codec/chunks.hpp"
#include "frontends/codec/embedding.hpp"
#include "frontends/codec/failure.hpp"
#include "frontends/json/arena.hpp"
#include "vectorizer/types.h"

namespace vz::codec {

inline constexpr uint64_t kTextBytesMax = 16u << 20;
// The points of a text are one record of the engine, which has no more.
inline constexpr uint64_t kRecordBytesMax = 32u << 20;
inline constexpr std::string_view kContentKey = "content";
inline constexpr std::string_view kChunkCountKey = "chunk_count";
inline constexpr std::string_view kParentIdKey = "parent_id";

struct TextOptions {
    bool auto_chunk = true;
    uint32_t chunk_size = kChunkBytes;
    uint32_t chunk_overlap = kChunkOverlap;
};
// One text as a client sent it, its id made where none was sent.
struct TextEntry {
    std::string_view id;
    std::string_view text;
    std::string_view metadata;  // a JSON object; absent: none
    TextOptions options;

    bool is_chunked() const { return options.auto_chunk && text.size() > options.chunk_size; }
};

struct TextPoint {
    vz_str id;
    vz_str payload;
    const float* vector;  // nullptr: a chunk without a word, which no search finds
    int64_t expires_ms;   // 0: as the collection says
};

// The points of an entry, in the arena. Fields of failures are those of the entry, behind its place in a batch:
// "texts[3].metadata.content".
Failure make_points(const TextEntry& entry, std::string_view place, Embedder& embedder, const json::Arena& arena,
                    std::span<const TextPoint>& points);
// "texts[3]."
std::string place_of_text(uint64_t index);

// Whether a point may have the id "<id>#<chunk>".
bool fits_chunk(std::string_view id, uint64_t chunk);
// "<id>#<chunk>", in the arena; absent: out of memory.
vz_str chunk_id(std::string_view id, uint64_t chunk, const json::Arena& arena);

}  // namespace vz::codec
