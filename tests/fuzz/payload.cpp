// A payload and a merge patch of it. Input: the payload, a zero byte, the patch. Two JSON readers have to agree on what
// is JSON.
#include "engine/payload/json.hpp"
#include "engine/payload/merge_patch.hpp"
#include "frontends/json/reader.hpp"
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    Input input(data, size);
    const std::string payload(input.text());
    const std::string patch(input.rest_text());
    uint64_t offset = 0;
    const char* reason = nullptr;
    const bool is_json = json::check_json(payload, &offset, &reason);
    const bool is_payload = validate_payload(payload).ok();
    check(is_json || !is_payload);
    if (!is_payload || !validate_payload(patch).ok()) return 0;
    std::string merged;
    merge_patch(payload, patch, &merged);
    check(validate_payload(merged).ok() || merged.size() > (1U << 20));
    // RFC 7396: the same patch changes nothing the second time.
    std::string again;
    merge_patch(merged, patch, &again);
    check(again == merged);
    return 0;
}
