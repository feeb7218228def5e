#include "plugins/host/check.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "plugins/host/abi_text.hpp"
#include "plugins/host/json_text.hpp"
#include "vectorizer/engine.h"

namespace vz::host {
namespace {

void print_json(const vz_finding& finding) {
    std::printf("{\"severity\":\"%s\",\"collection\":%s,\"file\":%s,\"offset\":%llu,\"message\":%s}\n",
                finding.status == VZ_OK ? "note" : "damage", json_text(view(finding.collection)).c_str(),
                json_text(view(finding.file)).c_str(), static_cast<unsigned long long>(finding.offset),
                json_text(view(finding.message)).c_str());
}

void print_with_owner(const char* what, const vz_finding& finding) {
    const std::string owner =
        finding.collection.size == 0 ? "" : "collection '" + std::string(view(finding.collection)) + "': ";
    std::printf("%s  %.*s: %s%.*s\n", what, static_cast<int>(finding.file.size), finding.file.data, owner.c_str(),
                static_cast<int>(finding.message.size), finding.message.data);
}

void print_checked(const vz_finding& finding) {
    print_with_owner(finding.status == VZ_OK ? "note  " : "damage", finding);
}

void print_inspected(const vz_finding& finding) {
    std::printf("%12llu  %s%.*s\n", static_cast<unsigned long long>(finding.offset),
                finding.status == VZ_OK ? "" : "DAMAGE: ", static_cast<int>(finding.message.size),
                finding.message.data);
}

void print_repaired(const vz_finding& finding) {
    print_with_owner(finding.status == VZ_OK ? "mended" : "lost  ", finding);
}

// Codes of these three commands alone, for scripts that look at what was found.
constexpr int kFoundNotes = 1;
constexpr int kFoundDamage = 2;
constexpr int kUnreadable = 3;

struct Tool {
    uint32_t kind;
    uint32_t flags;
    std::string target;
};

// Null after it said why there is no result.
vz_result* run(const char* verb, const std::string& path, const Tool& tool) {
    vz_directory_request request = {};
    request.struct_size = sizeof(request);
    request.kind = tool.kind;
    request.flags = tool.flags;
    if (!tool.target.empty()) request.target = {tool.target.data(), tool.target.size()};
    vz_result* result = nullptr;
    vz_error error = {};
    if (vz_directory_run({path.data(), path.size()}, &request, &result, &error) == VZ_OK) return result;
    std::fprintf(stderr, "vectorizer: cannot %s %s: %s\n", verb, path.c_str(), error.message);
    return nullptr;
}

// The exit code of the worst finding; `print` shows each.
int show(const vz_result* result, int note_code, void (*print)(const vz_finding&)) {
    uint64_t count = 0;
    const auto* findings = static_cast<const vz_finding*>(vz_result_items(result, VZ_RESULT_FINDINGS, &count));
    int code = 0;
    for (uint64_t i = 0; i < count; ++i) {
        const vz_finding& finding = *VZ_AT(vz_finding, findings, i);
        print(finding);
        code = std::max(code, finding.status == VZ_OK ? note_code : kFoundDamage);
    }
    return code;
}

}  // namespace

int check(const std::string& directory, bool deep, bool json) {
    vz_result* const result = run("check", directory, {VZ_DIRECTORY_CHECK, deep ? VZ_DIRECTORY_DEEP : 0, ""});
    if (result == nullptr) return kUnreadable;
    const int code = show(result, kFoundNotes, json ? print_json : print_checked);
    if (code == 0 && !json) std::printf("%s is clean\n", directory.c_str());
    vz_result_release(result);
    return code;
}

int inspect(const std::string& file, bool json) {
    if (std::error_code ignored; std::filesystem::is_directory(file, ignored)) {
        std::fprintf(stderr,
                     "vectorizer: cannot inspect %s: it is a directory. Pass one file of it, or run `vectorizer check "
                     "%s` over all of them\n",
                     file.c_str(), file.c_str());
        return kUnreadable;
    }
    vz_result* const result = run("inspect", file, {VZ_DIRECTORY_INSPECT, 0, file});
    if (result == nullptr) return kUnreadable;
    const int code = show(result, 0, json ? print_json : print_inspected);
    vz_result_release(result);
    return code;
}

int repair(const std::string& directory, bool accept_loss, bool json) {
    if (!accept_loss) {
        const int code = check(directory, false, json);
        if (code == kFoundDamage) {
            std::fprintf(stderr,
                         "vectorizer: nothing was changed. `vectorizer repair %s --accept-loss` keeps what can be "
                         "read, drops the "
                         "rest, and leaves a copy of each damaged file in quarantine/\n",
                         directory.c_str());
        }
        return code == kFoundNotes ? 0 : code;
    }
    vz_result* const result = run("repair", directory, {VZ_DIRECTORY_REPAIR, VZ_DIRECTORY_ACCEPT_LOSS, ""});
    if (result == nullptr) return kUnreadable;
    uint64_t count = 0;
    static_cast<void>(vz_result_items(result, VZ_RESULT_FINDINGS, &count));
    show(result, 0, json ? print_json : print_repaired);
    if (!json) std::printf(count == 0 ? "%s is clean: nothing to repair\n" : "%s serves again\n", directory.c_str());
    vz_result_release(result);
    return 0;
}

}  // namespace vz::host
