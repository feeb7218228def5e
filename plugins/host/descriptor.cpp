#include "plugins/host/descriptor.hpp"

#include <cstddef>

namespace vz::host {
namespace {

std::string missing_function(const vz_frontend_descriptor& descriptor) {
    if (descriptor.create == nullptr) return "create";
    if (descriptor.start == nullptr) return "start";
    if (descriptor.drain == nullptr) return "drain";
    if (descriptor.idle == nullptr) return "idle";
    if (descriptor.stop == nullptr) return "stop";
    if (descriptor.destroy == nullptr) return "destroy";
    return descriptor.extension == nullptr ? "extension" : "";
}

std::string missing_text(const vz_frontend_descriptor& descriptor) {
    if (descriptor.id == nullptr) return "id";
    if (descriptor.name == nullptr) return "name";
    return descriptor.version == nullptr ? "version" : "";
}

}  // namespace

std::string descriptor_problem(const vz_frontend_descriptor* descriptor) {
    if (descriptor == nullptr) return "it cannot live with ABI 1.0";
    const std::string smaller = "its descriptor is smaller than that of version 1.0";
    if (descriptor->struct_size < offsetof(vz_frontend_descriptor, abi) + sizeof(descriptor->abi)) return smaller;
    // Another major may have another size: what it was built for is the better answer.
    if (descriptor->abi >> 16 != VZ_ABI_VERSION >> 16) {
        return "it was built for ABI " + std::to_string(descriptor->abi >> 16) + ", this host has 1";
    }
    if (descriptor->struct_size < sizeof(vz_frontend_descriptor)) return smaller;
    if (const std::string missing = missing_function(*descriptor); !missing.empty()) {
        return "it lacks the function '" + missing + "'";
    }
    if (const std::string missing = missing_text(*descriptor); !missing.empty()) {
        return "its descriptor has no " + missing;
    }
    return "";
}

}  // namespace vz::host
