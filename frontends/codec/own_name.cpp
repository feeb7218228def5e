#include "frontends/codec/own_name.hpp"

#include "frontends/text/abi_text.hpp"

namespace vz::codec {
namespace {

// Nothing of the collection outlives the call of `read`.
template <typename Read>
void describe(vz_engine* engine, std::string_view name, Read read) {
    vz_result* described = nullptr;
    vz_error error{};
    if (vz_collection_describe(engine, text::borrowed(name), &described, &error) != VZ_OK) return;
    uint64_t count = 0;
    const auto* info =
        static_cast<const vz_collection_info*>(vz_result_items(described, VZ_RESULT_COLLECTIONS, &count));
    if (info != nullptr && count == 1) read(*info);
    vz_result_release(described);
}

}  // namespace

std::string own_name(vz_engine* engine, std::string_view name) {
    std::string own;
    describe(engine, name, [&](const vz_collection_info& info) { own = text::view(info.name); });
    return own;
}

vz_uuid identity(vz_engine* engine, std::string_view name) {
    vz_uuid uuid{};
    describe(engine, name, [&](const vz_collection_info& info) { uuid = info.uuid; });
    return uuid;
}

}  // namespace vz::codec
