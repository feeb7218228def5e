#include "frontends/codec/failure.hpp"

#include <array>
#include <utility>

#include "frontends/codec/filter.hpp"
#include "frontends/codec/scores.hpp"
#include "frontends/json/reader.hpp"
#include "frontends/json/writer.hpp"

namespace vz::codec {
namespace {

// Builds the object of `details`.
class Details final {
 public:
    Details() : writer_(text_.target()) { writer_.begin_object(); }
    Details& text(std::string_view name, std::string_view value) {
        writer_.field(name, value);
        return *this;
    }
    Details& number(std::string_view name, int64_t value) {
        writer_.field_integer(name, value);
        return *this;
    }
    Details& available(std::span<const std::string_view> names) {
        writer_.key("available");
        writer_.begin_array();
        for (const std::string_view name : names) writer_.string(name);
        writer_.end_array();
        return *this;
    }
    std::string done() {
        writer_.end_object();
        writer_.flush();
        return text_.text();
    }

 private:
    json::Text text_;
    json::Writer writer_;
};

std::string invalid(std::string_view field, std::string_view reason) {
    return std::string("Invalid ").append(field).append(": ").append(reason);
}

bool is_configuration(std::string_view field) {
    return field.starts_with("hnsw_config") || field.starts_with("quantization");
}

uint64_t position_of(const vz_error& error, const Names& names) {
    return error.item < names.positions.size() ? names.positions[error.item] : error.item;
}

std::string item_field(uint64_t position, std::string_view member, const Names& names) {
    std::string field(names.items);
    return field.append("[").append(std::to_string(position)).append("].").append(member);
}

// Of a member of a field index: one of a new collection's list, the one that `lexical` stands for, or one that is a
// request by itself.
std::string index_field(std::string_view member, const vz_error& error, const Names& names) {
    if (error.item == VZ_NO_ITEM) return std::string(member);
    if (error.item != names.lexical_index)
        return "field_indexes[" + std::to_string(error.item) + "]." + std::string(member);
    return member == "language" ? "lexical.stemmer" : "lexical.source";
}

// The ABI's path of a member in the words of that part of the request which failed.
std::string part_field(const vz_error& error, const Names& names) {
    const std::string_view path(error.field);
    const auto end = path.find_first_of(".[");
    const std::string_view first = path.substr(0, end);
    const std::string_view rest = end == std::string_view::npos ? std::string_view{} : path.substr(end);

    std::string_view member;
    if (first == "vectors" || first == "queries" || first == "fields") member = names.vector;
    if (first == "ids") member = names.id;
    if (first == "payloads") member = names.payload;
    if (!member.empty()) {
        if (names.items.empty() || error.item == VZ_NO_ITEM) return std::string(member);
        return item_field(position_of(error, names), member, names);
    }
    // The collection that an insert makes has the length of its first vector.
    if (path == "vector_fields.dim" && names.insert)
        return item_field(names.positions.empty() ? 0 : names.positions.front(), names.vector, names);
    if (first == "field_indexes" && rest.starts_with('.')) return index_field(rest.substr(1), error, names);
    constexpr std::array<std::pair<std::string_view, std::string_view>, 25> kMembers{{
        {"k", "limit"},
        {"skip", "offset"},
        {"recall_target", "recall"},
        {"score_limit", "threshold"},
        {"parts", "with_payload"},
        {"dim", "dimension"},
        {"degree", "hnsw_config.m"},
        {"build_effort", "hnsw_config.ef_construction"},
        {"search_effort", "hnsw_config.ef_search"},
        {"to", "new_name"},
        {"expires_ms", "expires_at"},
        {"ttl_ms", "ttl_secs"},
        {"metric", "metric"},
        {"quantization", "quantization"},
        {"metadata", "metadata"},
        {"filter", "filter"},
        {"limit", "limit"},
        {"cursor", "cursor"},
        {"effort", "effort"},
        {"start_id", "cursor"},
        {"name", "name"},
        {"flags", "exact"},
        {"field_indexes_max", "field_indexes"},
        {"query_text_bytes_max", "query"},
        {"query_words_max", "query"},
    }};
    // A member of a vector field stands after the list: "vector_fields[0].dim",
    // "changes[0].vector_field.search_effort".
    std::string_view leaf = first;
    if (first == "vector_fields" || first == "changes" || first == "schema") {
        const auto dot = path.rfind('.');
        leaf = dot == std::string_view::npos ? path : path.substr(dot + 1);
    }
    for (const auto& [abi, request] : kMembers) {
        if (leaf == abi) return std::string(request).append(leaf == first ? rest : std::string_view{});
    }
    if (path == "text.texts") return "query";
    if (path == "collection") return std::string(names.named_by);
    if (path.empty()) return names.items.empty() ? "body" : std::string(names.items);
    return std::string(path);
}

std::string at_place(std::string_view field, const Names& names) { return std::string(names.place).append(field); }

// The ABI's path of a member in the request's own words. Members of a batch become "vectors[3].embedding".
std::string request_field(const vz_error& error, const Names& names) {
    return at_place(part_field(error, names), names);
}

Failure make(uint32_t http, std::string_view error_type, std::string message, std::string details = "{}") {
    return {http, std::string(error_type), std::move(message), std::move(details)};
}

Failure service_unavailable(std::string_view reason, std::string_view message) {
    return make(503, "service_unavailable", std::string(message), Details().text("reason", reason).done());
}

Failure storage_error(uint32_t http, std::string_view reason, std::string_view message) {
    return make(http, "storage_error", std::string(message), Details().text("reason", reason).done());
}

Failure filter_failure(const vz_error& error, std::string_view field, const Names& names) {
    const std::string_view sent = names.filter;
    if (sent.data() == nullptr) return unreadable(field, error.message, std::nullopt);
    uint64_t offset = 0;
    const char* reason = nullptr;
    if (!json::check_json(sent, &offset, &reason) && reason != json::kTooDeep)
        return unreadable("body", reason, names.filter_begin + offset);
    offset = place_as_sent(sent, static_cast<uint64_t>(error.actual));
    return unreadable(field, error.message, names.filter_begin + offset);
}

Failure invalid_argument(const vz_error& error, const Names& names) {
    const std::string field = request_field(error, names);
    if (error.reason == VZ_REASON_CURSOR) return validation("cursor", error.message);
    if (error.reason == VZ_REASON_FILTER) return filter_failure(error, field, names);
    Details details;
    std::string reason = error.message;
    const bool is_length =
        std::string_view(error.field).starts_with("vectors") || std::string_view(error.field).starts_with("queries");
    if (error.reason == VZ_REASON_DIMENSION && error.expected != 0 && is_length) {
        reason = names.insert ? "embedding length " : "vector dimension ";
        reason.append(std::to_string(error.actual))
            .append(" does not match collection dimension ")
            .append(std::to_string(error.expected));
    }
    details.text("field", field).text("reason", reason);
    if (error.item != VZ_NO_ITEM && !names.items.empty())
        details.number("item", static_cast<int64_t>(position_of(error, names)));
    if (error.reason == VZ_REASON_DIMENSION && error.expected != 0) {
        details.number("expected_dimension", error.expected).number("actual_dimension", error.actual);
    }
    if (error.reason == VZ_REASON_METRIC) details.available(kMetricNames);
    return make(400, is_configuration(field) ? "invalid_configuration" : "validation_error", invalid(field, reason),
                details.done());
}

Failure not_found(const vz_error& error, const Names& names) {
    switch (error.reason) {
        case VZ_REASON_POINT: {
            Failure failure = vector_not_found(names.point);
            if (error.item == VZ_NO_ITEM || names.items.empty()) return failure;
            return with_item(std::move(failure), position_of(error, names));
        }
        case VZ_REASON_ALIAS: return validation("alias", "no such alias");
        case VZ_REASON_VECTOR_FIELD:
            return validation(at_place(names.vector, names), "the collection has no such vector field");
        case VZ_REASON_FIELD_INDEX: return validation(request_field(error, names), "no such index");
        case VZ_REASON_SNAPSHOT: {
            const std::string_view id = json::clipped(names.snapshot);
            return make(404, "snapshot_not_found", std::string("Snapshot not found: ").append(id),
                        Details().text("id", id).done());
        }
        default: return collection_not_found(names.collection);
    }
}

Failure already_exists(const vz_error& error, const Names& names) {
    if (error.reason == VZ_REASON_COLLECTION || error.reason == VZ_REASON_ALIAS) {
        return make(409, "collection_already_exists",
                    std::string("Collection already exists: ").append(names.collection),
                    Details().text("collection_name", names.collection).done());
    }
    // Twice in the list of a new collection.
    if (error.reason == VZ_REASON_FIELD_INDEX && error.item != VZ_NO_ITEM) {
        const bool is_lexical = error.item == names.lexical_index;
        return validation(is_lexical ? "lexical" : "field_indexes[" + std::to_string(error.item) + "]", error.message);
    }
    return make(409, "conflict", error.message, Details().text("reason", error.message).done());
}

Failure limit_exceeded(const vz_error& error, const Names& names) {
    const std::string_view limit(error.field);
    // A filter that selects more points than a record takes outgrows it, as their ids would.
    if (limit == "batch_points_max" && error.reason == VZ_REASON_FILTER)
        return make(413, "payload_too_large", error.message);
    if (limit.ends_with("bytes_max") && limit != "payload_bytes_max" && limit != "id_bytes_max" &&
        limit != "name_bytes_max" && limit != "metadata_bytes_max" && limit != "manifest_bytes_max" &&
        limit != "query_text_bytes_max") {
        Details details;
        if (error.expected != 0) details.number("limit_bytes", error.expected);
        return make(413, "payload_too_large", error.message, details.done());
    }
    std::string field = error.reason == VZ_REASON_FILTER ? at_place("filter", names) : request_field(error, names);
    if (limit == "payload_bytes_max" || limit == "id_bytes_max") {
        vz_error renamed = error;
        renamed.field[0] = '\0';
        const std::string_view abi = limit == "id_bytes_max" ? "ids" : "payloads";
        abi.copy(renamed.field, abi.size());
        renamed.field[abi.size()] = '\0';
        field = request_field(renamed, names);
    }
    Details details;
    details.text("field", field).text("reason", error.message);
    if (error.item != VZ_NO_ITEM && !names.items.empty())
        details.number("item", static_cast<int64_t>(position_of(error, names)));
    return make(400, "validation_error", invalid(field, error.message), details.done());
}

Failure busy(const vz_error& error, const Names& names) {
    if (std::string_view(error.field) == "request_id") return under_way();
    if (!names.write) return overloaded();
    Details details;
    details.text("collection", names.collection).number("depth", error.actual).number("hard_limit", error.expected);
    details.number("retry_after_seconds", 2);
    return make(429, "queue_full", "too many writes are waiting", details.done());
}

}  // namespace

Failure from_engine(const vz_error& error, const Names& names) {
    switch (error.status) {
        case VZ_INVALID_ARGUMENT: return invalid_argument(error, names);
        case VZ_LIMIT_EXCEEDED: return limit_exceeded(error, names);
        case VZ_NOT_FOUND: return not_found(error, names);
        case VZ_ALREADY_EXISTS: return already_exists(error, names);
        case VZ_CONFLICT: return make(409, "conflict", error.message, Details().text("reason", error.message).done());
        case VZ_UNSUPPORTED: {
            Failure failure =
                unimplemented(error.field[0] == '\0' ? std::string("engine") : request_field(error, names));
            if (error.message[0] != '\0') failure.message = error.message;
            return failure;
        }
        case VZ_BUSY: return busy(error, names);
        case VZ_DEADLINE_EXCEEDED:
            return make(504, "deadline_exceeded", "the deadline passed; nothing was done",
                        Details().number("timeout_ms", names.timeout_ms).done());
        case VZ_DISK_FULL:
            return storage_error(507, "no_space",
                                 "the disk is full; nothing was written. Once some space is free, writes are taken");
        case VZ_READ_ONLY: return storage_error(503, "read_only", error.message);
        case VZ_OUTCOME_UNKNOWN:
            return storage_error(503, "outcome_unknown",
                                 "a sync failed: the change may or may not survive a restart; repeat it then");
        case VZ_IO_ERROR: return storage_error(503, "io", "an operation of the disk failed");
        case VZ_CORRUPTION:
            if (error.reason == VZ_REASON_SNAPSHOT)
                return service_unavailable("snapshot_damaged", "the snapshot is damaged; nothing was changed");
            return service_unavailable("collection_quarantined", "the collection is damaged and set aside");
        case VZ_OUT_OF_MEMORY: return overloaded();
        // Frontends cancel what they stop, and what nobody waits for.
        case VZ_CANCELLED: return service_unavailable("draining", "the server is shutting down");
        default: return make(500, "internal_error", "internal error");
    }
}

Failure from_reader(const json::Error& error) {
    switch (error.fault) {
        case json::Fault::kMistake: {
            const std::string_view field =
                error.field.empty() ? std::string_view("body") : std::string_view(error.field);
            const bool configures = is_configuration(field) && !error.is_unknown_field;
            if (error.is_of_filter) return unreadable(field, error.reason, error.offset);
            Details details;
            details.text("field", field).text("reason", error.reason);
            if (!error.available.empty()) details.available(error.available);
            return make(400, configures ? "invalid_configuration" : "validation_error", invalid(field, error.reason),
                        details.done());
        }
        case json::Fault::kSyntax: {
            const std::string field = error.field.empty() ? "body" : error.field;
            return unreadable(field, error.reason, error.offset);
        }
        default: return overloaded();
    }
}

Failure with_item(Failure failure, uint64_t item) {
    failure.details.pop_back();
    if (failure.details.size() > 1) failure.details += ',';
    failure.details.append("\"item\":").append(std::to_string(item)).append("}");
    return failure;
}

Failure validation(std::string_view field, std::string_view reason) {
    return make(400, "validation_error", invalid(field, reason),
                Details().text("field", field).text("reason", reason).done());
}

Failure unreadable(std::string_view field, std::string_view reason, std::optional<uint64_t> offset) {
    Details details;
    details.text("field", field).text("reason", reason);
    if (offset) details.number("offset", static_cast<int64_t>(*offset));
    return make(400, "parse_error", std::string("Failed to parse ").append(field).append(": ").append(reason),
                details.done());
}

Failure invalid_configuration(std::string_view field, std::string_view reason) {
    return make(400, "invalid_configuration", invalid(field, reason),
                Details().text("field", field).text("reason", reason).done());
}

Failure unimplemented(std::string_view feature) {
    return make(501, "unimplemented", std::string("not implemented in this release: ").append(feature),
                Details().text("feature", feature).done());
}

Failure unsupported(std::string_view error_type, std::string_view field, std::string_view requested) {
    json::Text details;
    {
        json::Writer out(details.target());
        out.begin_object();
        out.field("requested", json::clipped(requested));
        out.field_raw("available", error_type == "unsupported_provider" ? R"(["none","bm25"])" : R"(["bm25"])");
        out.end_object();
    }
    return make(400, error_type, invalid(field, "there is none of this name"), details.text());
}

Failure overloaded() { return service_unavailable("overloaded", "the server is busy; try again"); }

Failure too_large(std::string_view message, uint64_t limit_bytes) {
    return make(413, "payload_too_large", std::string(message),
                Details().number("limit_bytes", static_cast<int64_t>(limit_bytes)).done());
}

Failure key_not_found(std::string_view id) {
    id = json::clipped(id);
    return make(404, "key_not_found", std::string("Key not found: ").append(id), Details().text("id", id).done());
}

Failure conflict(std::string_view reason) {
    return make(409, "conflict", std::string(reason), Details().text("reason", reason).done());
}

Failure under_way() {
    Failure failure = conflict("the same request is under way");
    failure.retry_after_s = 1;
    return failure;
}

Failure gone_since(std::string_view collection) {
    return conflict(
        std::string("the change was made; there is no collection '").append(collection).append("' any more"));
}

Failure collection_not_found(std::string_view name) {
    name = json::clipped(name);
    return make(404, "collection_not_found", std::string("Collection not found: ").append(name),
                Details().text("collection_name", name).done());
}

Failure vector_not_found(std::string_view id) {
    id = json::clipped(id);
    return make(404, "vector_not_found", std::string("Vector not found: ").append(id),
                Details().text("vector_id", id).done());
}

}  // namespace vz::codec
