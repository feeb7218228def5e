// Texts as one atomic record of the engine: what was under an id goes, a point or all its chunks, and what the text has
// become comes.
//
// What was there is read first, so the record holds for that only: the points "<id>" and "<id>#0", and the chunks that
// go, must be as they were read, or the engine refuses it whole and the caller reads again. That also keeps apart
// writers of different frontends.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "frontends/codec/text_points.hpp"
#include "vectorizer/engine.h"

namespace vz::codec {

struct TextChange {
    std::string_view id;
    std::span<const TextPoint> points;
    uint64_t entry;  // of the request
    bool is_new;     // the id was made just now: nothing can be there
};

struct TextRecord {
    vz_write_request* chain;
    const uint64_t* entries;  // of each item of the chain, in its order
    uint64_t item_count;
};

// In the arena. [any]
Failure make_record(vz_engine* engine, std::string_view collection, std::span<const TextChange> changes,
                    uint32_t dimension, const Names& names, const json::Arena& arena, TextRecord& record);

// Whether a record was refused because somebody else wrote in between.
bool has_lost_race(vz_status status, const vz_error& error);

}  // namespace vz::codec
