// A batch of points to write: read from a request, sent to the engine as one record or several, reported item by item.
#pragma once

#include <array>
#include <span>

#include "frontends/rest/auto_creation.hpp"
#include "frontends/rest/fields.hpp"

namespace vz::rest {

enum class BatchKind : uint8_t { kInsert, kUpsert, kUpdate, kDelete };

// One entry of the request's list.
struct BatchItem {
    vz_str id;
    vz_str payload;      // absent: not given
    uint64_t first;      // of its floats
    uint64_t dimension;  // 0: no vector
    uint8_t id_sent;
    std::string_view vector_field;  // as the request spells it; empty: not sent
    std::string_view payload_field;
    ItemFault fault;  // set: the item is left out
    bool is_untold;   // of a repeated record: whether it was written then, and under which id, is not known
};

inline constexpr uint64_t kImportRecordPoints = 1'000;

struct Batch : CreatingCall {
    BatchKind kind;
    uint8_t atomic;
    uint8_t only_errors;
    uint8_t import;  // records of kImportRecordPoints; what stops it half-way ends the request
    BatchItem* items;
    uint64_t item_count;
    uint64_t failed_before;  // items of records that the engine knows, without those that it wrote then
    const float* floats;

    // The items without fault, in order; their columns as the ABI wants them.
    uint64_t* positions;
    vz_str* ids;
    vz_str* payloads;
    uint64_t good_count;

    // The record in flight: good items [sent, until).
    uint64_t sent;
    uint64_t until;
    uint64_t record;
    vz_write_request* chain;
    vz_write_answer answer;
    vz_status* statuses;
    vz_error* errors;

    uint64_t lsn;
    Write reply;
};

// Reads the body's list into the batch and checks each item for itself. False: the request was answered.
struct BatchBody {
    std::span<const json::Field> fields;       // of the body, ids below
    std::span<const json::Field> item_fields;  // of an item
    std::string_view list;                     // canonical name of the list
};
enum BatchBodyId : uint32_t { kBatchCollection, kBatchList, kBatchConfig, kBatchPublicKey, kBatchWait };
enum BatchItemId : uint32_t { kItemId, kItemVector, kItemPayload };
bool read_batch(Batch& batch, const BatchBody& body, std::string_view& collection);

// `config` of a batch: {"atomic","max_batch_size","parallel_workers"}. `atomic` comes with what the query says of it.
bool read_batch_config(json::Reader& reader, json::Value value, const Call& call, bool& atomic);

// An id. A refused one is there all the same, as it was sent, for the answer to tell.
bool read_sent_id(json::Reader& reader, json::Value value, std::string_view& id);
// As much of it as is told: all of an id, and of what was refused enough to know it again.
inline std::string_view told_id(std::string_view id) { return json::clipped(id, 1024); }

// The parts of it that an import shares: one member of an item; and the columns of the items without fault (false: the
// request was answered).
bool read_batch_member(json::Reader& reader, uint32_t member, json::Value value, BatchKind kind, json::Floats& floats,
                       BatchItem& item);
bool gather(Batch& batch);
uint64_t fault_count(const Batch& batch);

// Writes the batch to the collection and answers with batch.reply; asks for permission first.
void write_batch(Batch& batch, std::string_view collection);

}  // namespace vz::rest
