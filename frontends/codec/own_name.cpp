#include "frontends/codec/own_name.hpp"

#include "frontends/codec/names.hpp"

namespace vz::codec {

std::string own_name(vz_engine* engine, std::string_view name) {
    vz_result* described = nullptr;
    vz_error error{};
    if (vz_collection_describe(engine, borrowed(name), &described, &error) != VZ_OK) return {};
    uint64_t count = 0;
    const auto* info =
        static_cast<const vz_collection_info*>(vz_result_items(described, VZ_RESULT_COLLECTIONS, &count));
    std::string own(info != nullptr && count == 1 ? view(info->name) : std::string_view());
    vz_result_release(described);
    return own;
}

}  // namespace vz::codec
