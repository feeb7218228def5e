// Points: write, get, scan, count.
#include <algorithm>
#include <charconv>
#include <cstring>

#include "engine/abi/cancellation.hpp"
#include "engine/abi/checks.hpp"
#include "engine/abi/handle.hpp"
#include "engine/abi/points.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/collection/read.hpp"

namespace vz {
namespace {

bool stands_for_itself(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
           c == '_';
}

void append_hex(uint8_t byte, std::string* out) {
    static constexpr char kDigits[] = "0123456789abcdef";
    *out += kDigits[byte >> 4];
    *out += kDigits[byte & 15];
}

// The collection and the id that comes next. Bytes that would mean something in a URL are '~' and two digits, so that a
// cursor can stand there as it is.
std::string make_cursor(const Collection& collection, std::string_view id) {
    std::string cursor;
    for (const uint8_t byte : collection.uuid().bytes) append_hex(byte, &cursor);
    for (const char c : id) {
        if (stands_for_itself(c)) {
            cursor += c;
        } else {
            cursor += '~';
            append_hex(static_cast<uint8_t>(c), &cursor);
        }
    }
    return cursor;
}

Result<std::string> read_cursor(const Collection& collection, std::string_view cursor) {
    const auto unknown = [] {
        return failure(VZ_INVALID_ARGUMENT, "the cursor is none of this collection's")
            .field("cursor")
            .reason(VZ_REASON_CURSOR);
    };
    const std::string own = make_cursor(collection, "");
    if (cursor.size() <= own.size() || !cursor.starts_with(own)) return unknown();
    std::string id;
    for (const char* at = cursor.data() + own.size(); at != cursor.data() + cursor.size(); ++at) {
        uint8_t byte = 0;
        if (*at != '~') {
            id += *at;
            continue;
        }
        if (cursor.data() + cursor.size() - at < 3 || std::from_chars(at + 1, at + 3, byte, 16).ptr != at + 3)
            return unknown();
        id += static_cast<char>(byte);
        at += 2;
    }
    return id;
}

// One record has one request id, one deadline, and is atomic or not.
Status check_in_chain(const vz_write_request& first, const vz_write_request& part) {
    constexpr vz_uuid kNone = {};
    const auto differs = [](const vz_uuid& left, const vz_uuid& right) {
        return std::memcmp(left.bytes, right.bytes, sizeof left.bytes) != 0;
    };
    const char* const field = part.flags != 0 && part.flags != first.flags ? "next.flags"
                              : differs(part.request_id, kNone) && differs(part.request_id, first.request_id)
                                  ? "next.request_id"
                              : part.deadline_ns != 0 && part.deadline_ns != first.deadline_ns ? "next.deadline_ns"
                                                                                               : nullptr;
    if (field == nullptr) return {};
    return failure(VZ_INVALID_ARGUMENT, "a chain of requests has what its first one has")
        .field(field)
        .reason(VZ_REASON_CONFLICTING);
}

}  // namespace

// ---- bodies, shared by the synchronous functions and the operations ----

Status check_write_structs(const vz_write_request* request, const vz_write_answer* answer) {
    if (request == nullptr) return misuse("the request is NULL");
    uint64_t requests = 0;
    for (const vz_write_request* part = request; part != nullptr; part = part->next) {
        vz_write_request ignored;
        VZ_TRY(take_in(part, &ignored));
        VZ_TRY(check_elements(part->fields, part->field_count, "fields"));
        VZ_TRY(check_in_chain(*request, *part));
        // A chain without an end is a ring.
        if (++requests > kBatchPointsMax) {
            return failure(VZ_LIMIT_EXCEEDED, "a batch has at most %llu requests",
                           static_cast<unsigned long long>(kBatchPointsMax))
                .field("batch_points_max")
                .expected(kBatchPointsMax)
                .actual(static_cast<int64_t>(requests));
        }
    }
    if (answer != nullptr && !VZ_HAS(vz_write_answer, answer, errors)) {
        return misuse("struct_size of the answer is smaller than in version 1.0");
    }
    return {};
}

Result<bool> answer_again(vz_engine* engine, const vz_write_request* request, vz_write_answer* out) {
    // A log that has failed never tells what is in flight.
    if (!RequestIds::is_set(request->request_id) || engine->engine->log().has_failed()) return false;
    VZ_ASSIGN(const std::optional<RequestOutcome> first,
              engine->engine->catalogue().first_outcome(request->request_id));
    if (!first) return false;
    WriteCommit commit(nullptr);
    commit.tell_again(*first, *request);
    VZ_TRY(answer_write(commit.answer, commit.item_errors, *request, out));
    return true;
}

Status answer_write(vz_write_answer answer, std::span<const Status> item_errors, const vz_write_request& request,
                    vz_write_answer* out) {
    if (out == nullptr) return {};
    answer.struct_size = out->struct_size;
    if (out->statuses != nullptr && item_errors.empty()) {
        uint64_t items = 0;
        for (const vz_write_request* part = &request; part != nullptr; part = part->next) items += part->count;
        // Atomic and done: no item failed. Done before: which of them did is not kept.
        const bool is_known = answer.outcome != VZ_REPLAYED || (request.flags & VZ_WRITE_PER_ITEM) == 0;
        std::fill_n(out->statuses, items, is_known || answer.applied == items ? VZ_OK : VZ_OUTCOME_UNKNOWN);
    }
    answer.error_capacity = out->error_capacity;
    answer.statuses = out->statuses;
    answer.errors = out->errors;
    uint64_t noted = 0;
    for (size_t i = 0; i < item_errors.size(); ++i) {
        const Status& status = item_errors[i];
        if (answer.statuses != nullptr) answer.statuses[i] = status.code();
        if (!status.ok() && answer.errors != nullptr && noted < answer.error_capacity)
            answer.errors[noted++] = status.error();
    }
    return give_out(answer, out);
}

Status read_get(vz_engine* engine, vz_str name, const vz_get_request* in, vz_result** out) {
    vz_get_request request;
    VZ_TRY(take_in(in, &request));
    VZ_TRY(no_flags(request.flags, 0));
    if (request.count != 0 && request.ids == nullptr)
        return failure(VZ_INVALID_ARGUMENT, "ids are missing").field("ids").reason(VZ_REASON_REQUIRED);
    if (request.count > kHitsMax)
        return out_of_range("count", "one request has at most 65,536 ids", kHitsMax,
                            static_cast<int64_t>(request.count));
    VZ_ASSIGN(const std::shared_ptr<Collection> collection, engine->engine->catalogue().resolve(view(name)));
    VZ_TRY(collection->health());
    auto result = std::make_unique<vz_result>(&engine->results);
    result->schema = collection->schema();
    VZ_ASSIGN(const WantedParts parts, want_parts(request.parts, *result->schema));
    const Interruption until = interruption(request.deadline_ns);
    VZ_TRY(until.check());
    result->view = collection->pin();
    std::vector<RowRef> rows;
    rows.reserve(request.count);
    for (uint64_t i = 0; i < request.count; ++i) {
        Result<IdView> id = parse_id(view(request.ids[i]));
        if (!id.ok()) return std::move(id.take_status()).field("ids").item(i);
        rows.push_back(find_row(result->view, *id));
    }
    result->make_sets(1);
    fill_rows(rows, request.ids, parts, &result->set(0));
    VZ_TRY(collection->check_readable(*result->view.parts));
    *out = result.release();
    return {};
}

Status read_scan(vz_engine* engine, vz_str name, const vz_scan_request* in, vz_result** out) {
    vz_scan_request request;
    VZ_TRY(take_in(in, &request));
    VZ_TRY(no_flags(request.flags, 0));
    VZ_ASSIGN(const std::unique_ptr<const RowFilter> filter, RowFilter::read(view(request.filter)));
    if (request.order != 0) return failure(VZ_UNSUPPORTED, "scans come in id order in this release").field("order");
    if (request.limit < 1 || request.limit > kHitsMax)
        return out_of_range("limit", "limit is 1 to 65,536", kHitsMax, request.limit);
    constexpr uint64_t kSkipMax = 1'000'000;
    if (request.skip > kSkipMax)
        return out_of_range("skip", "skip is at most 1,000,000: use the cursor", kSkipMax,
                            static_cast<int64_t>(request.skip));
    if (request.cursor.data != nullptr && (request.start_id.data != nullptr || request.skip != 0)) {
        return failure(VZ_INVALID_ARGUMENT, "a cursor excludes start_id and skip")
            .field("cursor")
            .reason(VZ_REASON_CONFLICTING);
    }
    VZ_ASSIGN(const std::shared_ptr<Collection> collection, engine->engine->catalogue().resolve(view(name)));
    VZ_TRY(collection->health());
    auto result = std::make_unique<vz_result>(&engine->results);
    result->schema = collection->schema();
    VZ_ASSIGN(const WantedParts parts, want_parts(request.parts, *result->schema));
    std::string start_text(view(request.start_id));
    if (request.cursor.data != nullptr) {
        VZ_ASSIGN(start_text, read_cursor(*collection, view(request.cursor)));
    }
    std::optional<IdView> start;
    if (!start_text.empty()) {
        Result<IdView> id = parse_id(start_text);
        if (!id.ok()) return std::move(id.take_status()).field(request.cursor.data != nullptr ? "cursor" : "start_id");
        start = *id;
    }
    const Interruption until = interruption(request.deadline_ns);
    VZ_TRY(until.check());
    result->view = collection->pin();
    VZ_ASSIGN(const Page page, scan_rows(result->view, filter.get(), start, request.skip, request.limit, until));
    result->make_sets(1);
    RowSet& set = result->set(0);
    fill_rows(page.rows, nullptr, parts, &set);
    if (page.next) set.rows.cursor = to_vz_str(set.more().cursor = make_cursor(*collection, *page.next));
    VZ_TRY(collection->check_readable(*result->view.parts));
    *out = result.release();
    return {};
}

Status read_count(vz_engine* engine, vz_str name, const vz_count_request* in, uint64_t* out) {
    vz_count_request request;
    VZ_TRY(take_in_optional(in, &request));
    VZ_TRY(no_flags(request.flags, VZ_COUNT_ESTIMATE));
    VZ_ASSIGN(const std::unique_ptr<const RowFilter> filter, RowFilter::read(view(request.filter)));
    VZ_ASSIGN(const std::shared_ptr<Collection> collection, engine->engine->catalogue().resolve(view(name)));
    VZ_TRY(collection->health());
    const Interruption until = interruption(request.deadline_ns);
    VZ_TRY(until.check());
    const ReadView rows = collection->pin();
    uint64_t count = 0;
    if (filter == nullptr && !collection->has_expiry()) {
        count = collection->points();
    } else {
        VZ_ASSIGN(count, count_rows(rows, filter.get(), until));
    }
    VZ_TRY(collection->check_readable(*rows.parts));
    *out = count;
    return {};
}

}  // namespace vz

