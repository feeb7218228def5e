// The routes that store texts: what each calls its fields, and how each answers.
#include "frontends/codec/uuid.hpp"
#include "frontends/rest/batch.hpp"
#include "frontends/rest/handlers.hpp"
#include "frontends/rest/list.hpp"
#include "frontends/rest/text_write.hpp"

namespace vz::rest {
namespace {

using json::Value;

enum TextId : uint32_t {
    kCollection,
    kTexts,
    kConfig,
    kPublicKey,
    kWait,
    kId,
    kText,
    kMetadata,
    kAutoChunk,
    kChunkSize,
    kChunkOverlap
};

constexpr std::array<json::Field, 3> kOptionFields{
    {{"auto_chunk", kAutoChunk}, {"chunk_size", kChunkSize}, {"chunk_overlap", kChunkOverlap}}};
constexpr auto kItemFields =
    joined(std::array<json::Field, 3>{{{"id", kId}, {"text", kText}, {"metadata", kMetadata}}}, kOptionFields);
constexpr auto kBatchFields = joined(std::array<json::Field, 5>{{{"collection", kCollection},
                                                                 {"texts", kTexts},
                                                                 {"config", kConfig},
                                                                 {"public_key", kPublicKey},
                                                                 {"wait", kWait}}},
                                     kOptionFields);
constexpr auto kSingleFields = joined(std::array<json::Field, 6>{{{"collection", kCollection},
                                                                  {"id", kId},
                                                                  {"text", kText},
                                                                  {"metadata", kMetadata},
                                                                  {"public_key", kPublicKey},
                                                                  {"wait", kWait}}},
                                      kOptionFields);

// One member of a text, or an option that stands beside the list.
bool read_member(json::Reader& reader, uint32_t id, Value value, TextItem& item) {
    if (reader.is_null(value)) return true;
    codec::TextEntry& entry = item.entry;
    uint64_t number = 0;
    if (id >= kAutoChunk) item.options_sent |= 1u << (id - kAutoChunk);
    switch (id) {
        case kId: item.id_sent = true; return read_sent_id(reader, value, entry.id);
        case kText: return reader.string(value, entry.text);
        case kMetadata: return reader.raw_object(value, entry.metadata) && reader.checked(entry.metadata);
        case kAutoChunk: return reader.boolean(value, entry.options.auto_chunk);
        case kChunkSize:
            if (!reader.unsigned_integer(value, codec::kChunkBytesMin, codec::kChunkBytesMax, number)) return false;
            entry.options.chunk_size = static_cast<uint32_t>(number);
            return true;
        default:
            if (!reader.unsigned_integer(value, 0, codec::kChunkBytesMax, number)) return false;
            entry.options.chunk_overlap = static_cast<uint32_t>(number);
            return true;
    }
}

void inherit(TextItem& item, const TextItem& defaults) {
    const auto is_open = [&](TextId id) { return (item.options_sent >> (id - kAutoChunk) & 1) == 0; };
    codec::TextOptions& options = item.entry.options;
    if (is_open(kAutoChunk)) options.auto_chunk = defaults.entry.options.auto_chunk;
    if (is_open(kChunkSize)) options.chunk_size = defaults.entry.options.chunk_size;
    if (!is_open(kChunkOverlap)) return;
    const bool is_said = (defaults.options_sent >> (kChunkOverlap - kAutoChunk) & 1) != 0;
    options.chunk_overlap = is_said ? defaults.entry.options.chunk_overlap : codec::default_overlap(options.chunk_size);
}

// Makes an id where the client leaves it to us.
bool complete(json::Reader& reader, TextItem& item) {
    if (item.entry.text.data() == nullptr) return reader.mistake("text", "required");
    if (item.id_sent) return true;
    item.entry.id = reader.arena().copy(codec::new_uuid().view());
    return item.entry.id.data() != nullptr || reader.out_of_memory();
}

uint64_t fault_count(const TextBatch& batch) {
    uint64_t faults = 0;
    for (uint64_t i = 0; i < batch.item_count; ++i) faults += batch.items[i].fault.message.data != nullptr ? 1 : 0;
    return faults;
}

void write_ids(json::Writer& out, const TextItem& item, bool are_known = true) {
    out.key("vector_ids");
    out.begin_array();
    for (const codec::TextPoint& point : item.points) {
        if (are_known) out.string(view(point.id));
    }
    out.end_array();
}

void write_item(json::Writer& out, const TextItem& item, uint64_t index) {
    out.begin_object();
    out.field("index", index);
    if (item.id_sent) {
        out.field("client_id", told_id(item.entry.id));
    } else {
        out.field_null("client_id");
    }
    if (item.fault.message.data != nullptr) {
        write_fault(out, item.fault);
    } else {
        out.field("status", "ok");
        write_ids(out, item);
        out.field("vectors_created", uint64_t{item.points.size()});
        out.field_boolean("chunked", item.entry.is_chunked());
    }
    out.end_object();
}

void reply_batch(Call& base, json::Writer& out) {
    const auto& batch = static_cast<TextBatch&>(base);
    const uint64_t failed = fault_count(batch);
    out.begin_object();
    out.field("collection", batch.names.collection);
    out.field("count", batch.item_count);
    out.field("inserted", batch.item_count - failed);
    out.field("failed", failed);
    out.key("results");
    out.begin_array();
    for (uint64_t i = 0; i < batch.item_count; ++i) {
        const TextItem& item = batch.items[i];
        const bool is_told = !batch.only_errors || item.fault.message.data != nullptr;
        if (is_told && (!batch.replayed || item.id_sent)) write_item(out, item, i);
    }
    out.end_array();
    if (batch.created) out.field_boolean("collection_created", true);
    out.end_object();
}

void reply_single(Call& base, json::Writer& out) {
    const auto& batch = static_cast<TextBatch&>(base);
    const TextItem& item = batch.items[0];
    const uint64_t count = item.points.size();
    out.begin_object();
    out.field("message", "Text inserted successfully (" + std::to_string(count) + " vector(s) created)");
    out.field("vectors_created", count);
    write_ids(out, item, !batch.replayed || item.id_sent);
    out.field("collection", batch.names.collection);
    out.field_boolean("chunked", item.entry.is_chunked());
    if (batch.created) out.field_boolean("collection_created", true);
    out.end_object();
}

// nullptr: the request was answered.
TextBatch* begin_texts(vzh_request* request, const vzh_view* view_in, Write reply) {
    auto* batch = begin<TextBatch>(request, view_in);
    if (batch == nullptr) return nullptr;
    batch->reply = reply;
    batch->may_create = batch->frontend->auto_create;
    batch->names.insert = true;
    batch->names.payload = "metadata";
    return batch;
}

void run(TextBatch& batch, std::string_view collection, bool has_public_key) {
    if (has_public_key) return fail(batch, codec::unimplemented("payload_encryption"));
    if (collection.data() == nullptr) return fail(batch, codec::validation("collection", "required"));
    write_texts(batch, collection);
}

}  // namespace

void insert_texts(vzh_request* request, const vzh_view* view_in) {
    TextBatch* batch = begin_texts(request, view_in, &reply_batch);
    bool atomic = false;
    if (batch == nullptr || !query_flag(*batch, "atomic", atomic) || !query_results(*batch, batch->only_errors)) return;
    batch->names.items = "texts";
    List<TextItem> items(batch->arena);
    TextItem defaults{};
    std::string_view collection;
    bool has_public_key = false;
    uint64_t first_fault = UINT64_MAX;
    codec::Failure first_failure;
    json::Reader reader(view(view_in->body), batch->arena);
    const auto read_list = [&](Value list) {
        return reader.array(list, [&](uint64_t index, Value element) {
            if (index == batch->frontend->batch_points_max) {
                return reader.mistake("more than " + std::to_string(batch->frontend->batch_points_max) +
                                      " texts in one request");
            }
            TextItem* item = items.add();
            if (item == nullptr) return reader.out_of_memory();
            auto on_member = [&](uint32_t id, Value inner) { return read_member(reader, id, inner, *item); };
            if (reader.object(element, kItemFields, on_member, kId) && complete(reader, *item)) return true;
            if (!reader.has_mistake()) return false;
            const codec::Failure failure = codec::from_reader(reader.take_mistake());
            item->fault = keep(*batch, failure);
            if (first_fault == UINT64_MAX) {
                first_fault = index;
                first_failure = failure;
            }
            return true;
        });
    };
    const bool good = reader.read(kBatchFields, [&](uint32_t id, Value value) {
        if (id == kWait || reader.is_null(value)) return reader.skip(value);
        switch (id) {
            case kCollection: return reader.string(value, collection);
            case kTexts: return read_list(value);
            case kConfig: return read_batch_config(reader, value, *batch, atomic);
            case kPublicKey: has_public_key = true; return true;
            default: return read_member(reader, id, value, defaults);
        }
    });
    if (!good) return fail_reading(*batch, reader);
    if (items.size() == 0)
        return fail(*batch, codec::validation(
                                "texts", items.data() == nullptr ? "required, and not empty" : "must not be empty"));
    batch->atomic = atomic;
    if (atomic && first_fault != UINT64_MAX) return fail(*batch, codec::with_item(first_failure, first_fault));
    batch->items = items.data();
    batch->item_count = items.size();
    for (uint64_t i = 0; i < items.size(); ++i) inherit(items[i], defaults);
    run(*batch, collection, has_public_key);
}

void insert_text(vzh_request* request, const vzh_view* view_in) {
    TextBatch* batch = begin_texts(request, view_in, &reply_single);
    if (batch == nullptr) return;
    batch->is_single = true;
    batch->items = batch->arena.make<TextItem>();
    if (batch->items == nullptr) return fail(*batch, codec::overloaded());
    batch->item_count = 1;
    std::string_view collection;
    bool has_public_key = false;
    json::Reader reader(view(view_in->body), batch->arena);
    const bool good = reader.read(kSingleFields, [&](uint32_t id, Value value) {
        if (id == kWait || reader.is_null(value)) return reader.skip(value);
        if (id == kCollection) return reader.string(value, collection);
        if (id != kPublicKey) return read_member(reader, id, value, batch->items[0]);
        has_public_key = true;
        return true;
    });
    if (!good || !complete(reader, batch->items[0])) return fail_reading(*batch, reader);
    inherit(batch->items[0], {});
    run(*batch, collection, has_public_key);
}

}  // namespace vz::rest
