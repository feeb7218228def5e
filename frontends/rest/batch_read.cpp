#include "frontends/codec/expiry.hpp"
#include "frontends/codec/uuid.hpp"
#include "frontends/rest/batch.hpp"
#include "frontends/rest/list.hpp"
#include "frontends/text/names.hpp"

namespace vz::rest {
namespace {

using json::Value;

constexpr json::Field kConfigFields[] = {{"atomic", 0}, {"max_batch_size", 1}, {"parallel_workers", 2}};

bool read_id(json::Reader& reader, Value value, BatchItem& item) {
    std::string_view text;
    const bool good = read_sent_id(reader, value, text);
    item.id_sent = 1;
    item.id = borrowed(text);
    if (!good) return false;
    const char* const reason = text::refuse_id(text);
    return reason == nullptr || reader.mistake(reason);
}

// What an item must have at least; makes an id where the client leaves it to us.
bool complete(json::Reader& reader, BatchKind kind, std::string_view vector_name, BatchItem& item) {
    if (item.id.data == nullptr) {
        if (kind != BatchKind::kInsert) return reader.mistake("id", "required");
        const std::string_view id = reader.arena().copy(codec::new_uuid().view());
        if (id.data() == nullptr) return reader.out_of_memory();
        item.id = borrowed(id);
    }
    const bool inserts = kind == BatchKind::kInsert || kind == BatchKind::kUpsert;
    if (inserts && item.dimension == 0) return reader.mistake(vector_name, "required");
    if (kind == BatchKind::kUpdate && item.dimension == 0 && item.payload.data == nullptr) {
        return reader.mistake("vector", "required, unless there is a payload");
    }
    return true;
}

bool read_item(json::Reader& reader, Value value, const BatchBody& body, Batch& batch, json::Floats& floats,
               BatchItem& item) {
    if (batch.kind == BatchKind::kDelete) return read_id(reader, value, item);
    auto on_member = [&](uint32_t member, Value inner) {
        return read_batch_member(reader, member, inner, batch.kind, floats, item) &&
               (member != kItemPayload || item.payload.size == 0 || reader.checked(view(item.payload)));
    };
    return reader.object(value, body.item_fields, on_member, kItemId) &&
           complete(reader, batch.kind, body.item_fields[kItemVector].name, item);
}

}  // namespace

bool read_sent_id(json::Reader& reader, Value value, std::string_view& id) {
    if (reader.id(value, id)) return true;
    if (reader.has_mistake()) reader.raw(value, id);
    return false;
}

bool read_batch_config(json::Reader& reader, Value value, const Call& call, bool& atomic) {
    if (reader.is_null(value)) return true;
    return reader.object(value, kConfigFields, [&](uint32_t id, Value member) {
        if (reader.is_null(member)) return true;
        bool flag = false;
        uint64_t number = 0;
        if (id != 0) return reader.unsigned_integer(member, 0, UINT32_MAX, number);
        if (!reader.boolean(member, flag)) return false;
        if (query(call, "atomic") && flag != atomic) return reader.mistake("differs from `atomic` in the query");
        atomic = atomic || flag;
        return true;
    });
}

bool read_batch_member(json::Reader& reader, uint32_t member, Value value, BatchKind kind, json::Floats& floats,
                       BatchItem& item) {
    std::string_view text;
    if (reader.is_null(value)) {
        // An update takes a null payload as an empty one; elsewhere null equals absent.
        if (member == kItemPayload && kind == BatchKind::kUpdate) item.payload = borrowed("{}");
        return true;
    }
    switch (member) {
        case kItemId: return read_id(reader, value, item);
        case kItemVector:
            item.first = floats.count;
            item.vector_field = reader.spelling();
            return reader.floats(value, floats, item.dimension);
        default:
            if (!reader.raw_object(value, text)) return false;
            if (const char* reason = codec::refuse_expiry(text)) return reader.mistake(codec::kExpiryKey, reason);
            item.payload = borrowed(text);
            item.payload_field = reader.spelling();
            return true;
    }
}

bool gather(Batch& batch) {
    batch.positions = batch.arena.make<uint64_t>(batch.item_count);
    batch.ids = batch.arena.make<vz_str>(batch.item_count);
    batch.payloads = batch.arena.make<vz_str>(batch.item_count);
    if (batch.positions == nullptr || batch.ids == nullptr || batch.payloads == nullptr) {
        fail(batch, codec::overloaded());
        return false;
    }
    for (uint64_t i = 0; i < batch.item_count; ++i) {
        const BatchItem& item = batch.items[i];
        if (item.fault.message.data != nullptr) continue;
        batch.positions[batch.good_count] = i;
        batch.ids[batch.good_count] = item.id;
        batch.payloads[batch.good_count] = item.payload;
        ++batch.good_count;
    }
    return true;
}

uint64_t fault_count(const Batch& batch) {
    uint64_t faults = batch.failed_before;
    for (uint64_t i = 0; i < batch.item_count; ++i) faults += batch.items[i].fault.message.data != nullptr ? 1 : 0;
    return faults;
}

bool read_batch(Batch& batch, const BatchBody& body, std::string_view& collection) {
    json::Floats floats;
    List<BatchItem> items(batch.arena);
    bool public_key = false;
    bool atomic = batch.atomic != 0;
    uint64_t first_fault = UINT64_MAX;
    codec::Failure first_failure;
    json::Reader reader(view(batch.view->body), batch.arena);
    const auto read_list = [&](Value list) {
        return reader.array(list, [&](uint64_t index, Value element) {
            if (index == batch.frontend->batch_points_max) {
                return reader.mistake("more than " + std::to_string(batch.frontend->batch_points_max) +
                                      " points in one request");
            }
            BatchItem* item = items.add();
            if (item == nullptr) return reader.out_of_memory();
            const uint64_t before = floats.count;
            if (read_item(reader, element, body, batch, floats, *item)) return true;
            if (!reader.has_mistake()) return false;
            floats.count = before;
            const codec::Failure failure = codec::from_reader(reader.take_mistake());
            item->fault = keep(batch, failure);
            if (first_fault == UINT64_MAX) {
                first_fault = index;
                first_failure = failure;
            }
            return true;
        });
    };
    const bool good = reader.read(body.fields, [&](uint32_t id, Value value) {
        if (id == kBatchWait || reader.is_null(value)) return reader.skip(value);
        switch (id) {
            case kBatchCollection: return reader.string(value, collection);
            case kBatchList: batch.names.items = reader.spelling(); return read_list(value);
            case kBatchConfig: return read_batch_config(reader, value, batch, atomic);
            default: public_key = true; return true;
        }
    });
    batch.atomic = atomic;
    if (!good) {
        fail_reading(batch, reader);
    } else if (public_key) {
        fail(batch, codec::unimplemented("payload_encryption"));
    } else if (items.size() == 0) {
        fail(batch, codec::validation(batch.names.items,
                                      items.data() == nullptr ? "required, and not empty" : "must not be empty"));
    } else if (batch.atomic != 0 && first_fault != UINT64_MAX) {
        fail(batch, codec::with_item(first_failure, first_fault));
    } else {
        batch.items = items.data();
        batch.item_count = items.size();
        batch.floats = floats.data;
        return gather(batch);
    }
    return false;
}

}  // namespace vz::rest
