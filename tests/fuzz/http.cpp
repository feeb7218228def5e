// Requests as bytes from the network, cut in two anywhere. Input: u16 where to cut, the bytes.
#include "frontends/http/head_scan.hpp"
#include "frontends/http/parser.hpp"
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz::fuzz;
    using namespace vz::http;
    Input input(data, size);
    const auto cut = input.take<uint16_t>();
    const std::string bytes(input.rest_text());
    HeadScan whole;
    const Verdict verdict = whole.look(bytes);
    HeadScan parts;
    Verdict in_parts = parts.look(std::string_view(bytes).substr(0, bytes.empty() ? 0 : cut % bytes.size()));
    if (in_parts == Verdict::kMore) in_parts = parts.look(bytes);
    check(in_parts == verdict);
    if (verdict != Verdict::kComplete) return 0;
    check(whole.size() == parts.size() && whole.size() <= bytes.size() && whole.begin() <= whole.size());
    check(whole.chunked() == parts.chunked() && whole.content_length() == parts.content_length());
    check(!(whole.chunked() && whole.content_length().has_value()));
    Parser parser;
    Head head;
    const char* reason = "";
    if (!parser.head(std::string_view(bytes).substr(whole.begin(), whole.size() - whole.begin()), head, reason)) {
        check(reason != nullptr && *reason != '\0');
        return 0;
    }
    volatile uint64_t sum = sum_of(head.method) + sum_of(head.target) + sum_of(head.host) + sum_of(head.content_type);
    if (!whole.chunked()) return 0;
    constexpr uint64_t kLimit = 4096;
    std::string_view left = std::string_view(bytes).substr(whole.size());
    Body body;
    for (bool first = true; !left.empty(); first = false) {
        const size_t part = first ? cut % left.size() + 1 : left.size();
        size_t used = 0;
        const Chunks outcome = parser.chunks(left.substr(0, part), used, body, kLimit);
        check(used <= part && body.size() <= kLimit);
        if (outcome != Chunks::kMore || (used == 0 && part == left.size())) break;
        left.remove_prefix(used);
    }
    sum = sum + body.size();
    return 0;
}
