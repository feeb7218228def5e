// Indexes over payload fields: declared and dropped while the collection is in use.
#include "frontends/codec/element.hpp"
#include "frontends/codec/field_index.hpp"
#include "frontends/rest/describe.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/index_fields.hpp"

namespace vz::rest {
namespace {

enum FieldIndexId : uint32_t { kPath, kKind, kLanguage, kWait };
constexpr json::Field kFields[] = {{"path", kPath}, {"kind", kKind}, {"language", kLanguage}, {"wait", kWait}};

struct IndexCall : Call {
    vz_field_index index;
    vz_alter_change alteration;
    vz_alter_request wanted;
    const vz_collection_info* info;
    bool drops;
};

void write_index(json::Writer& out, const vz_field_index& index) {
    out.begin_object();
    out.field("path", view(index.path));
    out.field("kind", codec::field_index_kind_name(index.kind));
    if (index.language.size != 0) out.field("language", view(index.language));
    out.end_object();
}

void write_list(Call& base, json::Writer& out) {
    const auto& call = static_cast<IndexCall&>(base);
    const vz_schema* const schema = call.info->schema;
    out.begin_object();
    out.field("collection", call.names.collection);
    out.key("field_indexes");
    out.begin_array();
    const uint32_t count = schema == nullptr ? 0 : schema->field_index_count;
    for (uint32_t i = 0; i < count; ++i) write_index(out, *codec::element_at(schema->field_indexes, i));
    out.end_array();
    out.field("total", uint64_t{count});
    out.end_object();
}

void write_altered(Call& base, json::Writer& out) {
    const auto& call = static_cast<IndexCall&>(base);
    out.begin_object();
    out.field("collection", call.names.collection);
    out.key("field_index");
    write_index(out, call.index);
    out.field("status", call.drops ? "dropped" : "added");
    out.end_object();
}

void altered(Call& base) {
    base.error.item = VZ_NO_ITEM;  // the request is the one change, and no list
    if (base.op.status != VZ_OK) return fail_op(base);
    note_outcome(base, base.change.outcome);
    deliver(base, 0, &write_altered);
}

void alter(IndexCall& call, uint32_t kind) {
    if (!enter(call, call.param(0), VZH_WRITE)) return;
    call.drops = kind == VZ_ALTER_DROP_FIELD_INDEX;
    call.alteration.struct_size = sizeof call.alteration;
    call.alteration.kind = kind;
    call.alteration.field_index = &call.index;
    call.wanted.struct_size = sizeof call.wanted;
    call.wanted.change_count = 1;
    call.wanted.changes = &call.alteration;
    call.change.request_id = request_id(call, 0);
    submit(call, VZ_OP_COLLECTION_ALTER, call.names.collection, &call.wanted, &call.change, &altered);
}

}  // namespace

void list_field_indexes(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<IndexCall>(request, view_in);
    if (call == nullptr || !enter(*call, call->param(0), VZH_READ) || !describe(*call, call->param(0), call->info))
        return;
    deliver(*call, 0, &write_list);
}

void add_field_index(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<IndexCall>(request, view_in);
    if (call == nullptr) return;
    call->index.struct_size = sizeof call->index;
    json::Reader reader(view(view_in->body), call->arena);
    const bool good = reader.read(kFields, [&](uint32_t id, json::Value value) {
        return id == kWait ? reader.skip(value) : read_field_index_member(reader, id, value, call->index);
    });
    if (!good || !check_field_index(reader, call->index)) return fail_reading(*call, reader);
    alter(*call, VZ_ALTER_ADD_FIELD_INDEX);
}

void drop_field_index(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<IndexCall>(request, view_in);
    if (call == nullptr) return;
    call->index.struct_size = sizeof call->index;
    const auto path = query(*call, "path");
    const auto kind = query(*call, "kind");
    if (!path) return fail(*call, codec::validation("path", "required"));
    if (!kind) return fail(*call, codec::validation("kind", "required"));
    const auto known = codec::parse_field_index_kind(*kind);
    if (!known) return fail(*call, codec::validation("kind", codec::kFieldIndexKinds));
    call->index.path = borrowed(*path);
    call->index.kind = *known;
    alter(*call, VZ_ALTER_DROP_FIELD_INDEX);
}

}  // namespace vz::rest
