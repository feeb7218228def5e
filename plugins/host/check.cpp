#include "plugins/host/check.hpp"

#include <algorithm>
#include <cstdio>

#include "plugins/host/json_text.hpp"
#include "vectorizer/engine.h"

namespace vz::host {
namespace {

std::string_view view(vz_str text) {
    return {text.data, text.size};
}

void print_json(const vz_finding& finding) {
    std::printf("{\"severity\":\"%s\",\"collection\":%s,\"file\":%s,\"offset\":%llu,\"message\":%s}\n",
                finding.status == VZ_OK ? "note" : "damage", json_text(view(finding.collection)).c_str(),
                json_text(view(finding.file)).c_str(), static_cast<unsigned long long>(finding.offset),
                json_text(view(finding.message)).c_str());
}

void print_checked(const vz_finding& finding) {
    std::printf("%s  %.*s: %.*s\n", finding.status == VZ_OK ? "note  " : "damage", static_cast<int>(finding.file.size),
                finding.file.data, static_cast<int>(finding.message.size), finding.message.data);
}

void print_inspected(const vz_finding& finding) {
    std::printf("%12llu  %s%.*s\n", static_cast<unsigned long long>(finding.offset),
                finding.status == VZ_OK ? "" : "DAMAGE: ", static_cast<int>(finding.message.size),
                finding.message.data);
}

// The exit code of the worst finding; `print` shows each.
int show(const vz_result* result, int note_code, void (*print)(const vz_finding&)) {
    uint64_t count = 0;
    const auto* findings = static_cast<const vz_finding*>(vz_result_items(result, VZ_RESULT_FINDINGS, &count));
    int code = 0;
    for (uint64_t i = 0; i < count; ++i) {
        const vz_finding& finding = *VZ_AT(vz_finding, findings, i);
        print(finding);
        code = std::max(code, finding.status == VZ_OK ? note_code : 2);
    }
    return code;
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
    const int code = show(result, 1, json ? print_json : print_checked);
    if (code == 0 && !json) std::printf("%s is clean\n", directory.c_str());
    vz_result_release(result);
    return code;
}

int inspect(const std::string& file, bool json) {
    vz_directory_request request = {};
    request.struct_size = sizeof(request);
    request.kind = VZ_DIRECTORY_INSPECT;
    request.target = {file.data(), file.size()};
    vz_result* result = nullptr;
    vz_error error = {};
    if (vz_directory_run({}, &request, &result, &error) != VZ_OK) {
        std::fprintf(stderr, "vectorizer: cannot inspect %s: %s\n", file.c_str(), error.message);
        return 3;
    }
    const int code = show(result, 0, json ? print_json : print_inspected);
    vz_result_release(result);
    return code;
}

}  // namespace vz::host
