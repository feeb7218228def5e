// A filter, and a payload that it is asked of. Input: the filter, a zero byte, the payload.
#include "engine/payload/filter.hpp"
#include "engine/payload/json.hpp"
#include "frontends/codec/filter.hpp"
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz;
    using namespace vz::fuzz;
    Input input(data, size);
    const std::string text(input.text());
    const std::string payload(input.rest_text());
    const codec::RewrittenFilter rewritten = codec::rewrite_filter(text);
    codec::has_condition(text);
    if (rewritten.spelling == codec::Spelling::kWrong) return 0;
    const Result<Filter> filter = Filter::parse(rewritten.spelling == codec::Spelling::kTagged ? rewritten.text : text);
    if (!filter.ok()) return 0;
    if (!validate_payload(payload).ok()) return 0;
    const IdView id = *parse_id("7");
    const bool first = filter->matches(id, payload);
    check(first == filter->matches(id, payload));
    return 0;
}
