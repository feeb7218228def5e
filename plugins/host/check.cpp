#include "plugins/host/check.hpp"

#include <cstdio>

#include "plugins/host/json_text.hpp"
#include "vectorizer/engine.h"

namespace vz::host {
namespace {

std::string_view view(vz_str text) {
    return {text.data, text.size};
}

void print(const vz_finding& finding, bool json) {
    const bool is_note = finding.status == VZ_OK;
    if (json) {
        std::printf("{\"severity\":\"%s\",\"file\":%s,\"offset\":%llu,\"message\":%s}\n", is_note ? "note" : "damage",
                    json_text(view(finding.file)).c_str(), static_cast<unsigned long long>(finding.offset),
                    json_text(view(finding.message)).c_str());
        return;
    }
    std::printf("%s  %.*s: %.*s\n", is_note ? "note  " : "damage", static_cast<int>(finding.file.size),
                finding.file.data, static_cast<int>(finding.message.size), finding.message.data);
}

}  // namespace

int check(const std::string& directory, bool json) {
    vz_directory_request request = {};
    request.struct_size = sizeof(request);
    request.kind = VZ_DIRECTORY_CHECK;
    vz_result* result = nullptr;
    vz_error error = {};
    if (vz_directory_run({directory.data(), directory.size()}, &request, &result, &error) != VZ_OK) {
        std::fprintf(stderr, "vectorizer: cannot check %s: %s\n", directory.c_str(), error.message);
        return 3;
    }
    uint64_t count = 0;
    const auto* findings = static_cast<const vz_finding*>(vz_result_items(result, VZ_RESULT_FINDINGS, &count));
    int code = 0;
    for (uint64_t i = 0; i < count; ++i) {
        const vz_finding& finding = *VZ_AT(vz_finding, findings, i);
        print(finding, json);
        if (finding.status != VZ_OK) {
            code = 2;
        } else if (code == 0) {
            code = 1;
        }
    }
    if (count == 0 && !json) std::printf("%s is clean\n", directory.c_str());
    vz_result_release(result);
    return code;
}

}  // namespace vz::host
