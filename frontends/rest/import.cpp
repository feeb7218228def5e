// Bulk import: NDJSON, or a binary body whose vectors are used where they lie.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "frontends/codec/expiry.hpp"
#include "frontends/codec/uuid.hpp"
#include "frontends/rest/batch.hpp"
#include "frontends/rest/broken_part.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/list.hpp"
#include "frontends/text/names.hpp"

namespace vz::rest {
namespace {

constexpr json::Field kLineFields[] = {{"id", kItemId},       {"vector", kItemVector},   {"embedding", kItemVector},
                                       {"data", kItemVector}, {"payload", kItemPayload}, {"metadata", kItemPayload}};
constexpr uint64_t kErrorsShown = 100;
constexpr const char* kHasOwnIds = "the body has ids of its own";  // a reason of parse_binary: not the body is wrong

// What numbers points that have no id: id_start, counted up, or UUIDs.
struct Numbering {
    bool counted = false;
    uint64_t start = 0;
};

// False: memory is short.
bool make_id(const Call& call, const Numbering& numbering, uint64_t index, BatchItem& item) {
    std::string_view id;
    if (numbering.counted) {
        char text[24];
        const char* end = std::to_chars(text, text + sizeof text, numbering.start + index).ptr;
        id = call.arena.copy({text, static_cast<size_t>(end - text)});
    } else {
        id = call.arena.copy(codec::new_uuid().view());
    }
    item.id = borrowed(id);
    return id.data() != nullptr;
}

void write_imported(Call& base, json::Writer& out) {
    const auto& batch = static_cast<Batch&>(base);
    const uint64_t failed = fault_count(batch);
    out.begin_object();
    out.field("collection", batch.names.collection);
    out.field("count", batch.item_count);
    out.field("inserted", batch.item_count - failed);
    out.field("failed", failed);
    out.key("errors");
    out.begin_array();
    uint64_t shown = 0;
    for (uint64_t i = 0; i < batch.item_count && shown < kErrorsShown; ++i) {
        const BatchItem& item = batch.items[i];
        if (item.fault.message.data == nullptr) continue;
        ++shown;
        out.begin_object();
        out.field("index", i);
        if (item.id.data != nullptr) {
            out.field("id", told_id(view(item.id)));
        } else {
            out.field_null("id");
        }
        out.field("error", view(item.fault.message));
        out.field("error_type", view(item.fault.error_type));
        out.end_object();
    }
    out.end_array();
    out.field("lsn", batch.lsn);
    out.end_object();
}

// ---- NDJSON ----

// In the words of the whole body.
codec::Failure line_failure(const Batch& batch, json::Error error, std::string_view line, uint64_t index) {
    const bool is_whole = error.field.empty() || error.field == "body";
    const std::string point = "points[" + std::to_string(index) + "]";
    error.field = is_whole ? point : point + "." + error.field;
    if (error.fault != json::Fault::kSyntax) return codec::from_reader(error);
    const auto begin = static_cast<uint64_t>(line.data() - batch.view->body.data);
    return unreadable_part(is_whole ? "body" : error.field, error.reason, begin + error.offset);
}

// One line; a mistake or a line that is no JSON is the line's own fault. False: memory is short.
bool read_line(Batch& batch, std::string_view line, uint64_t index, const Numbering& numbering, json::Floats& floats,
               BatchItem& item, codec::Failure& failure) {
    json::Reader reader(line, batch.arena);
    const uint64_t before = floats.count;
    auto on_member = [&](uint32_t member, json::Value value) {
        return read_batch_member(reader, member, value, BatchKind::kInsert, floats, item);
    };
    const bool read = reader.read(kLineFields, on_member, kItemId);
    const bool whole = read && (item.dimension != 0 || reader.mistake("vector", "required"));
    if (whole) return item.id.data != nullptr || make_id(batch, numbering, index, item);
    if (reader.error().fault == json::Fault::kMemory) return false;
    floats.count = before;
    failure = line_failure(batch, reader.error(), line, index);
    item.fault = keep(batch, failure);
    return true;
}

// False: the request was answered.
bool read_lines(Batch& batch, const Numbering& numbering) {
    const std::string_view body = json::without_byte_order_mark(view(batch.view->body));
    List<BatchItem> items(batch.arena);
    json::Floats floats;
    floats.capacity =
        static_cast<uint64_t>(std::count(body.begin(), body.end(), ',') + std::count(body.begin(), body.end(), '\n')) +
        1;
    floats.data = static_cast<float*>(batch.arena.take(batch.arena.owner, floats.capacity * sizeof(float), 64));
    if (floats.data == nullptr) {
        fail(batch, codec::overloaded());
        return false;
    }
    for (uint64_t from = 0; from < body.size();) {
        const uint64_t end = std::min(body.find('\n', from), body.size());
        const std::string_view line = body.substr(from, end - from);
        from = end + 1;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        BatchItem* item = items.add();
        codec::Failure failure;
        if (item == nullptr || !read_line(batch, line, items.size() - 1, numbering, floats, *item, failure)) {
            fail(batch, codec::overloaded());
            return false;
        }
        if (batch.atomic != 0 && item->fault.message.data != nullptr) {
            fail(batch, codec::with_item(failure, items.size() - 1));
            return false;
        }
    }
    batch.items = items.data();
    batch.item_count = items.size();
    batch.floats = floats.data;
    return true;
}

// ---- binary ----

struct Header {
    char magic[8];
    uint32_t dimension;
    uint32_t flags;
    uint64_t count;
    uint64_t id_bytes;
    uint8_t zero[32];
};
static_assert(sizeof(Header) == 64);

constexpr uint32_t kHasIds = 1;
constexpr uint32_t kHasPayloads = 2;

// Takes `size` bytes from the front; false: there are not so many.
bool take(std::string_view& rest, uint64_t size, std::string_view& out) {
    if (size > rest.size()) return false;
    out = rest.substr(0, size);
    rest.remove_prefix(size);
    return true;
}

template <typename Length>
bool take_text(std::string_view& rest, std::string_view& out) {
    std::string_view prefix;
    if (!take(rest, sizeof(Length), prefix)) return false;
    Length length = 0;
    std::memcpy(&length, prefix.data(), sizeof length);
    return take(rest, length, out);
}

// Why the body cannot be read, or nullptr; fills the items.
const char* parse_binary(Batch& batch, const Numbering& numbering, bool& memory) {
    std::string_view rest = view(batch.view->body);
    std::string_view part;
    if (!take(rest, sizeof(Header), part)) return "shorter than its header";
    Header header;
    std::memcpy(&header, part.data(), sizeof header);
    if (std::memcmp(header.magic, "VZPOINT1", sizeof header.magic) != 0) return "the magic is not VZPOINT1";
    if (header.dimension == 0 || header.dimension > VZ_DIM_MAX) return "the dimension is not from 1 to 65536";
    if ((header.flags & ~(kHasIds | kHasPayloads)) != 0) return "unknown flags";
    if (std::any_of(std::begin(header.zero), std::end(header.zero), [](uint8_t byte) { return byte != 0; }))
        return "reserved bytes are not zero";
    const bool has_ids = (header.flags & kHasIds) != 0;
    if (!has_ids && header.id_bytes != 0) return "an id section without its flag";
    if (has_ids && numbering.counted) return kHasOwnIds;
    const uint64_t row_bytes = uint64_t{header.dimension} * sizeof(float);
    if (header.count > rest.size() / row_bytes) return "fewer vectors than the count says";
    std::string_view vectors;
    std::string_view ids;
    if (!take(rest, header.count * row_bytes, vectors)) return "fewer vectors than the count says";
    if (!take(rest, header.id_bytes, ids)) return "the id section is cut off";

    batch.items = batch.arena.make<BatchItem>(header.count);
    memory = batch.items != nullptr;
    if (!memory) return "out of memory";
    batch.item_count = header.count;
    batch.floats = static_cast<const float*>(static_cast<const void*>(vectors.data()));
    for (uint64_t i = 0; i < header.count; ++i) {
        BatchItem& item = batch.items[i];
        item.first = i * header.dimension;
        item.dimension = header.dimension;
        if (has_ids) {
            std::string_view id;
            if (!take_text<uint16_t>(ids, id)) return "the id section is cut off";
            item.id = borrowed(id);
        } else if (!make_id(batch, numbering, i, item)) {
            memory = false;
            return "out of memory";
        }
        if ((header.flags & kHasPayloads) != 0) {
            std::string_view payload;
            if (!take_text<uint32_t>(rest, payload)) return "the payload section is cut off";
            if (!payload.empty()) item.payload = borrowed(payload);
        }
    }
    if (!ids.empty()) return "the id section is longer than its ids";
    return rest.empty() ? nullptr : "bytes after the end";
}

// False: the request was answered.
bool read_binary(Batch& batch, const Numbering& numbering) {
    bool memory = true;
    const char* reason = parse_binary(batch, numbering, memory);
    if (reason != nullptr) {
        fail(batch,
             memory ? codec::validation(reason == kHasOwnIds ? "id_start" : "body", reason) : codec::overloaded());
        return false;
    }
    for (uint64_t i = 0; i < batch.item_count; ++i) {
        BatchItem& item = batch.items[i];
        const char* const wrong_id = text::refuse_id(view(item.id));
        const char* const wrong_time = codec::refuse_expiry(view(item.payload));
        if (wrong_id == nullptr && wrong_time == nullptr) continue;
        const std::string point = "points[" + std::to_string(i) + "].";
        const codec::Failure failure =
            wrong_id != nullptr ? codec::validation(point + "id", wrong_id)
                                : codec::validation(point + "payload." + std::string(codec::kExpiryKey), wrong_time);
        if (batch.atomic != 0) {
            fail(batch, codec::with_item(failure, i));
            return false;
        }
        item.fault = keep(batch, failure);
        if (wrong_id != nullptr) item.id = vz_str{};
    }
    return true;
}

bool read_numbering(Batch& batch, Numbering& numbering) {
    numbering.counted = query(batch, "id_start").has_value();
    return query_number(batch, "id_start", 0, std::numeric_limits<uint64_t>::max(), numbering.start);
}

}  // namespace

void import_points(vzh_request* request, const vzh_view* view_in) {
    auto* batch = begin<Batch>(request, view_in);
    if (batch == nullptr) return;
    batch->kind = BatchKind::kInsert;
    batch->import = 1;
    batch->reply = &write_imported;
    batch->names.items = "points";
    batch->names.insert = true;
    bool atomic = false;
    Numbering numbering;
    if (!query_flag(*batch, "atomic", atomic) || !read_numbering(*batch, numbering)) return;
    batch->atomic = atomic;

    const std::string_view type = view(view_in->content_type);
    if (type != "application/x-ndjson" && type != "application/octet-stream") {
        return vzh_refuse(request, 415, "unsupported_media_type",
                          borrowed("The body has a type that this route does not take"),
                          borrowed(R"({"accepted":["application/x-ndjson","application/octet-stream"]})"));
    }
    if (!(type == "application/x-ndjson" ? read_lines(*batch, numbering) : read_binary(*batch, numbering))) return;
    if (atomic && batch->item_count > batch->frontend->batch_points_max) {
        return fail(*batch,
                    codec::validation("points", "more than " + std::to_string(batch->frontend->batch_points_max) +
                                                    " points in one batch"));
    }
    if (batch->item_count == 0) return fail(*batch, codec::validation("body", "holds no points"));
    if (numbering.counted && batch->item_count - 1 > std::numeric_limits<uint64_t>::max() - numbering.start) {
        return fail(*batch, codec::validation("id_start", "leaves no numbers for the last points"));
    }
    if (gather(*batch)) write_batch(*batch, batch->param(0));
}

}  // namespace vz::rest
