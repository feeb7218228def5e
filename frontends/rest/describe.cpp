#include "frontends/rest/describe.hpp"

#include "frontends/codec/collection.hpp"
#include "frontends/codec/own_name.hpp"

namespace vz::rest {

bool describe(Call& call, std::string_view collection, const vz_collection_info*& info) {
    const vz_status status =
        vz_collection_describe(call.frontend->engine, borrowed(collection), &call.result, &call.error);
    if (status != VZ_OK) {
        call.result = nullptr;
        fail_status(call, status);
        return false;
    }
    uint64_t count = 0;
    info = static_cast<const vz_collection_info*>(vz_result_items(call.result, VZ_RESULT_COLLECTIONS, &count));
    if (info != nullptr && count != 0) return true;
    fail(call, codec::collection_not_found(collection));
    return false;
}

bool find_metric(Call& call, std::string_view collection, vz_metric& metric) {
    const vz_collection_info* info = nullptr;
    if (!describe(call, collection, info)) return false;
    const vz_vector_field* field = codec::default_field(info->schema);
    metric = field == nullptr ? VZ_COSINE : field->metric;
    vz_result_release(call.result);
    call.result = nullptr;
    return true;
}

bool is_told_gone(Call& call) {
    if (call.view->idempotency_key.size == 0 || !codec::own_name(call.frontend->engine, call.names.collection).empty())
        return false;
    const auto was_made = was_done(call, 0);
    if (!was_made) return true;
    if (!*was_made) return false;
    note_outcome(call, VZ_REPLAYED);
    fail(call, codec::gone_since(call.names.collection));
    return true;
}

}  // namespace vz::rest
