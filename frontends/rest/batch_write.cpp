#include <algorithm>

#include "frontends/codec/expiry.hpp"
#include "frontends/rest/batch.hpp"
#include "frontends/rest/broken_part.hpp"
#include "frontends/rest/record_room.hpp"

namespace vz::rest {
namespace {

constexpr uint64_t kErrorsMax = 256;

void send_record(Batch& batch);

const BatchItem& good_item(const Batch& batch, uint64_t good) { return batch.items[batch.positions[good]]; }

uint32_t abi_kind(BatchKind kind) {
    switch (kind) {
        case BatchKind::kUpdate: return VZ_UPDATE;
        case BatchKind::kDelete: return VZ_DELETE;
        default: return VZ_UPSERT;
    }
}

// How many of the items from `from` on go into one record.
uint64_t record_end(const Batch& batch, uint64_t from) {
    if (batch.atomic != 0) return batch.good_count;
    RecordRoom room(batch.import != 0 ? kImportRecordPoints : UINT64_MAX);
    const auto fits = [&](const BatchItem& item) { return room.take(item.id, item.payload, item.dimension); };
    uint64_t until = from;
    while (until < batch.good_count && fits(good_item(batch, until))) ++until;
    return until;
}

// An item between the two may have been left out, and its floats still lie there.
bool is_packed(const BatchItem& before, const BatchItem& item) {
    return item.dimension == before.dimension && (item.dimension == 0 || item.first == before.first + before.dimension);
}

// Consecutive items share a request if their vectors are rows of one matrix, whose length the engine judges, and all or
// none of them say when they expire.
bool build_chain(Batch& batch) {
    auto* expires = static_cast<int64_t*>(
        batch.arena.take(batch.arena.owner, (batch.until - batch.sent) * sizeof(int64_t), alignof(int64_t)));
    if (expires == nullptr) return false;
    const auto expiry = [&](uint64_t good) -> int64_t& { return expires[good - batch.sent]; };
    const auto continues = [&](uint64_t i) {
        return is_packed(good_item(batch, i - 1), good_item(batch, i)) && (expiry(i) != 0) == (expiry(i - 1) != 0);
    };
    uint64_t runs = 0;
    for (uint64_t i = batch.sent; i < batch.until; ++i) {
        expiry(i) = batch.kind == BatchKind::kDelete ? 0 : codec::expiry_of(view(batch.payloads[i])).value_or(0);
        if (i == batch.sent || !continues(i)) ++runs;
    }
    batch.chain = batch.arena.make<vz_write_request>(runs);
    if (batch.chain == nullptr) return false;
    uint64_t run = 0;
    for (uint64_t from = batch.sent; from < batch.until; ++run) {
        const BatchItem& first = good_item(batch, from);
        uint64_t to = from + 1;
        while (to < batch.until && continues(to)) ++to;
        vz_write_request& request = batch.chain[run];
        request.struct_size = sizeof request;
        request.kind = abi_kind(batch.kind);
        if (batch.atomic == 0) request.flags = VZ_WRITE_PER_ITEM;
        if (batch.kind == BatchKind::kDelete) request.condition = VZ_IF_PRESENT;
        request.count = to - from;
        request.ids = batch.ids + from;
        if (first.dimension != 0)
            request.vectors = {batch.floats + first.first, to - from, 0, static_cast<uint32_t>(first.dimension),
                               VZ_F32};
        if (batch.kind != BatchKind::kDelete) request.payloads = batch.payloads + from;
        if (expiry(from) != 0) request.expires_ms = &expiry(from);
        if (batch.record == 0) request.deadline_ns = batch.view->deadline_ns;  // of what was begun the rest is done
        if (run == 0) {
            request.request_id = request_id(batch, batch.record);
        } else {
            batch.chain[run - 1].next = &request;
        }
        from = to;
    }
    return true;
}

// The words of the request for one item.
codec::Names names_of(const Batch& batch, const BatchItem& item) {
    codec::Names names = batch.names;
    names.point = view(item.id);
    if (!item.vector_field.empty()) names.vector = item.vector_field;
    if (!item.payload_field.empty()) names.payload = item.payload_field;
    return names;
}

// No failure: the payload is JSON, or was not sent.
codec::Failure broken_payload(const Batch& batch, uint64_t good) {
    const BatchItem& item = good_item(batch, good);
    if (item.payload.size == 0) return {};
    const codec::Names names = names_of(batch, item);
    std::string field(names.items);
    field.append("[").append(std::to_string(batch.positions[good])).append("].").append(names.payload);
    return broken_part(batch, view(item.payload), field);
}

codec::Failure item_failure(const Batch& batch, const vz_error& error, uint64_t good) {
    if (error.status == VZ_INVALID_ARGUMENT) {
        codec::Failure broken = broken_payload(batch, good);
        if (codec::is_failure(broken)) return broken;
    }
    return codec::from_engine(error, names_of(batch, good_item(batch, good)));
}

// Takes over what the engine says of the record's items.
void note_items(Batch& batch) {
    for (uint64_t i = batch.sent; i < batch.until; ++i) {
        const vz_status status = batch.statuses[i - batch.sent];
        if (status == VZ_OK) continue;
        vz_error error{};
        error.status = status;
        error.item = VZ_NO_ITEM;
        const uint64_t known = std::min(batch.answer.error_count, batch.answer.error_capacity);
        const auto* end = batch.errors + known;
        const auto* found = std::find_if(static_cast<const vz_error*>(batch.errors), end,
                                         [&](const vz_error& e) { return e.item == i - batch.sent; });
        if (found != end) error = *found;
        if (error.status == VZ_NOT_FOUND && error.reason == VZ_REASON_NONE) error.reason = VZ_REASON_POINT;
        batch.items[batch.positions[i]].fault = keep(batch, item_failure(batch, error, i));
    }
}

// The engine remembers how many points of the record it wrote then: neither which, nor the ids that were made for them.
void note_repeated(Batch& batch) {
    const uint64_t count = batch.until - batch.sent;
    const uint64_t failed = count - std::min(count, batch.answer.applied);
    batch.failed_before += failed;
    for (uint64_t i = batch.sent; i < batch.until; ++i) {
        BatchItem& item = batch.items[batch.positions[i]];
        item.is_untold = failed != 0 || item.id_sent == 0;
    }
}

void fail_rest(Batch& batch) {
    for (uint64_t i = batch.sent; i < batch.good_count; ++i) {
        vz_error error = batch.error;
        error.status = batch.op.status;
        error.item = VZ_NO_ITEM;
        batch.items[batch.positions[i]].fault = keep(batch, item_failure(batch, error, i));
    }
}

// Half of an import is durable: the error says how much.
void stop_import(Batch& batch) {
    batch.error.status = batch.op.status;
    codec::Failure failure = codec::from_engine(batch.error, batch.names);
    uint64_t faults = batch.failed_before;
    for (uint64_t i = 0; i < batch.sent; ++i)
        faults += batch.items[batch.positions[i]].fault.message.data != nullptr ? 1 : 0;
    const std::string inserted = std::to_string(batch.sent - faults);
    failure.details.pop_back();
    if (failure.details.size() > 1) failure.details += ',';
    failure.details.append("\"inserted\":").append(inserted).append("}");
    // Behind its cause, a message speaks of a request of which nothing was done.
    failure.message.resize(std::min(failure.message.find(';'), failure.message.size()));
    failure.message.append("; ").append(inserted).append(" points are stored");
    fail(batch, failure);
}

void reply_now(Call& base) {
    auto& batch = static_cast<Batch&>(base);
    deliver(batch, batch.item_count * 128, batch.reply);
}

void reply(Batch& batch) {
    if (fault_count(batch) == batch.item_count) return take_back(batch, &reply_now);
    reply_now(batch);
}

// A record failed. Earlier ones are durable: they have to be told, so the failure is that of the items left.
void end_early(Batch& batch) {
    if (batch.sent == 0) {
        const uint64_t item = batch.error.item;
        if (item < batch.good_count) {
            batch.names = names_of(batch, good_item(batch, item));
            // Of a JSON body fail_op() looks for the place.
            if (batch.import != 0 && batch.op.status == VZ_INVALID_ARGUMENT) {
                const codec::Failure broken = broken_payload(batch, item);
                if (codec::is_failure(broken)) return fail(batch, codec::with_item(broken, batch.positions[item]));
            }
        }
        return take_back(batch, &fail_op);
    }
    if (batch.import != 0) return stop_import(batch);
    fail_rest(batch);
    reply(batch);
}

// The engine takes vectors of one length only: the items of any other are told so, the rest is sent again.
void leave_out_misfits(Batch& batch) {
    const auto dimension = static_cast<uint64_t>(batch.error.expected);
    uint64_t kept = batch.sent;
    for (uint64_t i = batch.sent; i < batch.good_count; ++i) {
        BatchItem& item = batch.items[batch.positions[i]];
        if (item.dimension != 0 && item.dimension != dimension) {
            vz_error error = batch.error;
            error.item = batch.positions[i];
            error.actual = static_cast<int64_t>(item.dimension);
            codec::Names names = names_of(batch, item);
            names.positions = {};
            item.fault = keep(batch, codec::from_engine(error, names));
            continue;
        }
        batch.positions[kept] = batch.positions[i];
        batch.ids[kept] = batch.ids[i];
        batch.payloads[kept] = batch.payloads[i];
        ++kept;
    }
    const bool smaller = kept < batch.good_count;
    batch.good_count = kept;
    if (!smaller) return take_back(batch, &fail_op);
    if (batch.sent == kept) return reply(batch);
    send_record(batch);
}

void send_again(Call& base) { send_record(static_cast<Batch&>(base)); }

void create_missing(Call& base) {
    auto& batch = static_cast<Batch&>(base);
    codec::NewCollection wanted;
    wanted.dimension = static_cast<uint32_t>(good_item(batch, 0).dimension);
    batch.names.vector = good_item(batch, 0).vector_field;
    create_missing(batch, batch.record, wanted, {}, &send_again);
}

void written(Call& base) {
    auto& batch = static_cast<Batch&>(base);
    const vz_status status = batch.op.status;
    if (status == VZ_NOT_FOUND && batch.error.reason == VZ_REASON_COLLECTION && batch.may_create)
        return on_worker(batch, &create_missing);
    if (status == VZ_INVALID_ARGUMENT && batch.error.reason == VZ_REASON_DIMENSION && batch.atomic == 0)
        return leave_out_misfits(batch);
    if (status != VZ_OK) {
        return end_early(batch);
    }
    batch.lsn = std::max(batch.lsn, batch.answer.lsn);
    if (batch.answer.outcome == VZ_REPLAYED) {
        note_repeated(batch);
    } else if (batch.atomic == 0) {
        note_items(batch);
    }
    if (batch.record == 0) note_outcome(batch, batch.answer.outcome);
    batch.sent = batch.until;
    ++batch.record;
    if (batch.sent < batch.good_count) return send_record(batch);
    reply(batch);
}

void send_record(Batch& batch) {
    batch.until = record_end(batch, batch.sent);
    const uint64_t count = batch.until - batch.sent;
    const uint64_t errors = std::min(count, kErrorsMax);
    if (batch.statuses == nullptr) {
        batch.statuses = batch.arena.make<vz_status>(batch.good_count);
        batch.errors = static_cast<vz_error*>(
            batch.arena.take(batch.arena.owner, std::min(batch.good_count, kErrorsMax) * sizeof(vz_error), 8));
    }
    if (batch.statuses == nullptr || batch.errors == nullptr || !build_chain(batch)) {
        batch.op.status = VZ_OUT_OF_MEMORY;
        batch.error = vz_error{};
        batch.error.item = VZ_NO_ITEM;
        return end_early(batch);
    }
    std::fill_n(batch.statuses, count, VZ_OK);
    batch.names.positions = {batch.positions + batch.sent, count};
    batch.answer = vz_write_answer{};
    batch.answer.struct_size = sizeof batch.answer;
    batch.answer.statuses = batch.statuses;
    batch.answer.errors = batch.errors;
    batch.answer.error_capacity = errors;
    submit(batch, VZ_OP_WRITE, batch.names.collection, batch.chain, &batch.answer, &written);
}

}  // namespace

void write_batch(Batch& batch, std::string_view collection) {
    if (!enter(batch, collection, VZH_WRITE)) return;
    if (batch.good_count != 0) return send_record(batch);
    // Nothing to write: a collection that is not there, and would not be made, is told before its points are.
    vz_collection_stats stats{};
    stats.struct_size = sizeof stats;
    const vz_status status =
        vz_collection_stats_read(batch.frontend->engine, borrowed(collection), &stats, &batch.error);
    if (status != VZ_OK && !(status == VZ_NOT_FOUND && batch.may_create)) return fail_status(batch, status);
    reply(batch);
}

}  // namespace vz::rest
