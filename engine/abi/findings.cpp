// Whoever looks for damage: the offline tools, and verification.
#include <iterator>
#include <span>
#include <string>

#include "engine/abi/cancellation.hpp"
#include "engine/abi/checks.hpp"
#include "engine/abi/handle.hpp"
#include "engine/base/bytes.hpp"
#include "engine/runtime/check.hpp"
#include "engine/runtime/inspect.hpp"
#include "engine/runtime/repair.hpp"

namespace vz {
namespace {

void describe_findings(std::span<const CheckFinding> findings, Descriptions* out) {
    for (const CheckFinding& found : findings) {
        vz_finding finding = {};
        finding.struct_size = sizeof(finding);
        finding.status = found.status;
        finding.collection = out->keep(found.collection);
        finding.file = out->keep(found.file);
        finding.offset = found.offset;
        finding.message = out->keep(found.message);
        out->findings.push_back(finding);
    }
}

Result<std::vector<CheckFinding>> run_tool(FileSystem& files, const std::string& directory,
                                           const vz_directory_request& request) {
    if (request.kind != VZ_DIRECTORY_CHECK && request.kind != VZ_DIRECTORY_INSPECT &&
        request.kind != VZ_DIRECTORY_REPAIR)
        return failure(VZ_UNSUPPORTED, "of the offline tools, check, inspect and repair exist in this release")
            .field("kind");
    VZ_TRY(no_flags(request.flags, VZ_DIRECTORY_DEEP | VZ_DIRECTORY_ACCEPT_LOSS));
    const uint32_t allowed = request.kind == VZ_DIRECTORY_CHECK    ? VZ_DIRECTORY_DEEP
                             : request.kind == VZ_DIRECTORY_REPAIR ? VZ_DIRECTORY_ACCEPT_LOSS
                                                                   : 0;
    if ((request.flags & ~allowed) != 0)
        return failure(VZ_INVALID_ARGUMENT, "the tool does not take that flag")
            .field("flags")
            .reason(VZ_REASON_CONFLICTING);
    if (request.target.data != nullptr && request.kind != VZ_DIRECTORY_INSPECT)
        return failure(VZ_INVALID_ARGUMENT, "the tool takes no target").field("target").reason(VZ_REASON_CONFLICTING);
    switch (request.kind) {
        case VZ_DIRECTORY_CHECK: return check_directory(files, directory, {(request.flags & VZ_DIRECTORY_DEEP) != 0});
        case VZ_DIRECTORY_INSPECT:
            if (request.target.data == nullptr)
                return failure(VZ_INVALID_ARGUMENT, "inspect needs a file").field("target").reason(VZ_REASON_REQUIRED);
            return inspect_file(files, std::string(view(request.target)));
        default:
            if (request.flags == 0) {
                return failure(VZ_INVALID_ARGUMENT,
                               "repair gives up what cannot be read: it needs the flag that accepts the loss")
                    .field("flags")
                    .reason(VZ_REASON_REQUIRED);
            }
            return repair_directory(files, directory);
    }
}

}  // namespace
}  // namespace vz

using namespace vz;  // NOLINT(google-build-using-namespace): bodies of the ABI

extern "C" {

VZ_API vz_status vz_directory_run(vz_str directory, const vz_directory_request* request, vz_result** out,
                                  vz_error* error) VZ_NOEXCEPT {
    return guard_outside(error, [&]() -> Status {
        vz_directory_request given;
        VZ_TRY(take_in(request, &given));
        VZ_TRY(check_out(out));
        VZ_TRY(no_reserved(given.reserved));
        VZ_TRY(check_path(directory, "directory"));
        VZ_TRY(check_path(given.target, "target"));
        static Outstanding held;
        auto result = std::make_unique<vz_result>(&held);
        const std::unique_ptr<FileSystem> files = make_posix_file_system();
        VZ_ASSIGN(const std::vector<CheckFinding> findings, run_tool(*files, std::string(view(directory)), given));
        describe_findings(findings, result->describe(VZ_RESULT_FINDINGS));
        *out = result.release();
        return {};
    });
}

VZ_API vz_status vz_verify(vz_engine* engine, vz_str collection, const vz_verify_request* request, vz_result** out,
                           vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_verify_request given = {};
        if (request != nullptr) VZ_TRY(take_in(request, &given));
        VZ_TRY(check_out(out));
        VZ_TRY(no_flags(given.flags, VZ_VERIFY_DEEP));
        const Interruption until = interruption(given.deadline_ns);
        VZ_TRY(until.check());
        std::vector<std::shared_ptr<Collection>> collections;
        if (collection.data == nullptr) {
            collections = engine->engine->catalogue().list();
        } else {
            VZ_ASSIGN(std::shared_ptr<Collection> found, engine->engine->catalogue().resolve(view(collection)));
            collections.push_back(std::move(found));
        }
        std::vector<CheckFinding> all;
        for (const auto& each : collections) {
            VZ_ASSIGN(std::vector<CheckFinding> findings,
                      engine->engine->verification().verify(each, [&](uint64_t) { return until.check(); },
                                                            {(given.flags & VZ_VERIFY_DEEP) != 0}));
            std::move(findings.begin(), findings.end(), std::back_inserter(all));
        }
        auto result = std::make_unique<vz_result>(&engine->results);
        describe_findings(all, result->describe(VZ_RESULT_FINDINGS));
        *out = result.release();
        return {};
    });
}

}  // extern "C"
