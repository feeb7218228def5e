// What a client is told when something fails: HTTP status, error_type, message and details, alike in every frontend.
// GraphQL upper-cases error_type into extensions.code.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "frontends/json/reader.hpp"
#include "vectorizer/types.h"

namespace vz::codec {

struct Failure {
    uint32_t http = 500;
    std::string error_type = "internal_error";
    std::string message;
    std::string details = "{}";  // a JSON object
    uint32_t retry_after_s = 0;  // where neither 429 nor 503 says that it passes
};

// Whether something failed that is to be told.
inline bool is_failure(const Failure& failure) { return !failure.message.empty(); }

// How a request calls what the ABI calls otherwise; a name may be empty: the ABI's own is used.
struct Names {
    std::string_view collection;               // the name as asked for
    std::string_view named_by = "collection";  // the member that has it
    std::string_view point;                    // the id as asked for, where there is one
    std::string_view items;                    // the list of a batch: "vectors", "queries"; empty: no batch
    std::string_view vector = "vector";
    std::string_view id = "id";
    std::string_view payload = "payload";
    std::string_view limit = "limit";
    std::string_view snapshot;
    std::string_view place;  // of what failed, where it is a part of the request: "inputs[3]."; before each field
    std::span<const uint64_t> positions;  // item of the ABI's batch -> index in the request; empty: the same
    uint64_t lexical_index = VZ_NO_ITEM;  // the field index of a new collection that `lexical` asked for
    bool write = false;                   // VZ_BUSY of a write is 429, of a read 503
    bool insert = false;                  // dimension message of inserts: "embedding length ..."
    std::string_view filter;              // as it was sent; not there: the engine's byte offsets say nothing
    uint64_t filter_begin = 0;            // where in the body it begins
    int64_t timeout_ms = 0;
};

// Of a call's vz_error.
Failure from_engine(const vz_error& error, const Names& names);
// Of a request that could not be read.
Failure from_reader(const json::Error& error);

// The same failure with details.item.
Failure with_item(Failure failure, uint64_t item);

Failure validation(std::string_view field, std::string_view reason);
// 400 `parse_error`: `offset` in the body, if it is known.
Failure unreadable(std::string_view field, std::string_view reason, std::optional<uint64_t> offset);
Failure invalid_configuration(std::string_view field, std::string_view reason);
Failure unimplemented(std::string_view feature);
// 400 `unsupported_provider`, `unsupported_model`: `field` asked for something else than bm25.
Failure unsupported(std::string_view error_type, std::string_view field, std::string_view requested);
Failure overloaded();
// 413 `payload_too_large`.
Failure too_large(std::string_view message, uint64_t limit_bytes);
Failure collection_not_found(std::string_view name);
Failure conflict(std::string_view reason);
// 409 `conflict` that passes: the same request, under its Idempotency-Key, has not ended yet.
Failure under_way();
// The change was made, and its collection went since: there is nothing to show.
Failure gone_since(std::string_view collection);
Failure vector_not_found(std::string_view id);
Failure key_not_found(std::string_view id);

}  // namespace vz::codec
