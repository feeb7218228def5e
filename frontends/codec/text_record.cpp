#include "frontends/codec/text_record.hpp"

#include <algorithm>
#include <memory>
#include <tuple>
#include <vector>

#include "frontends/codec/collection.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::codec {
namespace {

// Chunks that are looked for at a time: as many as there are said to be, and at least some, for that may be wrong.
constexpr uint64_t kChunksAskedMin = 16;
constexpr uint64_t kChunksAskedMax = 256;

// More were never made of one text.
constexpr uint64_t kChunksMax = kTextBytesMax / (kChunkBytesMin / 2);

struct Item {
    vz_str id;
    const TextPoint* point;  // nullptr: deleted
    uint32_t condition;
    uint64_t version;
    uint64_t entry;

    // Items of one request of the chain are alike in these.
    auto group() const {
        return std::tuple(point != nullptr, condition, point != nullptr && point->vector != nullptr,
                          point != nullptr && point->expires_ms != 0);
    }
};

struct Stored {
    uint64_t version = 0;  // 0: there is no such point
    std::string payload;   // the member that was asked for
};

// The record is for what was read.
Item as_read(const Stored& stored, Item item) {
    item.condition = stored.version != 0 ? VZ_IF_VERSION : VZ_IF_ABSENT;
    item.version = stored.version;
    return item;
}

// No point has a longer id: a text of this id has no chunks.
bool may_have_chunks(std::string_view id) { return fits_chunk(id, 0); }

uint64_t chunks_said(const Stored& first_chunk) {
    constexpr json::Field kFields[] = {{kChunkCountKey, 0}};
    uint64_t chunks = 0;
    if (first_chunk.version == 0) return chunks;
    read_small_object(first_chunk.payload, kFields, [&](json::Reader& reader, uint32_t, json::Value value) {
        return reader.unsigned_integer(value, 0, kChunksMax, chunks);
    });
    return chunks;
}

bool says_parent(const Stored& chunk, std::string_view id) {
    constexpr json::Field kFields[] = {{kParentIdKey, 0}};
    bool says = false;
    read_small_object(chunk.payload, kFields, [&](json::Reader& reader, uint32_t, json::Value value) {
        std::string_view parent;
        says = reader.string(value, parent) && parent == id;
        return says;
    });
    return says;
}

// What is stored under each id now, with one member of the payload.
Failure read_stored(vz_engine* engine, std::string_view collection, const std::vector<vz_str>& ids,
                    std::string_view member, const Names& names, std::vector<Stored>* stored) {
    stored->assign(ids.size(), {});
    if (ids.empty()) return {};
    const vz_str path = text::borrowed(member);
    vz_parts parts{};
    parts.struct_size = sizeof parts;
    parts.flags = VZ_PARTS_PAYLOAD;
    parts.payload_paths = &path;
    parts.payload_path_count = 1;
    vz_get_request request{};
    request.struct_size = sizeof request;
    request.count = ids.size();
    request.ids = ids.data();
    request.parts = &parts;
    vz_error error{};
    vz_result* result = nullptr;
    vz_status status = vz_get(engine, text::borrowed(collection), &request, &result, &error);
    if (status != VZ_OK) return from_engine(error, names);
    const std::unique_ptr<vz_result, decltype(&vz_result_release)> owned(result, &vz_result_release);
    vz_rows rows{};
    rows.struct_size = sizeof rows;
    status = vz_result_rows(result, 0, &rows, &error);
    if (status != VZ_OK) return from_engine(error, names);
    for (uint64_t i = 0; i < rows.count; ++i) {
        Stored& found = (*stored)[i];
        found.version = rows.versions[i];
        if (found.version != 0 && rows.payloads != nullptr) found.payload = text::view(rows.payloads[i]);
    }
    status = vz_result_check(result, &error);
    return status == VZ_OK ? Failure{} : from_engine(error, names);
}

// The chunks from `from` on that go. How many a text had stands in the payload of its first chunk, which may be gone or
// changed by any client: they are looked for, and where a whole part has none, the text has ended. Beyond what is said
// a point is a chunk if it says so.
Failure add_gone(vz_engine* engine, std::string_view collection, const TextChange& change, uint64_t from, uint64_t said,
                 const Names& names, const json::Arena& arena, std::vector<Item>* items) {
    for (bool has_any = true; has_any;) {
        const uint64_t asked = std::clamp(said > from ? said - from : 0, kChunksAskedMin, kChunksAskedMax);
        std::vector<std::string> texts;
        std::vector<vz_str> ids;
        texts.reserve(asked);
        for (uint64_t chunk = from; chunk < from + asked && fits_chunk(change.id, chunk); ++chunk) {
            texts.push_back(std::string(change.id).append("#").append(std::to_string(chunk)));
            ids.push_back(text::borrowed(texts.back()));
        }
        std::vector<Stored> stored;
        if (Failure failure = read_stored(engine, collection, ids, kParentIdKey, names, &stored); is_failure(failure))
            return failure;
        has_any = false;
        for (uint64_t i = 0; i < stored.size(); ++i) {
            if (stored[i].version == 0 || (from + i >= said && !says_parent(stored[i], change.id))) continue;
            const vz_str id = text::borrowed(arena.copy(texts[i]));
            if (id.data == nullptr) return overloaded();
            items->push_back(as_read(stored[i], {id, nullptr, VZ_IF_ALWAYS, 0, change.entry}));
            has_any = true;
        }
        from += asked;
    }
    return {};
}

Failure add_change(vz_engine* engine, std::string_view collection, const TextChange& change, const Stored& whole,
                   const Stored& first_chunk, const Names& names, const json::Arena& arena, std::vector<Item>* items) {
    const bool is_chunked = change.points.size() > 1 || text::view(change.points[0].id) != change.id;
    for (const TextPoint& point : change.points) {
        Item item{point.id, &point, VZ_IF_ALWAYS, 0, change.entry};
        if (!change.is_new && &point == change.points.data()) item = as_read(is_chunked ? first_chunk : whole, item);
        items->push_back(item);
    }
    if (change.is_new) return {};
    if (is_chunked) {
        items->push_back(as_read(whole, {text::borrowed(change.id), nullptr, VZ_IF_ALWAYS, 0, change.entry}));
    }
    if (!is_chunked && may_have_chunks(change.id)) {
        const vz_str id = chunk_id(change.id, 0, arena);
        if (id.data == nullptr) return overloaded();
        items->push_back(as_read(first_chunk, {id, nullptr, VZ_IF_ALWAYS, 0, change.entry}));
    }
    const uint64_t kept = is_chunked ? change.points.size() : 1;
    return add_gone(engine, collection, change, kept, chunks_said(first_chunk), names, arena, items);
}

// One request of the chain; false: out of memory.
bool fill_request(std::span<const Item> items, uint32_t dimension, const json::Arena& arena,
                  vz_write_request& request) {
    const Item& first = items.front();
    auto* const ids = arena.make<vz_str>(items.size());
    auto* const versions = arena.make<uint64_t>(items.size());
    if (ids == nullptr || versions == nullptr) return false;
    for (size_t i = 0; i < items.size(); ++i) {
        ids[i] = items[i].id;
        versions[i] = items[i].version;
    }
    request.struct_size = sizeof request;
    request.kind = first.point != nullptr ? VZ_UPSERT : VZ_DELETE;
    request.condition = first.condition;
    request.count = items.size();
    request.ids = ids;
    if (first.condition == VZ_IF_VERSION) request.versions = versions;
    if (first.point == nullptr) return true;
    auto* const payloads = arena.make<vz_str>(items.size());
    auto* const expires = arena.make<int64_t>(items.size());
    if (payloads == nullptr || expires == nullptr) return false;
    for (size_t i = 0; i < items.size(); ++i) {
        payloads[i] = items[i].point->payload;
        expires[i] = items[i].point->expires_ms;
    }
    request.payloads = payloads;
    if (first.point->expires_ms != 0) request.expires_ms = expires;
    if (first.point->vector == nullptr) return true;
    auto* const rows = arena.make<float>(items.size() * dimension);
    if (rows == nullptr) return false;
    for (size_t i = 0; i < items.size(); ++i) std::copy_n(items[i].point->vector, dimension, rows + i * dimension);
    request.vectors = {rows, items.size(), 0, dimension, VZ_F32};
    return true;
}

}  // namespace

