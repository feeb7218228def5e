#include "frontends/codec/own_name.hpp"

#include "frontends/codec/names.hpp"

namespace vz::codec {
namespace {

template <typename Read>
std::string describe(vz_engine* engine, std::string_view name, Read read) {
    vz_result* described = nullptr;
    vz_error error{};
    if (vz_collection_describe(engine, borrowed(name), &described, &error) != VZ_OK) return {};
    uint64_t count = 0;
    const auto* info =
        static_cast<const vz_collection_info*>(vz_result_items(described, VZ_RESULT_COLLECTIONS, &count));
    std::string text(info != nullptr && count == 1 ? read(*info) : std::string_view());
    vz_result_release(described);
    return text;
}

}  // namespace

std::string own_name(vz_engine* engine, std::string_view name) {
    return describe(engine, name, [](const vz_collection_info& info) { return view(info.name); });
}

std::string identity(vz_engine* engine, std::string_view name) {
    return describe(engine, name, [](const vz_collection_info& info) {
        return std::string_view(reinterpret_cast<const char*>(info.uuid.bytes), sizeof info.uuid.bytes);
    });
}

}  // namespace vz::codec