using namespace vz;  // NOLINT(google-build-using-namespace): bodies of the ABI

extern "C" {

VZ_API vz_status vz_write(vz_engine* engine, vz_str collection, const vz_write_request* request,
                          vz_write_answer* answer, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_write_structs(request, answer));
        VZ_ASSIGN(const bool is_known, answer_again(engine, request, answer));
        if (is_known) return {};
        vz_write_answer written = {};
        std::vector<Status> item_errors;
        VZ_TRY(engine->engine->write(view(collection), *request, &written, &item_errors));
        return answer_write(written, item_errors, *request, answer);
    });
}

VZ_API vz_status vz_search(vz_engine* engine, vz_str collection, const vz_search_request* request, vz_result** out,
                           vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        return read_search(engine, collection, request, out);
    });
}

VZ_API vz_status vz_get(vz_engine* engine, vz_str collection, const vz_get_request* request, vz_result** out,
                        vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        return read_get(engine, collection, request, out);
    });
}

VZ_API vz_status vz_scan(vz_engine* engine, vz_str collection, const vz_scan_request* request, vz_result** out,
                         vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        return read_scan(engine, collection, request, out);
    });
}

VZ_API vz_status vz_count(vz_engine* engine, vz_str collection, const vz_count_request* request, uint64_t* count,
                          vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        if (count == nullptr) return misuse("the place for the count is NULL");
        return read_count(engine, collection, request, count);
    });
}

