// Deleting and changing the points that pass a filter: as one atomic write; or, where the client wants to hear of each,
// read first and then written in batches, every point under the version that was read; what was changed meanwhile is
// read again.
#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "frontends/codec/expiry.hpp"
#include "frontends/codec/filter.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/list.hpp"

namespace vz::rest {
namespace {

using json::Value;

constexpr uint32_t kBatchPoints = 10'000;
// Of a point that others change all the time; each takes a read and a write.
constexpr uint32_t kTriesMax = 100;
// Of a point that is not told: by now it does not pass.
constexpr vz_status kLeft = VZ_NOT_FOUND;

constexpr json::Field kDeleteFields[] = {{"filter", 0}, {"wait", 2}};
constexpr json::Field kUpdateFields[] = {{"filter", 0}, {"patch", 1}, {"wait", 2}};

struct Filtered : Call {
    bool is_delete;
    bool lists_all;
    bool is_repeat;
    std::string_view filter;
    std::string_view filter_sent;
    vz_str patch;
    int64_t* expires_ms;  // one time for all points, kBatchPoints times where each is named; nullptr: as it is
    uint64_t scanned;
    uint64_t applied;  // to points that are not listed
    vz_count_request counted;
    vz_write_request wanted;
    vz_write_answer answer;

    // Of lists_all.
    vz_scan_request page;
    std::string_view cursor;
    vz_str* ids;
    uint64_t* versions;
    vz_status* statuses;
    vz_str* patches;
    uint64_t id_count;
    uint64_t told_bytes;  // of the answer's list
    uint64_t room;
    uint64_t sent;  // points of batches that are done
    uint64_t step;

