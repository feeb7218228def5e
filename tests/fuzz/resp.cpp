// A client of the Redis protocol: requests as bytes from the network, cut in two anywhere, executed on an engine that
// holds one collection. Input: u16 where to cut, the bytes.
#include "plugins/resp/protocol.hpp"
#include "plugins/resp/session.hpp"
#include "tests/fuzz/target.hpp"

namespace {

using vz::fuzz::check;
using vz::fuzz::sum_of;

constexpr float kVector[2] = {0.5F, -3e20F};
constexpr std::string_view kName = "docs";
// An element whose writes nobody knows the fate of, and where the engine says that it failed.
constexpr std::string_view kLost = "lost";
constexpr std::string_view kPath = "/srv/data/wal/W-1";
bool is_fate_unknown = false;  // of a write since it was last set to false
bool is_path_known = false;    // the client has said it itself: errors repeat what was sent

bool is_docs(vz_str text) { return std::string_view(text.data, text.size) == kName; }

// Every byte that the engine would read of a text.
uint64_t read(vz_str text) { return text.data == nullptr ? 0 : sum_of({text.data, text.size}); }

uint64_t read(const vz_matrix& matrix) {
    if (matrix.data == nullptr) return 0;
    return sum_of({static_cast<const char*>(matrix.data), matrix.rows * matrix.dim * sizeof(float)});
}

vz_status missing(vz_error* error) {
    if (error != nullptr) {
        *error = {};
        error->status = VZ_NOT_FOUND;
        error->reason = VZ_REASON_COLLECTION;
        std::snprintf(error->message, sizeof error->message, "there is none\r\nof that name");
    }
    return VZ_NOT_FOUND;
}

vz_status written(vz_str name, const vz_write_request& request, vz_error* error) {
    if (!is_docs(name)) return missing(error);
    if (std::string_view(request.ids[0].data, request.ids[0].size) != kLost) return VZ_OK;
    is_fate_unknown = true;
    *error = {};
    error->status = VZ_OUTCOME_UNKNOWN;
    std::snprintf(error->message, sizeof error->message, "cannot sync %s", kPath.data());
    return VZ_OUTCOME_UNKNOWN;
}

}  // namespace

struct vz_result {
    uint64_t rows = 0;
};

