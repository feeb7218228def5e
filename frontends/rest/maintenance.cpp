// Saving, looking at what is saved, finding and removing empty collections, renaming.
#include "frontends/codec/collection.hpp"
#include "frontends/codec/element.hpp"
#include "frontends/codec/own_name.hpp"
#include "frontends/codec/time.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/list.hpp"
#include "frontends/text/hex.hpp"
#include "frontends/text/names.hpp"

namespace vz::rest {
namespace {

// ---- force-save ----

void write_saved(Call& call, json::Writer& out) {
    out.begin_object();
    out.field_boolean("success", true);
    out.field("message", std::string("Collection '").append(call.names.collection).append("' saved"));
    out.field_boolean("flushed", true);
    out.field("lsn", call.number);
    out.end_object();
}

void saved(Call& call) {
    if (call.op.status != VZ_OK) return fail_op(call);
    deliver(call, 0, &write_saved);
}

// ---- persistence ----

void write_texts(json::Writer& out, std::string_view name, const vz_str* texts, uint32_t count) {
    out.key(name);
    out.begin_array();
    for (uint32_t i = 0; i < count; ++i) out.string(view(texts[i]));
    out.end_array();
}

void write_segment(json::Writer& out, const vz_segment_info& segment) {
    out.begin_object();
    out.field("file", view(segment.file));
    out.field("rows", segment.rows);
    out.field("bytes", segment.bytes);
    out.field("hash", text::hex(segment.hash));
    if (segment.verified_ms == 0) {
        out.field_null("verified_at");
    } else {
        out.field("verified_at", codec::rfc3339(segment.verified_ms));
    }
    out.end_object();
}

void write_persistence(Call& call, json::Writer& out) {
    uint64_t count = 0;
    const auto* report =
        static_cast<const vz_persistence*>(vz_result_items(call.result, VZ_RESULT_PERSISTENCE, &count));
    out.begin_object();
    if (report != nullptr && count != 0) {
        out.field("name", view(report->name));
        out.field("state", codec::state_name(report->state));
        out.field_boolean("persisted", report->persisted != 0);
        out.field("last_lsn", report->last_lsn);
        out.field("durable_lsn", report->durable_lsn);
        out.field("checkpoint_lsn", report->checkpoint_lsn);
        out.field("points", report->points);
        out.field("points_in_wal_only", report->wal_points);
        out.field("wal_bytes_to_replay", report->wal_bytes);
        out.key("segments");
        out.begin_array();
        for (uint32_t i = 0; i < report->segment_count; ++i)
            write_segment(out, *codec::element_at(report->segments, i));
        out.end_array();
        write_texts(out, "snapshots", report->snapshots, report->snapshot_count);
        write_texts(out, "problems", report->problems, report->problem_count);
    }
    out.end_object();
}

void reported(Call& call) {
    if (call.op.status != VZ_OK) return fail_op(call);
    deliver(call, 0, &write_persistence);
}

// ---- empty collections ----

struct CleanupCall : Call {
    vz_str* names_empty;
    uint64_t empty_count;
    uint64_t next_drop;
    uint64_t dropped;
    bool dry_run;
};

// Names of the collections without points, copied: the list is not held. False: the request was answered.
bool find_empty(CleanupCall& call) {
    vz_status status = vz_collection_list(call.frontend->engine, &call.result, &call.error);
    if (status != VZ_OK) {
        call.result = nullptr;
        fail_status(call, status);
        return false;
    }
    uint64_t count = 0;
    const auto* infos =
        static_cast<const vz_collection_info*>(vz_result_items(call.result, VZ_RESULT_COLLECTIONS, &count));
    List<vz_str> empty(call.arena);
    for (uint64_t i = 0; infos != nullptr && i < count; ++i) {
        const vz_collection_info& info = *codec::element_at(infos, i);
        if (!sees(call, info.name) || info.stats == nullptr || info.stats->points != 0 || info.damage.size != 0)
            continue;
        const std::string_view name = call.arena.copy(view(info.name));
        if (name.data() == nullptr || !empty.add(borrowed(name))) {
            fail(call, codec::overloaded());
            return false;
        }
    }
    vz_result_release(call.result);
    call.result = nullptr;
    call.names_empty = empty.data();
    call.empty_count = empty.size();
    return true;
}

void write_empty(Call& base, json::Writer& out) {
    const auto& call = static_cast<CleanupCall&>(base);
    out.begin_object();
    out.field("status", "success");
    write_texts(out, "empty_collections", call.names_empty, static_cast<uint32_t>(call.empty_count));
    out.field("count", call.empty_count);
    out.end_object();
}

void answer_empty(Call& base) {
    auto& call = static_cast<CleanupCall&>(base);
    if (find_empty(call)) deliver(call, call.empty_count * 64, &write_empty);
}

void write_cleanup(Call& base, json::Writer& out) {
    const auto& call = static_cast<CleanupCall&>(base);
    const uint64_t count = call.dry_run ? call.empty_count : call.dropped;
    out.begin_object();
    out.field("status", "success");
    out.field_boolean("success", true);
    out.field("message", std::to_string(count) +
                             (call.dry_run ? " empty collection(s) would be deleted" : " empty collection(s) deleted"));
    out.field("deleted_count", call.dry_run ? uint64_t{0} : count);
    out.field("removed", call.dry_run ? uint64_t{0} : count);
    // Of a repeated request the engine knows how many went, not what they were called.
    write_texts(out, "collections", call.names_empty, static_cast<uint32_t>(call.names_empty == nullptr ? 0 : count));
    out.field_boolean("dry_run", call.dry_run);
    out.end_object();
}

// The request itself is part 0.
uint64_t drop_part(uint64_t dropped_before) { return 1 + dropped_before; }

void drop_next(CleanupCall& call);

void dropped_one(Call& base) {
    auto& call = static_cast<CleanupCall&>(base);
    // A collection that was filled, or dropped, meanwhile is none of ours.
    if (call.op.status == VZ_OK) {
        call.names_empty[call.dropped++] = call.names_empty[call.next_drop];
    } else if (call.op.status != VZ_CONFLICT && call.op.status != VZ_NOT_FOUND) {
        return fail_op(call);
    }
    ++call.next_drop;
    drop_next(call);
}

void drop_next(CleanupCall& call) {
    if (call.next_drop == call.empty_count) return deliver(call, call.dropped * 64, &write_cleanup);
    call.change = vz_change{};
    call.change.struct_size = sizeof(vz_change);
    call.change.flags = VZ_IF_EMPTY;
    call.change.request_id = request_id(call, drop_part(call.dropped));
    const std::string_view name = view(call.names_empty[call.next_drop]);
    call.names.collection = name;
    submit(call, VZ_OP_COLLECTION_DROP, name, nullptr, &call.change, &dropped_one);
}

void tell_again(CleanupCall& call) {
    note_outcome(call, VZ_REPLAYED);
    for (;; ++call.dropped) {
        const auto was_dropped = was_done(call, drop_part(call.dropped));
        if (!was_dropped) return;
        if (!*was_dropped) return deliver(call, 0, &write_cleanup);
    }
}

void clean(Call& base) {
    auto& call = static_cast<CleanupCall&>(base);
    if (!call.dry_run && call.view->idempotency_key.size != 0) {
        // Before anything goes, and where nothing does: what is empty by the time of a repeat is none of the request's.
        if (const vz_status status = remember(call); status != VZ_OK) return fail_status(call, status);
        if (call.change.outcome == VZ_REPLAYED) return tell_again(call);
    }
    if (!find_empty(call)) return;
    if (call.dry_run) return deliver(call, call.empty_count * 64, &write_cleanup);
    drop_next(call);
}

// ---- rename ----

struct RenameCall : Call {
    std::string_view old_name;
    bool retain;
    vz_rename_request wanted;
};

constexpr json::Field kRenameFields[] = {{"new_name", 0}, {"retain_alias", 1}, {"wait", 2}};

void write_renamed(Call& base, json::Writer& out) {
    const auto& call = static_cast<RenameCall&>(base);
    out.begin_object();
    out.field("old_name", call.old_name);
    out.field("new_name", view(call.wanted.to));
    if (call.retain) {
        out.field("alias_retained", call.old_name);
    } else {
        out.field_null("alias_retained");
    }
    out.field("status", "ok");
    out.end_object();
}

void renamed(Call& base) {
    auto& call = static_cast<RenameCall&>(base);
    if (call.op.status == VZ_ALREADY_EXISTS) call.names.collection = view(call.wanted.to);
    if (call.op.status != VZ_OK) return fail_op(call);
    note_outcome(call, call.change.outcome);
    // Whose the path's name is now has nothing to do with what was renamed then.
    if (call.change.outcome == VZ_REPLAYED) call.old_name = call.param(0);
    deliver(call, 0, &write_renamed);
}

}  // namespace

void force_save(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<Call>(request, view_in);
    if (call == nullptr || !enter(*call, call->param(0), VZH_WRITE)) return;
    submit(*call, VZ_OP_CHECKPOINT, call->names.collection, nullptr, &call->number, &saved);
}

void get_persistence(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<Call>(request, view_in);
    if (call == nullptr || !enter(*call, call->param(0), VZH_READ)) return;
    submit(*call, VZ_OP_PERSISTENCE_READ, call->names.collection, nullptr, &call->result, &reported);
}

void list_empty(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<CleanupCall>(request, view_in);
    if (call != nullptr) on_worker(*call, &answer_empty);
}

void cleanup(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<CleanupCall>(request, view_in);
    if (call == nullptr || !query_flag(*call, "dry_run", call->dry_run)) return;
    call->names.write = true;
    on_worker(*call, &clean);
}

void rename_collection(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<RenameCall>(request, view_in);
    if (call == nullptr) return;
    call->retain = true;
    std::string_view new_name;
    json::Reader reader(view(view_in->body), call->arena);
    const bool good = reader.read(kRenameFields, [&](uint32_t id, json::Value value) {
        if (id == 2 || reader.is_null(value)) return reader.skip(value);
        return id == 0 ? reader.string(value, new_name) : reader.boolean(value, call->retain);
    });
    if (!good) return fail_reading(*call, reader);
    if (new_name.data() == nullptr) return fail(*call, codec::validation("new_name", "required"));
    if (const char* reason = text::refuse_collection_name(new_name))
        return fail(*call, codec::validation("new_name", reason));
    call->old_name = call->param(0);
    if (!enter(*call, new_name, VZH_WRITE) || !enter(*call, call->old_name, VZH_WRITE)) return;
    // Under an alias, too, the collection's own name goes.
    const std::string own = codec::own_name(call->frontend->engine, call->old_name);
    if (!own.empty()) call->old_name = call->arena.copy(own);
    if (call->old_name.data() == nullptr) return fail(*call, codec::overloaded());
    call->wanted.struct_size = sizeof(vz_rename_request);
    if (call->retain) call->wanted.flags = VZ_RENAME_KEEP_ALIAS;
    call->wanted.to = borrowed(new_name);
    call->change.request_id = request_id(*call, 0);
    submit(*call, VZ_OP_COLLECTION_RENAME, call->old_name, &call->wanted, &call->change, &renamed);
}

}  // namespace vz::rest
