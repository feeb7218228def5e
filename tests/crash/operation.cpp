#include "tests/crash/operation.hpp"

#include <algorithm>
#include <iterator>

namespace vz {

const char* operation_name(Operation::Kind kind) {
    static constexpr const char* kTexts[] = {"create",          "drop",
                                             "rename",          "set alias",
                                             "drop alias",      "put value",
                                             "drop value",      "upsert",
                                             "update payloads", "update vectors",
                                             "delete",          "clear",
                                             "checkpoint",      "compact",
                                             "snapshot",        "drop snapshot",
                                             "restore",         "idle",
                                             "delete filtered", "patch filtered",
                                             "add index",       "drop index",
                                             "clone",           "set expiry",
                                             "expire",          "add field",
                                             "drop field",      "tune field",
                                             "set metadata",    "set TTL",
                                             "alter several",   "rename keeping alias",
                                             "patch payloads",  "write chain",
                                             "snapshot all",    "export",
                                             "export snapshot", "export stream",
                                             "import",          "import over",
                                             "upsert per item", "update per item",
                                             "drop if empty",   "alter if empty"};
    static_assert(std::size(kTexts) == kOperationKinds);
    return kTexts[static_cast<size_t>(kind)];
}

bool FieldVectors::all_present() const {
    return std::all_of(present.begin(), present.end(), [](bool is_there) { return is_there; });
}

}  // namespace vz
