// Aliases: listed, set or moved by one edit, deleted.
#include "frontends/codec/element.hpp"
#include "frontends/rest/fields.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/text/names.hpp"

namespace vz::rest {
namespace {

struct AliasCall : Call {
    std::string_view alias;
    vz_alias_change wanted;
    vz_alias_request request_;
};

void write_aliases(Call& call, json::Writer& out) {
    uint64_t count = 0;
    uint64_t total = 0;
    const auto* infos =
        static_cast<const vz_collection_info*>(vz_result_items(call.result, VZ_RESULT_COLLECTIONS, &count));
    out.begin_object();
    out.key("aliases");
    out.begin_array();
    for (uint64_t i = 0; infos != nullptr && i < count; ++i) {
        const vz_collection_info& info = *codec::element_at(infos, i);
        if (!sees(call, info.name)) continue;
        for (uint32_t j = 0; j < info.alias_count; ++j) {
            if (!sees(call, info.aliases[j])) continue;
            ++total;
            out.begin_object();
            out.field("alias", view(info.aliases[j]));
            out.field("collection", view(info.name));
            out.end_object();
        }
    }
    out.end_array();
    out.field("total", total);
    out.end_object();
}

void list(Call& call) {
    const vz_status status = vz_collection_list(call.frontend->engine, &call.result, &call.error);
    if (status == VZ_OK) return deliver(call, 0, &write_aliases);
    call.result = nullptr;
    fail_status(call, status);
}

void write_alias(Call& base, json::Writer& out) {
    const auto& call = static_cast<AliasCall&>(base);
    out.begin_object();
    out.field("alias", call.alias);
    if (call.wanted.collection.data == nullptr) {
        out.field_null("collection");
    } else {
        out.field("collection", view(call.wanted.collection));
    }
    out.field("status", "ok");
    out.end_object();
}

void applied(Call& base) {
    auto& call = static_cast<AliasCall&>(base);
    // The name is taken by a collection; what failed to be found is the collection, or in a deletion the alias.
    if (call.op.status == VZ_ALREADY_EXISTS) call.names.collection = call.alias;
    if (call.op.status == VZ_NOT_FOUND && call.error.reason == VZ_REASON_ALIAS) {
        codec::Failure failure = codec::collection_not_found(call.alias);
        failure.message = std::string("Alias not found: ").append(call.alias);
        return fail(call, failure);
    }
    if (call.op.status != VZ_OK) return fail_op(call);
    note_outcome(call, call.change.outcome);
    deliver(call, 0, &write_alias);
}

void apply(AliasCall& call) {
    call.wanted.alias = borrowed(call.alias);
    call.request_.struct_size = sizeof call.request_;
    call.request_.change_count = 1;
    call.request_.changes = &call.wanted;
    call.change.request_id = request_id(call, 0);
    submit(call, VZ_OP_ALIAS_APPLY, {}, &call.request_, &call.change, &applied);
}

AliasCall* begin_alias(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<AliasCall>(request, view_in);
    if (call == nullptr) return nullptr;
    call->alias = call->param(0);
    if (const char* reason = text::refuse_collection_name(call->alias)) {
        fail(*call, codec::validation("alias", reason));
        return nullptr;
    }
    // A key that is limited to collections may speak of an alias that it covers.
    return enter(*call, call->alias, VZH_WRITE) ? call : nullptr;
}

}  // namespace

void list_aliases(vzh_request* request, const vzh_view* view_in) {
    if (auto* call = begin<AliasCall>(request, view_in)) on_worker(*call, &list);
}

void set_alias(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin_alias(request, view_in);
    if (call == nullptr) return;
    constexpr json::Field kFields[] = {{"collection", 0}, {"wait", 1}};
    std::string_view collection;
    json::Reader reader(view(view_in->body), call->arena);
    if (!reader.read(kFields, [&](uint32_t id, json::Value value) {
            return id == 1 || reader.is_null(value) ? reader.skip(value) : reader.string(value, collection);
        })) {
        return fail_reading(*call, reader);
    }
    if (collection.data() == nullptr) return fail(*call, codec::validation("collection", "required"));
    if (!enter(*call, collection, VZH_WRITE)) return;
    call->wanted.collection = borrowed(collection);
    apply(*call);
}

void delete_alias(vzh_request* request, const vzh_view* view_in) {
    if (auto* call = begin_alias(request, view_in)) apply(*call);
}

}  // namespace vz::rest