Failure make_record(vz_engine* engine, std::string_view collection, std::span<const TextChange> changes,
                    uint32_t dimension, const Names& names, const json::Arena& arena, TextRecord& record) {
    std::vector<vz_str> ids;
    for (const TextChange& change : changes) {
        if (change.is_new) continue;
        ids.push_back(text::borrowed(change.id));
        if (!may_have_chunks(change.id)) continue;
        ids.push_back(chunk_id(change.id, 0, arena));
        if (ids.back().data == nullptr) return overloaded();
    }
    std::vector<Stored> stored;
    if (Failure failure = read_stored(engine, collection, ids, kChunkCountKey, names, &stored); is_failure(failure))
        return failure;
    std::vector<Item> items;
    const Stored none;
    size_t place = 0;
    for (const TextChange& change : changes) {
        const Stored& whole = change.is_new ? none : stored[place++];
        const Stored& first_chunk = change.is_new || !may_have_chunks(change.id) ? none : stored[place++];
        if (Failure failure = add_change(engine, collection, change, whole, first_chunk, names, arena, &items);
            is_failure(failure))
            return failure;
    }
    std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.group() < b.group(); });

    auto* const entries = arena.make<uint64_t>(items.size());
    if (entries == nullptr) return overloaded();
    vz_write_request* last = nullptr;
    for (size_t from = 0; from < items.size();) {
        size_t to = from + 1;
        while (to < items.size() && items[to].group() == items[from].group()) ++to;
        auto* const request = arena.make<vz_write_request>();
        if (request == nullptr || !fill_request(std::span(items).subspan(from, to - from), dimension, arena, *request))
            return overloaded();
        if (last == nullptr) record.chain = request;
        if (last != nullptr) last->next = request;
        last = request;
        for (size_t i = from; i < to; ++i) entries[i] = items[i].entry;
        from = to;
    }
    record.entries = entries;
    record.item_count = items.size();
    return {};
}

bool has_lost_race(vz_status status, const vz_error& error) {
    return status == VZ_CONFLICT ||
           ((status == VZ_ALREADY_EXISTS || status == VZ_NOT_FOUND) && error.reason == VZ_REASON_POINT);
}

}  // namespace vz::codec
