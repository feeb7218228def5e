#include "plugins/host/loaded_objects.hpp"

#include <link.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace vz::host {
namespace {

// Of the dynamic section of an object in memory.
struct Names {
    std::string own;
    std::vector<std::string> needed;
};

Names names_in(const dl_phdr_info& loaded, const ElfW(Phdr) & section) {
    const auto at = [&](uintptr_t address) {
        // The loader has made addresses of what are offsets in the file, but not in the kernel's object.
        if (address < loaded.dlpi_addr) address += loaded.dlpi_addr;
        return reinterpret_cast<const char*>(address);  // NOLINT(performance-no-int-to-ptr): an address it is
    };
    const auto* const entries = reinterpret_cast<const ElfW(Dyn)*>(at(loaded.dlpi_addr + section.p_vaddr));
    const char* texts = nullptr;
    for (const auto* entry = entries; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_STRTAB) texts = at(entry->d_un.d_ptr);
    }
    Names names;
    for (const auto* entry = entries; texts != nullptr && entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_SONAME) names.own = texts + entry->d_un.d_val;
        if (entry->d_tag == DT_NEEDED) names.needed.emplace_back(texts + entry->d_un.d_val);
    }
    return names;
}

// A library without a name of its own is needed by the name of its file.
std::string file_name(const char* path) {
    const char* const slash = std::strrchr(path, '/');
    return slash == nullptr ? path : slash + 1;
}

}  // namespace

LoadedObjects::LoadedObjects() {
    const auto take = [](dl_phdr_info* loaded, size_t, void* objects) {
        Object object;
        for (size_t i = 0; i < loaded->dlpi_phnum; ++i) {
            const ElfW(Phdr)& part = loaded->dlpi_phdr[i];
            const uintptr_t begin = loaded->dlpi_addr + part.p_vaddr;
            if (part.p_type == PT_LOAD && (part.p_flags & PF_X) != 0)
                object.code.push_back({begin, begin + part.p_memsz, false});
            if (part.p_type != PT_DYNAMIC) continue;
            Names names = names_in(*loaded, part);
            object.name = std::move(names.own);
            object.needs = std::move(names.needed);
        }
        if (object.name.empty()) object.name = file_name(loaded->dlpi_name);
        static_cast<std::vector<Object>*>(objects)->push_back(std::move(object));
        return 0;
    };
    ::dl_iterate_phdr(take, &objects_);
}

std::vector<LoadedObjects::Code> LoadedObjects::code_of(const void* address) const {
    const auto holds = [at = reinterpret_cast<uintptr_t>(address)](const Object& object) {
        return std::any_of(object.code.begin(), object.code.end(),
                           [&](const Code& code) { return at >= code.begin && at < code.end; });
    };
    const auto found = std::find_if(objects_.begin(), objects_.end(), holds);
    if (found == objects_.end()) return {};
    const auto asked = static_cast<size_t>(found - objects_.begin());
    const std::vector<size_t> of_program = closure(0);
    std::vector<Code> all;
    for (const size_t each : closure(asked)) {
        if (std::find(of_program.begin(), of_program.end(), each) != of_program.end()) continue;
        for (const Code& code : objects_[each].code) all.push_back({code.begin, code.end, each != asked});
    }
    return all;
}

// It, and what it needs, near before far.
std::vector<size_t> LoadedObjects::closure(size_t begin) const {
    std::vector<size_t> members = {begin};
    for (size_t i = 0; i < members.size(); ++i) {
        for (const std::string& name : objects_[members[i]].needs) {
            const auto needed = std::find_if(objects_.begin(), objects_.end(),
                                             [&](const Object& object) { return object.name == name; });
            const auto place = static_cast<size_t>(needed - objects_.begin());
            if (needed != objects_.end() && std::find(members.begin(), members.end(), place) == members.end())
                members.push_back(place);
        }
    }
    return members;
}

}  // namespace vz::host
