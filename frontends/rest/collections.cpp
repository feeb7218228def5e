#include "frontends/rest/collection_item.hpp"

#include "frontends/codec/collection.hpp"
#include "frontends/codec/element.hpp"
#include "frontends/rest/handlers.hpp"

namespace vz::rest {
namespace {

struct ListCall : ItemCall {
    uint64_t info_count;
};

void write_items(Call& base, json::Writer& out) {
    const auto& call = static_cast<ListCall&>(base);
    out.begin_object();
    out.key("collections");
    out.begin_array();
    uint64_t seen = 0;
    for (uint64_t i = 0; i < call.info_count; ++i) {
        const vz_collection_info& info = *codec::element_at(call.info, i);
        if (!sees(call, info.name)) continue;
        codec::write_item(out, info, call.full, [&](vz_str alias) { return sees(call, alias); });
        ++seen;
    }
    out.end_array();
    out.field("total_collections", seen);
    out.end_object();
}

void list_all(Call& base) {
    auto& call = static_cast<ListCall&>(base);
    const vz_status status = vz_collection_list(call.frontend->engine, &call.result, &call.error);
    if (status != VZ_OK) {
        call.result = nullptr;
        return fail_status(call, status);
    }
    call.info =
        static_cast<const vz_collection_info*>(vz_result_items(call.result, VZ_RESULT_COLLECTIONS, &call.info_count));
    if (call.info == nullptr) call.info_count = 0;
    deliver(call, 0, &write_items);
}

void write_dropped(Call& call, json::Writer& out) {
    out.begin_object();
    out.field("message", std::string("Collection '").append(call.names.collection).append("' deleted successfully"));
    out.end_object();
}

void dropped(Call& call) {
    if (call.op.status != VZ_OK) return fail_op(call);
    note_outcome(call, call.change.outcome);
    deliver(call, 0, &write_dropped);
}

}  // namespace

void list_collections(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<ListCall>(request, view_in);
    if (call != nullptr && wants_full(*call)) on_worker(*call, &list_all);
}

void get_collection(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<ItemCall>(request, view_in);
    if (call == nullptr || !wants_full(*call) || !enter(*call, call->param(0), VZH_READ)) return;
    answer_item(*call);
}

void delete_collection(vzh_request* request, const vzh_view* view_in) {
    auto* call = begin<Call>(request, view_in);
    if (call == nullptr || !enter(*call, call->param(0), VZH_WRITE)) return;
    call->change.request_id = request_id(*call, 0);
    submit(*call, VZ_OP_COLLECTION_DROP, call->names.collection, nullptr, &call->change, &dropped);
}

}  // namespace vz::rest
