// Root fields that read collections.
#include "frontends/codec/element.hpp"
#include "frontends/graphql/resolvers.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

// Those that the request's key may know of.
struct Listed {
    std::span<const vz_collection_info*> infos;
};

void list_begin(RootCall& call) {
    vz_result* result = nullptr;
    vz_error error{};
    const vz_status status = vz_collection_list(call.engine(), &result, &error);
    if (status != VZ_OK) return call.fail(status, error);
    call.keep(result);
    Listed* listed = call.make<Listed>();
    uint64_t count = 0;
    const auto* infos = static_cast<const vz_collection_info*>(vz_result_items(result, VZ_RESULT_COLLECTIONS, &count));
    if (infos == nullptr) count = 0;
    listed->infos = call.arena->array<const vz_collection_info*>(count);
    size_t seen = 0;
    for (uint64_t i = 0; i < count; ++i) {
        const vz_collection_info* info = codec::element_at(infos, i);
        if (call.sees(text::view(info->name), VZH_READ)) listed->infos[seen++] = as_seen(call, info);
    }
    listed->infos = listed->infos.first(seen);
    call.state = listed;
}
FieldValue list_finish(RootCall& call) {
    constexpr ListItem kItem = [](const Source& list, uint64_t index) {
        return collection_value(static_cast<const vz_collection_info* const*>(list.object)[index]);
    };
    const Listed& listed = *static_cast<const Listed*>(call.state);
    return FieldValue::of_list(listed.infos.size(), kItem, listed.infos.data());
}

void one_begin(RootCall& call) {
    bool absent = false;
    call.state = describe_if_present(call, call.argument("name").text, absent);
}
FieldValue one_finish(RootCall& call) {
    return call.state == nullptr ? FieldValue::null()
                                 : collection_value(static_cast<const vz_collection_info*>(call.state));
}

constexpr RootResolver kCollectionRoots[] = {
    {"QueryRoot", "collections", "Failed to list collections: ", "", list_begin, list_finish},
    {"QueryRoot", "collection", "Failed to get collection: ", "name", one_begin, one_finish},
};

}  // namespace

std::span<const RootResolver> collection_roots() { return kCollectionRoots; }

}  // namespace vz::graphql