VZ_API vz_status vz_result_rows(const vz_result* result, uint64_t query, vz_rows* out, vz_error* error) VZ_NOEXCEPT {
    return guard_nameless(error, [&]() -> Status {
        if (result == nullptr) return misuse("the result is NULL");
        if (query >= result->set_count())
            return failure(VZ_INVALID_ARGUMENT, "the result has no such row set")
                .field("query")
                .reason(VZ_REASON_RANGE);
        return give_out(result->set(query).rows, out);
    });
}

VZ_API vz_status vz_result_profile(const vz_result* result, uint64_t query, vz_profile* out,
                                   vz_error* error) VZ_NOEXCEPT {
    return guard_nameless(error, [&]() -> Status {
        if (result == nullptr) return misuse("the result is NULL");
        if (!result->explained || query >= result->set_count()) {
            return failure(VZ_INVALID_ARGUMENT, "the result has no such profile")
                .field("query")
                .reason(VZ_REASON_RANGE);
        }
        return give_out(result->set(query).extras->profile, out);
    });
}

VZ_API const void* vz_result_items(const vz_result* result, uint32_t kind, uint64_t* count) VZ_NOEXCEPT {
    if (count != nullptr) *count = 0;
    if (result == nullptr || count == nullptr || result->described == nullptr || kind != result->described->kind)
        return nullptr;
    const auto give = [count](const auto& items) -> const void* {
        *count = items.size();
        return items.empty() ? nullptr : items.data();
    };
    const Descriptions& described = *result->described;
    switch (kind) {
        case VZ_RESULT_COLLECTIONS: return give(described.collections);
        case VZ_RESULT_PERSISTENCE: return give(described.persistence);
        case VZ_RESULT_VALUES: return give(described.values);
        case VZ_RESULT_FINDINGS: return give(described.findings);
        case VZ_RESULT_SNAPSHOTS: return give(described.snapshots);
        default: return nullptr;
    }
}

VZ_API vz_status vz_result_check(const vz_result* result, vz_error* error) VZ_NOEXCEPT {
    return guard_nameless(error, [&]() -> Status {
        if (result == nullptr) return misuse("the result is NULL");
        return result->view.parts ? check_readable(*result->view.parts) : Status();
    });
}

VZ_API void vz_result_release(vz_result* result) VZ_NOEXCEPT {
    VZ_CHECK(result == nullptr || result->is_held());  // released twice, or no result
    delete result;
}

}  // extern "C"
