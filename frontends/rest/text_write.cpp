#include "frontends/rest/text_write.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "frontends/codec/text_collection.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/record_room.hpp"

namespace vz::rest {
namespace {

constexpr uint64_t kRecordPoints = 20'000;

void prepare(Call& base);
void send_record(Call& base);

void reply_now(Call& base) {
    auto& batch = static_cast<TextBatch&>(base);
    deliver(batch, batch.item_count * 128, batch.reply);
}

void reply(TextBatch& batch) {
    if (batch.records == 0) return take_back(batch, &reply_now);
    reply_now(batch);
}

uint64_t record_end(const TextBatch& batch) {
    if (batch.atomic) return batch.change_count;
    RecordRoom room(kRecordPoints);
    const auto fits = [&](const codec::TextPoint& point) {
        return room.take(point.id, point.payload, batch.dimension);
    };
    uint64_t until = batch.sent;
    for (; until < batch.change_count; ++until) {
        const auto& points = batch.changes[until].points;
        if (!std::all_of(points.begin(), points.end(), fits) && until != batch.sent) break;
    }
    return until;
}

// What is told of a text that the engine refused, in the words of the request.
codec::Failure text_failure(const TextBatch& batch, vz_error error, uint64_t item) {
    const codec::TextEntry& entry = batch.items[item].entry;
    codec::Names names = batch.names;
    names.point = entry.id;
    // Both are in its payload.
    if (entry.text.size() > entry.metadata.size()) names.payload = "text";
    error.item = batch.is_single ? VZ_NO_ITEM : item;
    return codec::from_engine(error, names);
}

// The records before this one are durable: that has to be told, so the failure is that of the texts left.
template <typename FailureOf>
void fail_rest(TextBatch& batch, FailureOf failure_of) {
    for (uint64_t i = batch.sent; i < batch.change_count; ++i) {
        const uint64_t item = batch.changes[i].entry;
        batch.items[item].fault = keep(batch, failure_of(item));
    }
    reply(batch);
}

bool is_refusal_of_text(const TextBatch& batch) {
    return batch.error.item < batch.record.item_count && batch.op.status == batch.error.status;
}

void fail_all(Call& base) {
    auto& batch = static_cast<TextBatch&>(base);
    if (!is_refusal_of_text(batch)) return fail_op(batch);
    fail(batch, text_failure(batch, batch.error, batch.record.entries[batch.error.item]));
}

// True: the refusal was that of one text, which is left out.
bool leave_out(TextBatch& batch) {
    if (batch.atomic || !is_refusal_of_text(batch)) return false;
    const uint64_t item = batch.record.entries[batch.error.item];
    batch.items[item].fault = keep(batch, text_failure(batch, batch.error, item));
    const auto end = batch.changes + batch.change_count;
    batch.change_count =
        static_cast<uint64_t>(std::remove_if(batch.changes + batch.sent, end,
                                             [&](const codec::TextChange& change) { return change.entry == item; }) -
                              batch.changes);
    return true;
}

void written(Call& base) {
    auto& batch = static_cast<TextBatch&>(base);
    if (batch.op.status != VZ_OK) {
        if (codec::has_lost_race(batch.op.status, batch.error) && ++batch.races < kRacesMax)
            return on_worker(batch, &send_record);
        const bool is_gone = batch.op.status == VZ_NOT_FOUND && batch.error.reason == VZ_REASON_COLLECTION;
        if (is_gone && batch.may_create && batch.sent == 0) return on_worker(batch, &prepare);
        if (!batch.is_single && leave_out(batch))
            return batch.sent < batch.change_count ? on_worker(batch, &send_record) : reply(batch);
        if (batch.sent == 0) return take_back(batch, &fail_all);
        vz_error error = batch.error;
        error.status = batch.op.status;
        return fail_rest(batch, [&](uint64_t item) { return text_failure(batch, error, item); });
    }
    if (batch.records == 0) {
        batch.replayed = batch.answer.outcome == VZ_REPLAYED;
        note_outcome(batch, batch.answer.outcome);
    }
    batch.sent = batch.until;
    batch.races = 0;
    ++batch.records;
    if (batch.sent < batch.change_count) return on_worker(batch, &send_record);
    reply(batch);
}

void send_record(Call& base) {
    auto& batch = static_cast<TextBatch&>(base);
    batch.until = record_end(batch);
    const codec::Failure failure = codec::make_record(batch.frontend->engine, batch.names.collection,
                                                      {batch.changes + batch.sent, batch.until - batch.sent},
                                                      batch.dimension, batch.names, batch.arena, batch.record);
    if (codec::is_failure(failure))
        return batch.sent == 0 ? fail(batch, failure) : fail_rest(batch, [&](uint64_t) { return failure; });
    batch.record.chain->request_id = request_id(batch, batch.records);
    if (batch.records == 0) batch.record.chain->deadline_ns = batch.view->deadline_ns;
    batch.answer = vz_write_answer{};
    batch.answer.struct_size = sizeof batch.answer;
    submit(batch, VZ_OP_WRITE, batch.names.collection, batch.record.chain, &batch.answer, &written);
}

// Once for a kind of collection, however often that is looked at. False: the request was answered.
bool make_all_points(TextBatch& batch, uint32_t dimension, std::string_view stemmer) {
    if (batch.changes != nullptr && batch.dimension == dimension && batch.stemmer == stemmer) return true;
    codec::Embedder embedder(dimension, stemmer);
    batch.dimension = dimension;
    batch.stemmer = batch.arena.copy(stemmer);
    batch.change_count = 0;
    batch.changes = batch.arena.make<codec::TextChange>(batch.item_count);
    if (batch.changes == nullptr || batch.stemmer.data() == nullptr) {
        fail(batch, codec::overloaded());
        return false;
    }
    std::unordered_map<std::string_view, uint64_t> place_of;  // a later text of an id replaces an earlier one
    for (uint64_t i = 0; i < batch.item_count; ++i) {
        TextItem& item = batch.items[i];
        if (item.fault.message.data != nullptr) continue;
        const codec::Failure failure = codec::make_points(
            item.entry, batch.is_single ? std::string() : codec::place_of_text(i), embedder, batch.arena, item.points);
        if (codec::is_failure(failure)) {
            if (note_fault(batch, i, failure)) return false;
            continue;
        }
        const auto [known, is_new] = place_of.try_emplace(item.entry.id, batch.change_count);
        if (is_new) ++batch.change_count;
        batch.changes[known->second] = {item.entry.id, item.points, i, !item.id_sent};
    }
    return true;
}

void prepare_again(Call& base) { on_worker(base, &prepare); }

void create_missing(TextBatch& batch) {
    // What is refused whatever the collection is like makes none.
    if (!make_all_points(batch, codec::kTextDimension, "none")) return;
    if (batch.change_count == 0) return reply(batch);
    codec::CollectionNotes notes;
    notes.text = codec::text_note(codec::kTextDimension, "none");
    const std::string_view metadata = batch.arena.copy(codec::write_notes(notes));
    if (metadata.data() == nullptr) return fail(batch, codec::overloaded());
    codec::NewCollection wanted;
    wanted.dimension = codec::kTextDimension;
    wanted.field_flags = VZ_FIELD_COUNT_NONZERO;
    create_missing(batch, batch.records, wanted, borrowed(metadata), &prepare_again);
}

// What the collection is may be another once it is our turn.
void enter_turn(TextBatch& batch) {
    batch.has_turn = true;
    in_turn(batch, &prepare);
}

void leave_turn(TextBatch& batch) {
    if (std::exchange(batch.has_turn, false)) end_turn(batch);
}

void bound(Call& base) {
    // Lost to another writer: what the collection is now decides.
    if (base.op.status != VZ_OK && base.op.status != VZ_CONFLICT) return fail_op(base);
    base.change.flags = 0;
    leave_turn(static_cast<TextBatch&>(base));
    on_worker(base, &prepare);
}

void bind(TextBatch& batch, const codec::TextCollection& collection) {
    const vz_alter_request* const change = collection.bind("none", batch.arena);
    if (change == nullptr) return fail(batch, codec::overloaded());
    batch.change.flags = VZ_IF_EMPTY;
    submit(batch, VZ_OP_COLLECTION_ALTER, batch.names.collection, change, &batch.change, &bound);
}

// Where texts cannot be stored now, they may have been before: that is told as it was. False: they were not.
bool answer_repeat(TextBatch& batch) {
    const auto was_written = was_done(batch, 0);
    if (!was_written) return true;
    if (!*was_written) return false;
    // Cut as for a collection that it would make: of what kind that one was is not known any more.
    if (!make_all_points(batch, codec::kTextDimension, "none")) return true;
    batch.replayed = true;
    note_outcome(batch, VZ_REPLAYED);
    for (; batch.sent < batch.change_count; ++batch.records) {
        const auto is_known = was_done(batch, batch.records);
        if (!is_known) return true;
        if (!*is_known) {
            vz_error unknown{};
            unknown.status = VZ_OUTCOME_UNKNOWN;
            fail_rest(batch, [&](uint64_t item) { return text_failure(batch, unknown, item); });
            return true;
        }
        batch.until = record_end(batch);
        batch.sent = batch.until;
    }
    reply(batch);
    return true;
}

void prepare(Call& base) {
    auto& batch = static_cast<TextBatch&>(base);
    codec::TextCollection collection;
    const codec::Failure failure = collection.read(batch.frontend->engine, batch.names.collection, batch.names);
    if (codec::is_failure(failure)) {
        if (answer_repeat(batch)) return;
        if (failure.error_type == "collection_not_found" && batch.may_create) {
            leave_turn(batch);  // that of one that is gone
            return create_missing(batch);
        }
        return fail(batch, failure);
    }
    const bool may_bind =
        !collection.is_bound() && collection.is_empty() && collection.dimension() >= codec::kTextDimensionMin;
    if (const codec::Failure refusal = collection.refusal(); !may_bind && codec::is_failure(refusal))
        return answer_repeat(batch) ? void() : fail(batch, refusal);
    if (!make_all_points(batch, collection.dimension(),
                         collection.is_bound() ? std::string_view(collection.stemmer()) : "none"))
        return;
    if (batch.change_count == 0) return reply(batch);
    if (may_bind) return batch.has_turn ? bind(batch, collection) : enter_turn(batch);
    leave_turn(batch);
    send_record(batch);
}

}  // namespace

bool note_fault(TextBatch& batch, uint64_t item, const codec::Failure& failure) {
    if (batch.is_single || batch.atomic) {
        fail(batch, batch.is_single ? failure : codec::with_item(failure, item));
        return true;
    }
    batch.items[item].fault = keep(batch, failure);
    return false;
}

void write_texts(TextBatch& batch, std::string_view collection) {
    if (enter(batch, collection, VZH_WRITE)) on_worker(batch, &prepare);
}

}  // namespace vz::rest
