// The batch routes: what each calls its fields, and how each answers.
#include "frontends/rest/batch.hpp"

#include "frontends/rest/handlers.hpp"

namespace vz::rest {
namespace {

constexpr json::Field kInsertFields[] = {{"collection", kBatchCollection},
                                         {"vectors", kBatchList},
                                         {"config", kBatchConfig},
                                         {"public_key", kBatchPublicKey},
                                         {"wait", kBatchWait}};
constexpr json::Field kInsertItem[] = {{"id", kItemId},       {"embedding", kItemVector}, {"vector", kItemVector},
                                       {"data", kItemVector}, {"payload", kItemPayload},  {"metadata", kItemPayload}};
constexpr json::Field kPointsFields[] = {{"points", kBatchList}, {"public_key", kBatchPublicKey}, {"wait", kBatchWait}};
constexpr json::Field kPointItem[] = {{"id", kItemId}, {"vector", kItemVector}, {"payload", kItemPayload}};
constexpr json::Field kUpdateFields[] = {
    {"collection", kBatchCollection}, {"updates", kBatchList}, {"config", kBatchConfig}, {"wait", kBatchWait}};
constexpr json::Field kUpdateItem[] = {{"id", kItemId},
                                       {"vector", kItemVector},
                                       {"data", kItemVector},
                                       {"payload", kItemPayload},
                                       {"metadata", kItemPayload}};
constexpr json::Field kDeleteFields[] = {{"collection", kBatchCollection},
                                         {"ids", kBatchList},
                                         {"vector_ids", kBatchList},
                                         {"config", kBatchConfig},
                                         {"wait", kBatchWait}};

constexpr BatchBody kInsertBody{kInsertFields, kInsertItem, "vectors"};
constexpr BatchBody kPointsBody{kPointsFields, kPointItem, "points"};
constexpr BatchBody kUpdateBody{kUpdateFields, kUpdateItem, "updates"};
constexpr BatchBody kDeleteBody{kDeleteFields, {}, "ids"};

void write_insert_item(json::Writer& out, const BatchItem& item, uint64_t index) {
    out.begin_object();
    out.field("index", index);
    if (item.id_sent != 0 && item.id.data != nullptr) {
        out.field("client_id", told_id(view(item.id)));
    } else {
        out.field_null("client_id");
    }
    if (item.fault.message.data != nullptr) {
        write_fault(out, item.fault);
    } else {
        out.field("status", "ok");
        out.key("vector_ids");
        out.begin_array();
        out.string(view(item.id));
        out.end_array();
    }
    out.end_object();
}

void write_item(json::Writer& out, const BatchItem& item, uint64_t index) {
    out.begin_object();
    out.field("index", index);
    if (item.id.data != nullptr) {
        out.field("id", told_id(view(item.id)));
    } else {
        out.field_null("id");
    }
    if (item.fault.message.data != nullptr) {
        write_fault(out, item.fault);
    } else {
        out.field("status", "ok");
    }
    out.end_object();
}

void write_results(json::Writer& out, const Batch& batch,
                   void (*write_one)(json::Writer&, const BatchItem&, uint64_t)) {
    out.key("results");
    out.begin_array();
    for (uint64_t i = 0; i < batch.item_count; ++i) {
        if (batch.only_errors != 0 && batch.items[i].fault.message.data == nullptr) continue;
        if (batch.items[i].is_untold) continue;
        write_one(out, batch.items[i], i);
    }
    out.end_array();
}

void write_counts(json::Writer& out, const Batch& batch, std::string_view verb) {
    const uint64_t failed = fault_count(batch);
    out.field("collection", batch.names.collection);
    out.field("count", batch.item_count);
    out.field(verb, batch.item_count - failed);
    out.field("failed", failed);
}

void reply_insert(Call& base, json::Writer& out) {
    const auto& batch = static_cast<Batch&>(base);
    out.begin_object();
    write_counts(out, batch, "inserted");
    write_results(out, batch, &write_insert_item);
    if (batch.created) out.field_boolean("collection_created", true);
    out.end_object();
}

void reply_update(Call& base, json::Writer& out) {
    const auto& batch = static_cast<Batch&>(base);
    out.begin_object();
    write_counts(out, batch, "updated");
    write_results(out, batch, &write_item);
    out.end_object();
}

void reply_delete(Call& base, json::Writer& out) {
    const auto& batch = static_cast<Batch&>(base);
    out.begin_object();
    write_counts(out, batch, "deleted");
    write_results(out, batch, &write_item);
    out.end_object();
}

void reply_points(Call& base, json::Writer& out) {
    const auto& batch = static_cast<Batch&>(base);
    out.begin_object();
    out.field("status", "acknowledged");
    out.field("operation_id", batch.lsn);
    out.key("result");
    out.begin_object();
    out.field("operation_id", batch.lsn);
    out.field("status", "completed");
    out.end_object();
    out.field_float64("time", static_cast<double>((steady_ns() - batch.begun_ns) / 1000) / 1e6);
    out.end_object();
}

// nullptr: the request was answered.
Batch* begin_batch(vzh_request* request, const vzh_view* view_in, BatchKind kind, const BatchBody& body, Write reply) {
    auto* batch = begin<Batch>(request, view_in);
    if (batch == nullptr) return nullptr;
    batch->kind = kind;
    batch->reply = reply;
    batch->names.items = body.list;
    batch->names.vector = body.item_fields.empty() ? std::string_view("vector") : body.item_fields[kItemVector].name;
    batch->names.insert = kind == BatchKind::kInsert;
    bool atomic = kind == BatchKind::kUpsert;
    if (!query_flag(*batch, "atomic", atomic)) return nullptr;
    batch->atomic = atomic;
    bool only_errors = false;
    if (!query_results(*batch, only_errors)) return nullptr;
    batch->only_errors = only_errors;
    return batch;
}

void run(Batch* batch, const BatchBody& body, std::string_view path_collection) {
    std::string_view named;
    if (batch == nullptr || !read_batch(*batch, body, named)) return;
    const bool in_path = path_collection.data() != nullptr;
    if (in_path && named.data() != nullptr && named != path_collection) {
        return fail(*batch, codec::validation("collection", "differs from the collection in the path"));
    }
    if (!in_path && named.data() == nullptr) return fail(*batch, codec::validation("collection", "required"));
    write_batch(*batch, in_path ? path_collection : named);
}

void insert(vzh_request* request, const vzh_view* view_in, std::string_view path_collection) {
    Batch* batch = begin_batch(request, view_in, BatchKind::kInsert, kInsertBody, &reply_insert);
    if (batch != nullptr) batch->may_create = batch->frontend->auto_create;
    run(batch, kInsertBody, path_collection);
}

}  // namespace

void insert_vectors(vzh_request* request, const vzh_view* view_in) { insert(request, view_in, {}); }

void insert_vectors_into(vzh_request* request, const vzh_view* view_in) {
    insert(request, view_in, view(view_in->params[0].value));
}

void qdrant_upsert(vzh_request* request, const vzh_view* view_in) {
    run(begin_batch(request, view_in, BatchKind::kUpsert, kPointsBody, &reply_points), kPointsBody,
        view(view_in->params[0].value));
}

void batch_update(vzh_request* request, const vzh_view* view_in) {
    run(begin_batch(request, view_in, BatchKind::kUpdate, kUpdateBody, &reply_update), kUpdateBody, {});
}

void batch_delete(vzh_request* request, const vzh_view* view_in) {
    run(begin_batch(request, view_in, BatchKind::kDelete, kDeleteBody, &reply_delete), kDeleteBody, {});
}

}  // namespace vz::rest
