// Copying and moving points between collections: read, write to the destination, and of a move delete what is durable
// there.
#include <algorithm>

#include "frontends/codec/own_name.hpp"
#include "frontends/codec/points.hpp"
#include "frontends/codec/request_id.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/list.hpp"
#include "frontends/rest/record_room.hpp"
#include "frontends/text/names.hpp"

namespace vz::rest {
namespace {

using json::Value;

constexpr uint64_t kStepPoints = 1'000;

constexpr json::Field kFields[] = {{"destination", 0}, {"ids", 1}, {"wait", 2}};

enum class Fate : uint8_t { kWaiting, kOk, kMissing, kInsertFailed, kDeleteFailed, kToldBefore };

struct Transfer : Call {
    bool move;
    std::string_view source;
    std::string_view destination;
    vz_str* ids;
    Fate* fates;
    uint64_t id_count;

    // The step in flight: ids [from, until), of which `count` were found, at `positions`.
    uint64_t from;
    uint64_t until;
    uint64_t count;
    uint64_t step;
    uint64_t* positions;
    vz_str* found;
    vz_str* payloads;
    uint64_t* versions;
    int64_t* expires_ms;  // 0: never
    float* floats;
    uint32_t dim;
    char* room;  // for the vectors and payloads of a step: that of the step before is used again
    uint64_t room_bytes;
    vz_status* statuses;
    vz_parts parts;
    vz_get_request asked;
    vz_write_request wanted;
    vz_write_answer answer;
    vz_write_request wanted_before;
    uint64_t moved_before;  // by the request that this one repeats
};

void step(Transfer& call);

// Once something is copied the rest is done, too, and told.
int64_t deadline_ns(const Transfer& call) { return call.step == 0 ? call.view->deadline_ns : 0; }

std::string_view fate_name(Fate fate) {
    switch (fate) {
        case Fate::kOk: return "ok";
        case Fate::kMissing: return "missing_in_src";
        case Fate::kDeleteFailed: return "src_delete_failed";
        default: return "dst_insert_failed";
    }
}

void write_transfer(Call& base, json::Writer& out) {
    const auto& call = static_cast<Transfer&>(base);
    const auto done =
        call.moved_before + static_cast<uint64_t>(std::count(call.fates, call.fates + call.id_count, Fate::kOk));
    out.begin_object();
    out.field("src", call.source);
    out.field("dst", call.destination);
    out.field("requested", call.id_count);
    out.field(call.move ? "moved" : "copied", done);
    out.field("failed", call.id_count - done);
    out.key("results");
    out.begin_array();
    for (uint64_t i = 0; i < call.id_count; ++i) {
        if (call.fates[i] == Fate::kToldBefore) continue;  // which of them were done then, nobody remembers
        out.begin_object();
        out.field("id", view(call.ids[i]));
        out.field("status", fate_name(call.fates[i]));
        out.end_object();
    }
    out.end_array();
    out.end_object();
}

void next_step(Transfer& call) {
    call.from = call.until;
    ++call.step;
    if (call.from < call.id_count) return step(call);
    deliver(call, call.id_count * 64, &write_transfer);
}

// Steps before it are durable, and told.
void lose_step(Transfer& call) {
    std::fill(call.fates + call.from, call.fates + call.until, Fate::kInsertFailed);
    next_step(call);
}

// A step that fails as a whole ends the request if nothing was done yet; later ones are told point by point.
bool ends_here(Transfer& call) {
    if (call.op.status == VZ_OK) return false;
    // A destination for vectors of another length takes none of them.
    if (call.op.status == VZ_INVALID_ARGUMENT && call.error.reason == VZ_REASON_DIMENSION) return false;
    if (call.step == 0) {
        fail_op(call);
        return true;
    }
    return false;
}

void deleted(Call& base) {
    auto& call = static_cast<Transfer&>(base);
    uint64_t place = 0;
    for (uint64_t i = 0; i < call.count; ++i) {
        if (call.fates[call.positions[i]] != Fate::kOk) continue;
        // Gone already is as good as deleted.
        const vz_status status = call.op.status != VZ_OK ? call.op.status : call.statuses[place++];
        if (status != VZ_OK && status != VZ_NOT_FOUND) call.fates[call.positions[i]] = Fate::kDeleteFailed;
    }
    next_step(call);
}

void delete_copied(Transfer& call) {
    uint64_t kept = 0;
    for (uint64_t i = 0; i < call.count; ++i) {
        if (call.fates[call.positions[i]] != Fate::kOk) continue;
        call.found[kept] = call.found[i];
        call.versions[kept] = call.versions[i];
        ++kept;
    }
    if (kept == 0) return next_step(call);
    call.wanted = vz_write_request{};
    call.wanted.struct_size = sizeof(vz_write_request);
    call.wanted.kind = VZ_DELETE;
    call.wanted.flags = VZ_WRITE_PER_ITEM;
    call.wanted.condition = VZ_IF_VERSION;  // what was changed since it was read stays
    call.wanted.count = kept;
    call.wanted.ids = call.found;
    call.wanted.versions = call.versions;
    call.wanted.request_id = request_id(call, 2 * call.step + 1);
    std::fill_n(call.statuses, kept, VZ_OK);
    call.answer = vz_write_answer{};
    call.answer.struct_size = sizeof(vz_write_answer);
    call.answer.statuses = call.statuses;
    submit(call, VZ_OP_WRITE, call.source, &call.wanted, &call.answer, &deleted);
}

// A copy that was done before is of what that request found and named: a point is there if that record, or a later
// one, wrote it.
void looked_for(Call& base) {
    auto& call = static_cast<Transfer&>(base);
    call.names.collection = call.destination;
    vz_rows rows{};
    rows.struct_size = sizeof rows;
    const bool is_told = call.op.status == VZ_OK && vz_result_rows(call.result, 0, &rows, &call.error) == VZ_OK;
    for (uint64_t i = 0; i < call.count; ++i) {
        const bool is_there = is_told && rows.versions[i] != 0 && rows.versions[i] >= call.answer.lsn;
        call.fates[call.positions[i]] = is_there ? Fate::kOk : Fate::kInsertFailed;
    }
    vz_result_release(call.result);
    call.result = nullptr;
    delete_copied(call);
}

void look_for_copied(Transfer& call) {
    call.parts.flags = 0;
    call.asked = vz_get_request{};
    call.asked.struct_size = sizeof(vz_get_request);
    call.asked.count = call.count;
    call.asked.ids = call.found;
    call.asked.parts = &call.parts;
    submit(call, VZ_OP_GET, call.destination, &call.asked, &call.result, &looked_for);
}

void copied(Call& base) {
    auto& call = static_cast<Transfer&>(base);
    call.names.collection = call.destination;
    if (ends_here(call)) return;
    if (call.step == 0) note_outcome(call, call.answer.outcome);
    for (uint64_t i = 0; i < call.count; ++i) {
        const vz_status status = call.op.status != VZ_OK ? call.op.status : call.statuses[i];
        call.fates[call.positions[i]] = status == VZ_OK ? Fate::kOk : Fate::kInsertFailed;
    }
    if (!call.move) return next_step(call);
    if (call.op.status == VZ_OK && call.answer.outcome == VZ_REPLAYED) return look_for_copied(call);
    delete_copied(call);
}

// Chooses the rows of this step, in `positions`: those that are there, as many as one record takes. The bytes of
// their payloads.
uint64_t choose_rows(Transfer& call, const vz_rows& rows, const vz_vector_column* column) {
    RecordRoom room(kStepPoints);
    uint64_t payload_bytes = 0;
    call.count = 0;
    for (uint64_t row = 0; row < rows.count; ++row) {
        const uint64_t position = call.from + row;
        if (column == nullptr || rows.versions[row] == 0 || column->rows[row] == nullptr) {
            call.fates[position] = Fate::kMissing;
            continue;
        }
        if (!room.take(rows.ids[row], rows.payloads[row], call.dim)) {
            call.until = position;  // the rest comes with the next step
            break;
        }
        payload_bytes += rows.payloads[row].size;
        call.positions[call.count++] = position;
    }
    return payload_bytes;
}

// The step before is durable, and its room free. False: memory is short.
bool make_room(Transfer& call, uint64_t bytes) {
    if (bytes <= call.room_bytes) return true;
    // Steps differ a little, and what the arena gave it does not take back.
    const uint64_t wanted = bytes + bytes / 4;
    void* const place = call.arena.take(call.arena.owner, wanted, 64);
    if (place == nullptr) return false;
    call.room = static_cast<char*>(place);
    call.room_bytes = wanted;
    return true;
}

// Copies what was read out of the maps: the write that follows must not depend on the source's files. False: memory is
// short.
bool take_rows(Transfer& call, const vz_rows& rows) {
    const vz_vector_column* column = codec::default_column(rows);
    call.dim = column == nullptr ? 0 : column->dim;
    const uint64_t payload_bytes = choose_rows(call, rows, column);
    const uint64_t vector_bytes = uint64_t{call.dim} * sizeof(float);
    if (!make_room(call, call.count * vector_bytes + payload_bytes)) return false;
    char* vectors = call.room;
    char* payloads = call.room + call.count * vector_bytes;
    call.floats = reinterpret_cast<float*>(vectors);
    for (uint64_t i = 0; i < call.count; ++i) {
        const uint64_t row = call.positions[i] - call.from;
        const std::string_view payload = view(rows.payloads[row]);
        vectors = std::copy_n(static_cast<const char*>(column->rows[row]), vector_bytes, vectors);
        call.found[i] = call.ids[call.positions[i]];
        call.payloads[i] = payload.empty() ? vz_str{} : vz_str{payloads, payload.size()};
        payloads = std::copy(payload.begin(), payload.end(), payloads);
        call.versions[i] = rows.versions[row];
        call.expires_ms[i] = rows.expires_ms == nullptr ? 0 : rows.expires_ms[row];
    }
    return true;
}

void copy_found(Transfer& call);

void asked_before(Call& base) {
    auto& call = static_cast<Transfer&>(base);
    if (call.op.status == VZ_OK && call.answer.outcome == VZ_REPLAYED) {
        note_outcome(call, VZ_REPLAYED);
        call.moved_before += call.answer.applied;
        for (uint64_t i = call.from; i < call.until; ++i) {
            if (!call.move || call.fates[i] == Fate::kMissing) call.fates[i] = Fate::kToldBefore;
        }
        return call.move ? copy_found(call) : next_step(call);
    }
    const bool is_known = call.op.status == VZ_NOT_FOUND || call.op.status == VZ_CONFLICT;
    if ((!is_known || call.error.reason == VZ_REASON_COLLECTION) && ends_here(call)) return;
    // What is missing may have been moved.
    if (!is_known) return lose_step(call);
    copy_found(call);
}

// Points that are missing may have been moved by the first of several equal requests, or be gone with their collection.
// The engine knows whether it deleted, or copied, any for this one.
void ask_before(Transfer& call) {
    call.wanted_before = codec::question_of(request_id(call, 2 * call.step + (call.move ? 1 : 0)));
    call.answer = vz_write_answer{};
    call.answer.struct_size = sizeof(vz_write_answer);
    submit(call, VZ_OP_WRITE, call.source, &call.wanted_before, &call.answer, &asked_before);
}

void got(Call& base) {
    auto& call = static_cast<Transfer&>(base);
    call.names.collection = call.source;
    if (call.op.status == VZ_NOT_FOUND && call.view->idempotency_key.size != 0) {
        std::fill(call.fates + call.from, call.fates + call.until, Fate::kMissing);
        call.count = 0;
        return ask_before(call);
    }
    if (ends_here(call)) return;
    if (call.op.status != VZ_OK) return lose_step(call);
    vz_rows rows{};
    rows.struct_size = sizeof rows;
    vz_status status = vz_result_rows(call.result, 0, &rows, &call.error);
    if (status != VZ_OK) return fail_status(call, status);
    const bool has_memory = take_rows(call, rows);
    status = vz_result_check(call.result, &call.error);
    if (call.step == 0 && status != VZ_OK) return fail_status(call, status);
    if (call.step == 0 && !has_memory) return fail(call, codec::overloaded());
    vz_result_release(call.result);
    call.result = nullptr;
    if (status != VZ_OK || !has_memory) return lose_step(call);
    const Fate* const end = call.fates + call.until;
    const bool some_miss = std::find(call.fates + call.from, call.fates + call.until, Fate::kMissing) != end;
    if (some_miss && call.view->idempotency_key.size != 0) return ask_before(call);
    copy_found(call);
}

// One record of what was found. Points that expire keep their time, the others take what the destination says of new
// points. nullptr: memory is short.
const vz_write_request* copy_request(Transfer& call) {
    const auto continues = [&](uint64_t i) { return (call.expires_ms[i] != 0) == (call.expires_ms[i - 1] != 0); };
    uint64_t runs = 1;
    for (uint64_t i = 1; i < call.count; ++i) runs += continues(i) ? 0 : 1;
    auto* const chain = call.arena.make<vz_write_request>(runs);
    if (chain == nullptr) return nullptr;
    uint64_t from = 0;
    for (uint64_t run = 0; run < runs; ++run) {
        uint64_t to = from + 1;
        while (to < call.count && continues(to)) ++to;
        vz_write_request& request = chain[run];
        request.struct_size = sizeof request;
        request.kind = VZ_UPSERT;
        request.flags = VZ_WRITE_PER_ITEM;
        request.count = to - from;
        request.ids = call.found + from;
        request.payloads = call.payloads + from;
        request.vectors = {call.floats + from * call.dim, to - from, 0, call.dim, VZ_F32};
        if (call.expires_ms[from] != 0) request.expires_ms = call.expires_ms + from;
        if (run + 1 < runs) request.next = &request + 1;
        from = to;
    }
    chain->request_id = request_id(call, 2 * call.step);
    chain->deadline_ns = deadline_ns(call);
    return chain;
}

void copy_found(Transfer& call) {
    if (call.count == 0) return next_step(call);
    const vz_write_request* const request = copy_request(call);
    if (request == nullptr) {
        if (call.step == 0) return fail(call, codec::overloaded());
        return lose_step(call);
    }
    std::fill_n(call.statuses, call.count, VZ_OK);
    call.answer = vz_write_answer{};
    call.answer.struct_size = sizeof(vz_write_answer);
    call.answer.statuses = call.statuses;
    submit(call, VZ_OP_WRITE, call.destination, request, &call.answer, &copied);
}

void got_on_engine(Call& call) {
    // Copying a thousand points is more than a completion may do.
    on_worker(call, &got);
}

void step(Transfer& call) {
    call.until = std::min(call.id_count, call.from + kStepPoints);
    call.parts.struct_size = sizeof(vz_parts);
    call.parts.flags = VZ_PARTS_PAYLOAD | VZ_PARTS_VECTORS;
    call.asked = vz_get_request{};
    call.asked.struct_size = sizeof(vz_get_request);
    call.asked.count = call.until - call.from;
    call.asked.ids = call.ids + call.from;
    call.asked.parts = &call.parts;
    call.asked.deadline_ns = deadline_ns(call);
    submit(call, VZ_OP_GET, call.source, &call.asked, &call.result, &got_on_engine);
}

// False: the request was answered.
bool read_transfer(Transfer& call) {
    json::Reader reader(view(call.view->body), call.arena);
    List<vz_str> ids(call.arena);
    const bool good = reader.read(kFields, [&](uint32_t id, Value value) {
        if (id == 2 || reader.is_null(value)) return reader.skip(value);
        if (id == 0) return reader.string(value, call.destination);
        return reader.array(value, [&](uint64_t index, Value element) {
            if (index == call.frontend->batch_points_max) return reader.mistake("too many points in one request");
            std::string_view text;
            if (!reader.id(element, text)) return false;
            if (const char* reason = text::refuse_id(text)) return reader.mistake(reason);
            return ids.add(borrowed(text)) || reader.out_of_memory();
        });
    });
    if (!good) {
        fail_reading(call, reader);
        return false;
    }
    call.ids = ids.data();
    call.id_count = ids.size();
    const bool required = call.destination.data() == nullptr;
    if (required || call.destination == call.source) {
        fail(call, codec::validation("destination", required ? "required" : "is the source"));
        return false;
    }
    if (call.id_count == 0) fail(call, codec::validation("ids", "required, and not empty"));
    return call.id_count != 0;
}

void transfer(vzh_request* request, const vzh_view* view_in, bool move) {
    auto* call = begin<Transfer>(request, view_in);
    if (call == nullptr) return;
    call->move = move;
    call->source = call->param(0);
    if (!read_transfer(*call)) return;
    const uint64_t room = std::min(call->id_count, kStepPoints);
    call->fates = call->arena.make<Fate>(call->id_count);
    call->positions = call->arena.make<uint64_t>(room);
    call->found = call->arena.make<vz_str>(room);
    call->payloads = call->arena.make<vz_str>(room);
    call->versions = call->arena.make<uint64_t>(room);
    call->expires_ms = call->arena.make<int64_t>(room);
    call->statuses = call->arena.make<vz_status>(room);
    if (call->fates == nullptr || call->positions == nullptr || call->found == nullptr || call->payloads == nullptr ||
        call->versions == nullptr || call->expires_ms == nullptr || call->statuses == nullptr) {
        return fail(*call, codec::overloaded());
    }
    if (!enter(*call, call->destination, VZH_WRITE, "destination") ||
        !enter(*call, call->source, move ? VZH_WRITE : VZH_READ))
        return;
    // Under an alias, too.
    const std::string own = codec::own_name(call->frontend->engine, call->source);
    if (!own.empty() && own == codec::own_name(call->frontend->engine, call->destination))
        return fail(*call, codec::validation("destination", "is the source"));
    step(*call);
}

}  // namespace

void copy_vectors(vzh_request* request, const vzh_view* view_in) { transfer(request, view_in, false); }

void move_vectors(vzh_request* request, const vzh_view* view_in) { transfer(request, view_in, true); }

}  // namespace vz::rest