// The engine, as far as the commands ask it.
extern "C" {
const char* vz_build_info() noexcept { return "fuzzed"; }
vz_status vz_engine_stats_read(vz_engine*, vz_engine_stats* out, vz_error*) noexcept {
    out->collections = 1;
    return VZ_OK;
}
vz_status vz_collection_stats_read(vz_engine*, vz_str name, vz_collection_stats*, vz_error* error) noexcept {
    return is_docs(name) ? VZ_OK : missing(error);
}
vz_status vz_collection_create(vz_engine*, vz_str name, const vz_schema* schema, vz_change*, vz_error*) noexcept {
    check(schema->vector_field_count == 1 && schema->vector_fields->dim != 0);
    volatile uint64_t sum = read(name);
    static_cast<void>(sum);
    return VZ_OK;
}
vz_status vz_collection_drop(vz_engine*, vz_str name, vz_change*, vz_error* error) noexcept {
    return is_docs(name) ? VZ_OK : missing(error);
}
vz_status vz_write(vz_engine*, vz_str name, const vz_write_request* request, vz_write_answer*,
                   vz_error* error) noexcept {
    volatile uint64_t sum = read(*request->ids) + read(request->vectors);
    static_cast<void>(sum);
    return written(name, *request, error);
}
vz_status vz_collection_list(vz_engine*, vz_result** out, vz_error*) noexcept {
    *out = new vz_result;
    return VZ_OK;
}
vz_status vz_collection_describe(vz_engine*, vz_str name, vz_result** out, vz_error* error) noexcept {
    if (!is_docs(name)) return missing(error);
    *out = new vz_result;
    return VZ_OK;
}
const void* vz_result_items(const vz_result*, uint32_t kind, uint64_t* count) noexcept {
    static const vz_vector_field field = [] {
        auto made = vz::make<vz_vector_field>();
        made.dim = 2;
        made.metric = VZ_COSINE;
        return made;
    }();
    static const vz_schema schema = [] {
        auto made = vz::make<vz_schema>();
        made.vector_fields = &field;
        made.vector_field_count = 1;
        return made;
    }();
    static const vz_collection_info info = [] {
        auto made = vz::make<vz_collection_info>();
        made.name = vz::str(kName);
        made.schema = &schema;
        return made;
    }();
    *count = kind == VZ_RESULT_VALUES ? 0 : 1;
    if (kind == VZ_RESULT_VALUES) return nullptr;
    check(kind == VZ_RESULT_COLLECTIONS);
    return &info;
}
vz_status vz_value_list(vz_engine*, vz_str, vz_result** out, vz_error*) noexcept {
    *out = new vz_result;
    return VZ_OK;
}
vz_status vz_scan(vz_engine*, vz_str name, const vz_scan_request* request, vz_result** out, vz_error* error) noexcept {
    if (!is_docs(name)) return missing(error);
    check(request->limit >= 1 && request->skip + request->limit <= 2);
    *out = new vz_result{std::min<uint64_t>(request->limit, 2)};
    return VZ_OK;
}
vz_status vz_count(vz_engine*, vz_str name, const vz_count_request*, uint64_t* count, vz_error* error) noexcept {
    if (!is_docs(name)) return missing(error);
    *count = 2;
    return VZ_OK;
}
vz_status vz_get(vz_engine*, vz_str name, const vz_get_request* request, vz_result** out, vz_error* error) noexcept {
    if (!is_docs(name)) return missing(error);
    *out = new vz_result{request->count};
    return VZ_OK;
}
vz_status vz_search(vz_engine*, vz_str name, const vz_search_request* request, vz_result** out,
                    vz_error* error) noexcept {
    volatile uint64_t sum = read(request->queries) + read(request->filter);
    static_cast<void>(sum);
    if (!is_docs(name)) return missing(error);
    check(request->k >= 1 && request->queries.rows == 1 && request->queries.dim != 0);
    *out = new vz_result{std::min<uint64_t>(request->k, 2)};
    return VZ_OK;
}
vz_status vz_result_rows(const vz_result* result, uint64_t, vz_rows* out, vz_error*) noexcept {
    static const vz_str ids[2] = {vz::str("a\r\n"), vz::str("7")};
    static const vz_str payloads[2] = {vz::str("{}"), vz::str(R"({"t":"x"})")};
    static const uint8_t kinds[2] = {};
    static const uint64_t versions[2] = {4, 0};
    static const int64_t expiries[2] = {};
    static const float scores[2] = {1, -0.25F};
    static const void* const vectors[2] = {kVector, nullptr};
    static const vz_vector_column column = {sizeof column, 0, {}, 2, VZ_F32, vectors};
    check(result->rows <= 2);
    out->count = result->rows;
    out->ids = ids;
    out->id_kinds = kinds;
    out->versions = versions;
    out->expires_ms = expiries;
    out->scores = scores;
    out->payloads = payloads;
    out->vectors = &column;
    out->vector_count = 1;
    return VZ_OK;
}
vz_status vz_result_check(const vz_result*, vz_error*) noexcept { return VZ_OK; }
void vz_result_release(vz_result* result) noexcept { delete result; }
vz_status vz_submit(vz_engine*, vz_op* const* ops, uint32_t count) noexcept {
    for (uint32_t i = 0; i < count; ++i) {
        vz_op& op = *ops[i];
        const auto& request = *static_cast<const vz_write_request*>(op.request);
        volatile uint64_t sum = read(op.collection) + read(request.ids[0]) + read(request.vectors);
        if (request.payloads != nullptr) sum = sum + read(request.payloads[0]);
        check(request.count == 1);
        op.status = written(op.collection, request, op.error);
        op.done(&op);
    }
    return VZ_OK;
}
}

