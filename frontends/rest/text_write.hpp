// Texts to store: made into points on a worker, written as one record or several, reported text by text.
#pragma once

#include "frontends/codec/text_record.hpp"
#include "frontends/rest/auto_creation.hpp"
#include "frontends/rest/fields.hpp"

namespace vz::rest {

struct TextItem {
    codec::TextEntry entry;
    uint32_t options_sent;  // bit id - kAutoChunk of each
    bool id_sent;
    std::span<const codec::TextPoint> points;
    ItemFault fault;  // set: the text is left out
};

struct TextBatch : CreatingCall {
    TextItem* items;
    uint64_t item_count;
    bool is_single;  // POST /insert: its one text's failure is the request's
    bool atomic;
    bool only_errors;
    bool has_turn;  // to bind the collection
    bool replayed;  // the engine knows the request: ids made for it now were never stored
    Write reply;

    // The texts without fault that no later one of the same id replaces; made for collections of this kind.
    codec::TextChange* changes;
    uint64_t change_count;
    uint32_t dimension;
    std::string_view stemmer;

    // The record in flight: changes [sent, until).
    uint64_t sent;
    uint64_t until;
    uint32_t records;
    uint32_t races;  // lost, of this record
    codec::TextRecord record;
    vz_write_answer answer;
};

inline constexpr uint32_t kRacesMax = 128;  // each ends with somebody's success

// Writes the batch to the collection and answers with batch.reply; asks for permission first.
void write_texts(TextBatch& batch, std::string_view collection);

// What was wrong with one text. True: that ends the request, which was answered.
bool note_fault(TextBatch& batch, uint64_t item, const codec::Failure& failure);

}  // namespace vz::rest