    // Of the batch, those that are being written: all, then those that were changed since they were read.
    uint64_t* picked;  // of ids
    vz_str* picked_ids;
    uint64_t* picked_versions;
    vz_status* picked_statuses;
    uint64_t picked_count;
    uint64_t tries;
    std::string_view picked_filter;
};

ItemFault fault_of(const Filtered& call, vz_status status) {
    vz_error error{};
    error.status = status;
    error.item = VZ_NO_ITEM;
    return keep(call, codec::from_engine(error, call.names));
}

void write_reply(Call& base, json::Writer& out) {
    const auto& call = static_cast<Filtered&>(base);
    const uint64_t changed =
        call.applied + static_cast<uint64_t>(std::count(call.statuses, call.statuses + call.id_count, VZ_OK));
    const auto left = static_cast<uint64_t>(std::count(call.statuses, call.statuses + call.id_count, kLeft));
    const uint64_t matched = call.applied + call.id_count - left;
    const char* const verb = call.is_delete ? "deleted" : "updated";
    out.begin_object();
    // Those that are there by now are not those of the first request, whose number nobody remembers.
    if (!call.is_repeat) out.field("scanned", std::max(call.scanned, matched));
    out.field("matched", matched);
    out.field(verb, changed);
    out.key("results");
    out.begin_array();
    for (uint64_t i = 0; i < call.id_count; ++i) {
        if (call.statuses[i] == kLeft) continue;
        out.begin_object();
        out.field("id", view(call.ids[i]));
        if (call.statuses[i] == VZ_OK) {
            out.field("status", verb);
        } else {
            write_fault(out, fault_of(call, call.statuses[i]));
        }
        out.end_object();
    }
    out.end_array();
    out.end_object();
}

void begin_write(Filtered& call) {
    call.wanted = vz_write_request{};
    call.wanted.struct_size = sizeof(vz_write_request);
    call.wanted.kind = call.is_delete ? VZ_DELETE : VZ_UPDATE;
    if (!call.is_delete) call.wanted.payload_mode = VZ_PAYLOAD_PATCH;
    call.wanted.expires_ms = call.expires_ms;
    if (call.step == 0) call.wanted.deadline_ns = call.view->deadline_ns;  // of what was begun the rest is done
    call.wanted.request_id = request_id(call, call.step);
    call.answer = vz_write_answer{};
    call.answer.struct_size = sizeof(vz_write_answer);
}

// ---- one atomic write ----

void written(Call& base) {
    auto& call = static_cast<Filtered&>(base);
    if (call.op.status != VZ_OK) return fail_op(call);
    note_outcome(call, call.answer.outcome);
    call.is_repeat = call.answer.outcome == VZ_REPLAYED;
    call.applied += call.answer.applied;
    deliver(call, 0, &write_reply);
}

void write_all(Filtered& call, Continue next) {
    begin_write(call);
    call.wanted.filter = borrowed(call.filter);
    if (!call.is_delete) call.wanted.payloads = &call.patch;
    submit(call, VZ_OP_WRITE, call.names.collection, &call.wanted, &call.answer, next);
}

// ---- read first ----

void write_batch(Filtered& call);
void write_picked(Filtered& call);
void told_again(Call& base);
void read_picked(Call& base);

uint64_t batch_end(const Filtered& call) { return std::min(call.id_count, call.sent + kBatchPoints); }

void tell(Filtered& call) { deliver(call, call.id_count * 64, &write_reply); }

// What came before is durable and has to be told.
void fail_rest(Filtered& call, vz_status status) {
    for (uint64_t i = 0; i < call.picked_count; ++i) call.statuses[call.picked[i]] = status;
    std::fill(call.statuses + batch_end(call), call.statuses + call.id_count, status);
    tell(call);
}

void picked_written(Call& base) {
    auto& call = static_cast<Filtered&>(base);
    if (call.op.status != VZ_OK) return call.step == 0 ? fail_op(call) : fail_rest(call, call.op.status);
    if (call.answer.outcome == VZ_REPLAYED) {
        // An equal request was faster: these are its points, or were.
        for (uint64_t i = 0; i < call.picked_count; ++i) call.statuses[call.picked[i]] = kLeft;
        call.id_count = batch_end(call);
        return told_again(call);
    }
    ++call.step;
    uint64_t changed = 0;
    for (uint64_t i = 0; i < call.picked_count; ++i) {
        call.statuses[call.picked[i]] = call.picked_statuses[i];
        if (call.picked_statuses[i] == VZ_CONFLICT) call.picked[changed++] = call.picked[i];
    }
    call.picked_count = changed;
    if (changed != 0 && ++call.tries < kTriesMax) return on_worker(call, &read_picked);
    call.sent = batch_end(call);
    write_batch(call);
}

void write_picked(Filtered& call) {
    for (uint64_t i = 0; i < call.picked_count; ++i) {
        call.picked_ids[i] = call.ids[call.picked[i]];
        call.picked_versions[i] = call.versions[call.picked[i]];
    }
    begin_write(call);
    call.wanted.flags = VZ_WRITE_PER_ITEM;
    call.wanted.condition = VZ_IF_VERSION;  // what was changed since it was read may no longer pass
    call.wanted.count = call.picked_count;
    call.wanted.ids = call.picked_ids;
    call.wanted.versions = call.picked_versions;
    if (!call.is_delete) call.wanted.payloads = call.patches;
    call.answer.statuses = call.picked_statuses;
    submit(call, VZ_OP_WRITE, call.names.collection, &call.wanted, &call.answer, &picked_written);
}

void picked_read(Call& base) {
    auto& call = static_cast<Filtered&>(base);
    vz_rows rows{};
    rows.struct_size = sizeof rows;
    vz_status status = call.op.status;
    if (status == VZ_OK) status = vz_result_rows(call.result, 0, &rows, &call.error);
    if (status == VZ_OK) status = vz_result_check(call.result, &call.error);
    if (status != VZ_OK) return fail_rest(call, status);
    std::unordered_map<std::string_view, uint64_t> versions;
    for (uint64_t row = 0; row < rows.count; ++row) versions.emplace(view(rows.ids[row]), rows.versions[row]);
    uint64_t passing = 0;
    for (uint64_t i = 0; i < call.picked_count; ++i) {
        const uint64_t at = call.picked[i];
        const auto found = versions.find(view(call.ids[at]));
        if (found == versions.end()) {
            call.statuses[at] = kLeft;
            continue;
        }
        call.versions[at] = found->second;
        call.picked[passing++] = at;
    }
    call.picked_count = passing;
    vz_result_release(call.result);
    call.result = nullptr;
    if (passing != 0) return write_picked(call);
    call.sent = batch_end(call);
    write_batch(call);
}

// Which of the points that were changed pass now.
void read_picked(Call& base) {
    auto& call = static_cast<Filtered&>(base);
    json::Text text;
    {
        json::Writer out(text.target());
        out.begin_object();
        out.key("must");
        out.begin_array();
        out.raw(call.filter);
        out.begin_object();
        out.key("has_id");
        out.begin_array();
        for (uint64_t i = 0; i < call.picked_count; ++i) out.string(view(call.ids[call.picked[i]]));
        out.end_array();
        out.end_object();
        out.end_array();
        out.end_object();
    }
    call.picked_filter = call.arena.copy(text.text());
    if (call.picked_filter.data() == nullptr) return fail_rest(call, VZ_OUT_OF_MEMORY);
    call.page = vz_scan_request{};
    call.page.struct_size = sizeof(vz_scan_request);
    call.page.filter = borrowed(call.picked_filter);
    call.page.limit = kBatchPoints;
    submit(call, VZ_OP_SCAN, call.names.collection, &call.page, &call.result,
           [](Call& done) { on_worker(done, &picked_read); });
}

void write_batch(Filtered& call) {
    if (call.sent == call.id_count) return tell(call);
    call.picked_count = batch_end(call) - call.sent;
    call.tries = 0;
    std::iota(call.picked, call.picked + call.picked_count, call.sent);
    write_picked(call);
}

void begin_batches(Filtered& call) {
    const uint64_t points = std::min<uint64_t>(kBatchPoints, call.id_count);
    call.statuses = call.arena.make<vz_status>(call.id_count);
    call.picked = call.arena.make<uint64_t>(points);
    call.picked_ids = call.arena.make<vz_str>(points);
    call.picked_versions = call.arena.make<uint64_t>(points);
    call.picked_statuses = call.arena.make<vz_status>(points);
    if (!call.is_delete) call.patches = call.arena.make<vz_str>(points);
    if (call.statuses == nullptr || call.picked == nullptr || call.picked_ids == nullptr ||
        call.picked_versions == nullptr || call.picked_statuses == nullptr ||
        (!call.is_delete && call.patches == nullptr))
        return fail(call, codec::overloaded());
    if (!call.is_delete) std::fill_n(call.patches, points, call.patch);
    write_batch(call);
}

// False: memory is short.
bool keep_ids(Filtered& call, const vz_rows& rows) {
    if (call.id_count + rows.count > call.room) {
        const uint64_t room = std::max(call.room * 2, call.id_count + rows.count);
        auto* ids = call.arena.make<vz_str>(room);
        auto* versions = call.arena.make<uint64_t>(room);
        if (ids == nullptr || versions == nullptr) return false;
        std::copy_n(call.ids, call.id_count, ids);
        std::copy_n(call.versions, call.id_count, versions);
        call.ids = ids;
        call.versions = versions;
        call.room = room;
    }
    for (uint64_t row = 0; row < rows.count; ++row) {
        const std::string_view id = call.arena.copy(view(rows.ids[row]));
        if (id.data() == nullptr) return false;
        call.told_bytes += json::quoted_bytes(id) + std::string_view(R"({"id":,"status":"deleted"},)").size();
        call.ids[call.id_count] = borrowed(id);
        call.versions[call.id_count++] = rows.versions[row];
    }
    call.cursor = rows.cursor.size == 0 ? std::string_view() : call.arena.copy(view(rows.cursor));
    return rows.cursor.size == 0 || call.cursor.data() != nullptr;
}

void scanned(Call& base);

void scan_page(Filtered& call) {
    call.page = vz_scan_request{};
    call.page.struct_size = sizeof(vz_scan_request);
    call.page.filter = borrowed(call.filter);
    call.page.cursor = borrowed(call.cursor);
    call.page.deadline_ns = call.view->deadline_ns;
    call.page.limit = kBatchPoints;
    submit(call, VZ_OP_SCAN, call.names.collection, &call.page, &call.result, &scanned);
}

void take_page(Call& base) {
    auto& call = static_cast<Filtered&>(base);
    vz_rows rows{};
    rows.struct_size = sizeof rows;
    vz_status status = vz_result_rows(call.result, 0, &rows, &call.error);
    if (status != VZ_OK) return fail_status(call, status);
    if (!keep_ids(call, rows)) return fail(call, codec::overloaded());
    if (call.told_bytes > vzh_limit(call.frontend->mount, "answer_mb") << 20)
        return fail(call, codec::validation("results", "the list would be too large; leave `results=all` out"));
    status = vz_result_check(call.result, &call.error);
    if (status != VZ_OK) return fail_status(call, status);
    vz_result_release(call.result);
    call.result = nullptr;
    if (call.cursor.data() != nullptr) return scan_page(call);
    begin_batches(call);
}

void scanned(Call& base) {
    auto& call = static_cast<Filtered&>(base);
    if (call.op.status != VZ_OK) return fail_op(call);
    // Copying ten thousand ids is more than a completion may do.
    on_worker(call, &take_page);
}

// ---- read first, a repeat ----

void ask_again(Call& base);

void told_again(Call& base) {
    auto& call = static_cast<Filtered&>(base);
    if (call.op.status != VZ_OK) return fail_op(call);
    if (call.step == 0) note_outcome(call, call.answer.outcome);
    call.is_repeat = true;
    call.applied += call.answer.applied;
    ++call.step;
    on_worker(call, &ask_again);
}

// The points that pass by now are others. The engine remembers how many each batch changed then, and no batch after
// those that it knows is begun.
void ask_again(Call& base) {
    auto& call = static_cast<Filtered&>(base);
    const auto is_known = was_done(call, call.step);
    if (!is_known) return;
    if (*is_known) return write_all(call, &told_again);
    if (call.step == 0) return scan_page(call);
    deliver(call, 0, &write_reply);
}

// ---- both ----

void points_counted(Call& base) {
    auto& call = static_cast<Filtered&>(base);
    const bool may_repeat = call.view->idempotency_key.size != 0;
    if (call.op.status != VZ_OK && !(call.op.status == VZ_NOT_FOUND && may_repeat)) return fail_op(call);
    call.scanned = call.number;
    if (!call.lists_all) return write_all(call, &written);
    if (may_repeat) return on_worker(call, &ask_again);
    scan_page(call);
}

bool read_filtered(Filtered& call) {
    json::Reader reader(view(call.view->body), call.arena);
    const std::span<const json::Field> fields =
        call.is_delete ? std::span<const json::Field>(kDeleteFields) : kUpdateFields;
    const bool good = reader.read(fields, [&](uint32_t id, Value value) {
        if (id == 2 || reader.is_null(value)) return reader.skip(value);
        if (id == 0) return read_filter(reader, value, call.filter_sent, call.filter);
        std::string_view patch;
        if (!reader.raw_object(value, patch)) return false;
        if (const char* reason = codec::refuse_expiry(patch)) return reader.mistake(codec::kExpiryKey, reason);
        call.patch = borrowed(patch);
        return true;
    });
    if (!good) {
        fail_reading(call, reader);
        return false;
    }
    const bool asks_nothing = call.filter.data() == nullptr || !codec::has_condition(call.filter);
    if (asks_nothing) {
        fail(call, codec::validation("filter", call.filter.data() == nullptr ? "required" : "must have a condition"));
    } else if (!call.is_delete && call.patch.data == nullptr) {
        fail(call, codec::validation("patch", "required"));
    } else {
        return true;
    }
    return false;
}

// The patch may say when the points expire. False: memory is short.
bool take_expiry(Filtered& call) {
    const auto expiry = codec::expiry_of_patch(view(call.patch));
    if (!expiry) return true;
    const uint64_t count = call.lists_all ? kBatchPoints : 1;
    call.expires_ms = call.arena.make<int64_t>(count);
    if (call.expires_ms == nullptr) return false;
    std::fill_n(call.expires_ms, count, *expiry);
    return true;
}

void start(vzh_request* request, const vzh_view* view_in, bool is_delete) {
    auto* call = begin<Filtered>(request, view_in);
    if (call == nullptr) return;
    call->is_delete = is_delete;
    call->names.payload = "patch";
    if (const auto results = query(*call, "results")) {
        if (*results != "errors" && *results != "all")
            return fail(*call, codec::validation("results", "must be \"errors\" or \"all\""));
        call->lists_all = *results == "all";
    }
    if (!read_filtered(*call) || !enter(*call, call->param(0), VZH_WRITE)) return;
    name_filter(*call, call->filter_sent);
    call->counted.struct_size = sizeof(vz_count_request);
    call->counted.deadline_ns = view_in->deadline_ns;
    if (!take_expiry(*call)) return fail(*call, codec::overloaded());
    submit(*call, VZ_OP_COUNT, call->names.collection, &call->counted, &call->number, &points_counted);
}

}  // namespace

void delete_by_filter(vzh_request* request, const vzh_view* view_in) { start(request, view_in, true); }

void bulk_update_metadata(vzh_request* request, const vzh_view* view_in) { start(request, view_in, false); }

}  // namespace vz::rest