namespace {

// Takes one reply from the front; it is whole and well formed, in the version that holds.
void take_reply(std::string_view& bytes) {
    const size_t end = bytes.find("\r\n");
    check(end != std::string_view::npos && end != 0);
    const char type = bytes[0];
    const std::string_view line = bytes.substr(1, end - 1);
    bytes.remove_prefix(end + 2);
    int64_t number = 0;
    switch (type) {
        case '+':
        case '-': check(is_path_known || line.find(kPath) == std::string_view::npos); [[fallthrough]];
        case '_':
        case '#':
        case ',': check(line.find_first_of("\r\n") == std::string_view::npos); break;
        case ':': check(resp::parse_integer(line, INT64_MIN, INT64_MAX, &number)); break;
        case '$':
            check(resp::parse_integer(line, -1, INT64_MAX, &number));
            if (number < 0) break;
            check(bytes.size() >= static_cast<size_t>(number) + 2 &&
                  bytes.substr(static_cast<size_t>(number), 2) == "\r\n");
            bytes.remove_prefix(static_cast<size_t>(number) + 2);
            break;
        case '*':
        case '%':
            check(resp::parse_integer(line, 0, INT64_MAX, &number));
            for (int64_t i = 0; i < number * (type == '%' ? 2 : 1); ++i) take_reply(bytes);
            break;
        default: check(false);
    }
}

// Ends the session without an answer.
bool is_of_a_browser(std::string_view word) { return resp::same_word(word, "POST") || resp::same_word(word, "Host:"); }

struct Outcome {
    size_t requests = 0;
    std::string replies;
    std::string problem;
};

// As a server does that receives the bytes up to `cut` and then the others.
Outcome serve(const std::string& bytes, size_t cut) {
    resp::Access access(vz::EngineView(nullptr), true);
    resp::ReplyBudget budget;
    resp::Session session(vz::EngineView(nullptr), access, budget, 1, 1);
    Outcome outcome;
    resp::Request request;
    size_t used = 0;
    for (const size_t received : {cut, bytes.size()}) {
        // In memory of their own, so that a sanitizer sees who reads beyond.
        const std::string have = bytes.substr(0, received);
        for (;;) {
            size_t one = 0;
            const char* problem = nullptr;
            const resp::Parsed parsed =
                resp::parse_request(std::string_view(have).substr(used), &request, &one, &problem);
            if (parsed == resp::Parsed::kProtocolError) outcome.problem = problem;
            if (parsed != resp::Parsed::kRequest) break;
            check(one != 0 && one <= have.size() - used && request.arguments.size() <= resp::kArgumentsMax);
            used += one;
            // Quotes within a word may hide it in what was received.
            for (const auto& argument : request.arguments)
                is_path_known = is_path_known || std::string_view(argument).find(kPath) != std::string_view::npos;
            const bool goes_on = session.execute(request.arguments);
            outcome.requests += request.arguments.empty() || is_of_a_browser(request.arguments[0]) ? 0 : 1;
            if (!goes_on) outcome.problem = "quit";
            if (!goes_on) break;
        }
        session.finish_writes();
        if (!outcome.problem.empty()) break;
    }
    outcome.replies = session.replies();
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace vz::fuzz;
    Input input(data, size);
    const auto cut = input.take<uint16_t>();
    const std::string bytes(input.rest_text());
    is_fate_unknown = false;
    is_path_known = bytes.find(kPath) != std::string::npos;
    const Outcome whole = serve(bytes, bytes.size());
    const Outcome parts = serve(bytes, bytes.empty() ? 0 : cut % bytes.size());
    check(whole.requests == parts.requests && whole.replies == parts.replies && whole.problem == parts.problem);
    check(!is_fate_unknown || whole.replies.find("-UNKNOWN ") != std::string::npos);
    std::string_view left = whole.replies;
    for (size_t i = 0; i < whole.requests; ++i) take_reply(left);
    check(left.empty());
    return 0;
}
