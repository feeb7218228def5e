// Snapshots of one collection: made, listed, restored in place, deleted. An id is the moment and a number: it names the
// engine's snapshot.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "frontends/codec/collection.hpp"
#include "frontends/codec/element.hpp"
#include "frontends/codec/own_name.hpp"
#include "frontends/codec/time.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"

namespace vz::rest {
namespace {

constexpr uint32_t kSameMomentMax = 10'000;

struct SnapshotCall : Call {
    uint64_t number;  // of this moment
    int64_t now_s;
    vz_str id;
    vz_str collection;
    vz_snapshot_request wanted;
    vz_restore_request restored;
};

const vz_snapshot_info* infos_of(const vz_result* result, uint64_t& count) {
    return static_cast<const vz_snapshot_info*>(vz_result_items(result, VZ_RESULT_SNAPSHOTS, &count));
}

void write_snapshot(json::Writer& out, const vz_snapshot_info& info, std::string_view collection) {
    out.begin_object();
    out.field("id", view(info.name));
    out.field("collection", collection);
    out.field("created_at", codec::rfc3339(info.created_ms));
    out.field("size_bytes", info.bytes);
    out.field("status", "created");
    out.end_object();
}

// ---- make ----

void write_made(Call& base, json::Writer& out) {
    const auto& call = static_cast<SnapshotCall&>(base);
    uint64_t count = 0;
    const vz_snapshot_info* info = infos_of(call.result, count);
    if (info != nullptr) write_snapshot(out, *info, call.names.collection);
}

void make(SnapshotCall& call);

// For when the snapshot is deleted, so that no repeat makes another. It is there, whether that succeeds or not.
void remember_made(Call& call) {
    static_cast<void>(remember(call));
    deliver(call, 0, &write_made);
}

void made(Call& base) {
    auto& call = static_cast<SnapshotCall&>(base);
    const bool is_taken = call.op.status == VZ_ALREADY_EXISTS && call.error.reason == VZ_REASON_SNAPSHOT;
    if (is_taken && ++call.number < kSameMomentMax) return make(call);
    if (call.op.status != VZ_OK) return fail_op(call);
    if (call.view->idempotency_key.size != 0) return on_worker(call, &remember_made);
    deliver(call, 0, &write_made);
}

void make(SnapshotCall& call) {
    std::tm moment{};
    const std::time_t seconds = call.now_s;
    ::gmtime_r(&seconds, &moment);
    char text[48];
    const size_t length = std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ-", &moment);
    std::snprintf(text + length, sizeof text - length, "%llu", static_cast<unsigned long long>(call.number + 1));
    const std::string_view id = call.arena.copy(text);
    if (id.data() == nullptr) return fail(call, codec::overloaded());
    call.id = borrowed(id);
    call.collection = borrowed(call.names.collection);
    call.wanted.struct_size = sizeof call.wanted;
    call.wanted.name = call.id;
    call.wanted.collections = &call.collection;
    call.wanted.collection_count = 1;
    submit(call, VZ_OP_SNAPSHOT_CREATE, call.names.collection, &call.wanted, &call.result, &made);
}

// ---- list ----

// The snapshots of this collection alone, newest first.
std::vector<const vz_snapshot_info*> own_of(const SnapshotCall& call) {
    uint64_t count = 0;
    const vz_snapshot_info* infos = infos_of(call.result, count);
    std::vector<const vz_snapshot_info*> own;
    for (uint64_t i = 0; infos != nullptr && i < count; ++i) {
        const vz_snapshot_info* info = codec::element_at(infos, i);
        if (info->collection_count == 1 && view(info->collections[0]) == view(call.collection)) own.push_back(info);
    }
    std::sort(own.begin(), own.end(), [](const auto* a, const auto* b) {
        return a->created_ms != b->created_ms ? a->created_ms > b->created_ms
               : a->lsn != b->lsn             ? a->lsn > b->lsn
                                              : view(a->name) > view(b->name);
    });
    return own;
}

void write_list(Call& base, json::Writer& out) {
    const auto& call = static_cast<SnapshotCall&>(base);
    const auto own = own_of(call);
    out.begin_object();
    out.field("collection", call.names.collection);
    out.key("snapshots");
    out.begin_array();
    for (const vz_snapshot_info* info : own) write_snapshot(out, *info, call.names.collection);
    out.end_array();
    out.field("total", uint64_t{own.size()});
    out.end_object();
}

// An alias stands for its collection here as everywhere; a collection that is gone is known by the name it had.
void resolve_alias(SnapshotCall& call) {
    const std::string own = codec::own_name(call.frontend->engine, call.names.collection);
    if (!own.empty()) call.collection = borrowed(call.arena.copy(own));
}

// The list in call.result. False: the request was answered.
bool list(SnapshotCall& call) {
    call.collection = borrowed(call.names.collection);
    resolve_alias(call);
    if (call.collection.data == nullptr) {
        fail(call, codec::overloaded());
        return false;
    }
    const vz_status status = vz_snapshot_list(call.frontend->engine, &call.result, &call.error);
    if (status == VZ_OK) return true;
    call.result = nullptr;
    fail_status(call, status);
    return false;
}

void list_all(Call& base) {
    auto& call = static_cast<SnapshotCall&>(base);
    // Of a collection that is gone as well: its snapshots are what brings it back.
    if (!list(call)) return;
    const auto own = own_of(call);
    if (own.empty()) {
        vz_collection_stats stats{};
        stats.struct_size = sizeof stats;
        const vz_status status =
            vz_collection_stats_read(call.frontend->engine, borrowed(call.names.collection), &stats, &call.error);
        if (status != VZ_OK) return fail_status(call, status);
    }
    deliver(call, own.size() * 128, &write_list);
}

// ---- make, once ----

// A snapshot that is asked for under an Idempotency-Key has a number of that key, above those that a moment gives out:
// a repeat finds it by its name, over restarts too.
uint64_t number_of_key(const Call& call) {
    constexpr uint64_t kNumbers = 1'000'000'000'000;
    const vz_uuid request = request_id(call, 0);
    uint64_t number = 0;
    std::memcpy(&number, &request, sizeof number);
    return kNumbers + number % kNumbers;
}

const vz_snapshot_info* made_before(const SnapshotCall& call) {
    const std::string ending = "-" + std::to_string(call.number + 1);
    const auto own = own_of(call);
    const auto found =
        std::find_if(own.begin(), own.end(), [&](const auto* info) { return view(info->name).ends_with(ending); });
    return found == own.end() ? nullptr : *found;
}

void write_made_before(Call& base, json::Writer& out) {
    const auto& call = static_cast<SnapshotCall&>(base);
    if (const vz_snapshot_info* info = made_before(call)) write_snapshot(out, *info, call.names.collection);
}

// Until the answer, no other request with this key looks whether it was done.
bool is_alone(const Call& call) {
    const vz_uuid id = request_id(call, 0);
    std::string subject("request ");
    subject.append(reinterpret_cast<const char*>(id.bytes), sizeof id.bytes);
    return vzh_take_turn_if_free(call.request, borrowed(subject)) != 0;
}

void make_once(Call& base) {
    auto& call = static_cast<SnapshotCall&>(base);
    if (!is_alone(call)) return fail(call, codec::under_way());
    call.number = number_of_key(call);
    if (!list(call)) return;
    if (made_before(call) != nullptr) {
        static_cast<void>(remember(call));
        note_outcome(call, VZ_REPLAYED);
        return deliver(call, 0, &write_made_before);
    }
    vz_result_release(call.result);
    call.result = nullptr;
    const auto was_made = was_done(call, 0);
    if (!was_made) return;
    if (!*was_made) return make(call);
    note_outcome(call, VZ_REPLAYED);
    fail(call, codec::conflict("this request has made a snapshot before; it was deleted since"));
}

// ---- restore and delete ----

// Whether the snapshot is one of this collection; else the request was answered.
bool is_own(SnapshotCall& call) {
    if (!list(call)) return false;
    const auto own = own_of(call);
    const bool found =
        std::any_of(own.begin(), own.end(), [&](const auto* info) { return view(info->name) == view(call.id); });
    vz_result_release(call.result);
    call.result = nullptr;
    if (found) return true;
    call.error = vz_error{};
    call.error.status = VZ_NOT_FOUND;
    call.error.reason = VZ_REASON_SNAPSHOT;
    call.error.item = VZ_NO_ITEM;
    fail_status(call, VZ_NOT_FOUND);
    return false;
}

void write_restored(Call& base, json::Writer& out) {
    const auto& call = static_cast<SnapshotCall&>(base);
    out.begin_object();
    out.field("collection", call.names.collection);
    out.field("snapshot_id", view(call.id));
    out.field("status", "restored");
    out.end_object();
}

void restored(Call& base) {
    if (base.op.status != VZ_OK) return fail_op(base);
    note_outcome(base, base.change.outcome);
    deliver(base, 0, &write_restored);
}

// What was done before is answered so, although the snapshot may be gone by now. True: the request was answered.
bool answer_repeat(SnapshotCall& call, Write write) {
    const auto is_known = was_done(call, 0);
    if (!is_known) return true;
    if (!*is_known) return false;
    note_outcome(call, VZ_REPLAYED);
    deliver(call, 0, write);
    return true;
}

void restore(Call& base) {
    auto& call = static_cast<SnapshotCall&>(base);
    if (answer_repeat(call, &write_restored) || !is_own(call)) return;
    call.restored.struct_size = sizeof call.restored;
    call.restored.flags = VZ_RESTORE_REPLACE;
    call.restored.snapshot = call.id;
    call.restored.from = call.collection;
    call.change.request_id = request_id(call, 0);
    submit(call, VZ_OP_RESTORE, call.names.collection, &call.restored, &call.change, &restored);
}

void write_dropped(Call& base, json::Writer& out) {
    const auto& call = static_cast<SnapshotCall&>(base);
    out.begin_object();
    out.field("message", std::string("Snapshot '").append(view(call.id)).append("' deleted successfully"));
    out.field_boolean("success", true);
    out.end_object();
}

void dropped(Call& base) {
    if (base.op.status != VZ_OK) return fail_op(base);
    note_outcome(base, base.change.outcome);
    deliver(base, 0, &write_dropped);
}

void drop(Call& base) {
    auto& call = static_cast<SnapshotCall&>(base);
    if (answer_repeat(call, &write_dropped) || !is_own(call)) return;
    call.change.request_id = request_id(call, 0);
    submit(call, VZ_OP_SNAPSHOT_DROP, view(call.id), nullptr, &call.change, &dropped);
}

SnapshotCall* begin_snapshot(vzh_request* request, const vzh_view* view_in, uint32_t permission) {
    auto* call = begin<SnapshotCall>(request, view_in);
    if (call == nullptr || !enter(*call, call->param(0), permission)) return nullptr;
    return call;
}

SnapshotCall* begin_known(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_snapshot(request, view_in, VZH_ADMIN);
    if (call == nullptr) return nullptr;
    call->id = view_in->params[1].value;
    call->names.snapshot = view(call->id);
    return call;
}

}  // namespace

void create_snapshot(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_snapshot(request, view_in, VZH_WRITE);
    if (call == nullptr) return;
    call->now_s =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    if (view_in->idempotency_key.size != 0) return on_worker(*call, &make_once);
    make(*call);
}

void list_snapshots(vzh_request* request, const vzh_view* view_in) {
    if (auto* call = begin_snapshot(request, view_in, VZH_READ)) on_worker(*call, &list_all);
}

void restore_snapshot(vzh_request* request, const vzh_view* view_in) {
    if (auto* call = begin_known(request, view_in)) on_worker(*call, &restore);
}

void delete_snapshot(vzh_request* request, const vzh_view* view_in) {
    if (auto* call = begin_known(request, view_in)) on_worker(*call, &drop);
}

}  // namespace vz::rest
