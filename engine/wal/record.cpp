// The door of Cap'n Proto for the WAL.
#include "engine/wal/record.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/bytes.hpp"
#include "engine/base/message.hpp"
#include "record.capnp.h"

namespace vz {
namespace {

namespace wire = capnp_record;

constexpr size_t kHeadBytes = 48;
constexpr uint16_t kBatchType = 1;
constexpr uint32_t kAbsent = 0xFFFFFFFF;
constexpr size_t kTypeAt = 4, kCollectionAt = 8, kRequestAt = 16, kItemsAt = 32, kMessageBytesAt = 36,
                 kBlobBytesAt = 40, kCreatedAt = 44;

// ---- writing ----

void append_bytes(std::vector<std::byte>& blob, const void* bytes, size_t size) {
    const auto* at = static_cast<const std::byte*>(bytes);
    blob.insert(blob.end(), at, at + size);
}

void append_id(std::vector<std::byte>& blob, const IdView& id) {
    blob.push_back(static_cast<std::byte>(id.kind));
    switch (id.kind) {
        case IdKind::kU64: append_bytes(blob, &id.high, 8); break;
        case IdKind::kUuid:
            append_bytes(blob, &id.high, 8);
            append_bytes(blob, &id.low, 8);
            break;
        case IdKind::kText: {
            const auto size = static_cast<uint16_t>(id.text.size());
            append_bytes(blob, &size, 2);
            append_bytes(blob, id.text.data(), id.text.size());
        }
    }
}

void align_blob(std::vector<std::byte>& blob) { blob.resize(align_up(blob.size(), 8)); }

void put_vectors(wire::Field::Builder to, const BatchVectors& from, std::vector<std::byte>& blob) {
    to.setId(from.field_id);
    to.setDim(from.dim);
    align_blob(blob);
    to.setOffset(static_cast<uint32_t>(blob.size()));
    const bool all = std::none_of(from.rows.begin(), from.rows.end(), [](const float* row) { return row == nullptr; });
    if (!all) {
        auto present = to.initPresent(static_cast<unsigned>((from.rows.size() + 63) / 64));
        for (size_t i = 0; i < from.rows.size(); ++i) {
            const auto word = static_cast<unsigned>(i / 64);
            if (from.rows[i] != nullptr) present.set(word, present[word] | uint64_t{1} << (i % 64));
        }
    }
    for (const float* row : from.rows) {
        if (row != nullptr) append_bytes(blob, row, from.dim * sizeof(float));
    }
}

void put_operation(wire::Operation::Builder to, const BatchOperation& from, std::vector<std::byte>& blob) {
    to.setKind(static_cast<uint8_t>(from.kind));
    to.setReason(from.reason);
    to.setCount(static_cast<uint32_t>(from.ids.size()));
    auto fields = to.initFields(static_cast<unsigned>(from.vectors.size()));
    for (unsigned i = 0; i < fields.size(); ++i) put_vectors(fields[i], from.vectors[i], blob);
    to.setIdsOffset(static_cast<uint32_t>(blob.size()));
    for (const IdView& id : from.ids) append_id(blob, id);
    to.setIdsBytes(static_cast<uint32_t>(blob.size()) - to.getIdsOffset());
    if (!from.payloads.empty()) {
        to.setPayloadsOffset(static_cast<uint32_t>(blob.size()));
        auto lengths = to.initPayloadLengths(static_cast<unsigned>(from.payloads.size()));
        for (unsigned i = 0; i < lengths.size(); ++i) {
            const std::string_view payload = from.payloads[i];
            lengths.set(i, payload.data() == nullptr ? kAbsent : static_cast<uint32_t>(payload.size()));
            append_bytes(blob, payload.data(), payload.size());
        }
    }
    if (!from.expires.empty()) {
        auto expires = to.initExpires(static_cast<unsigned>(from.expires.size()));
        for (unsigned i = 0; i < expires.size(); ++i) expires.set(i, from.expires[i]);
    }
    if (!from.base_versions.empty()) {
        auto versions = to.initBaseVersions(static_cast<unsigned>(from.base_versions.size()));
        for (unsigned i = 0; i < versions.size(); ++i) versions.set(i, from.base_versions[i]);
    }
}

size_t blob_estimate(const Batch& batch) {
    size_t bytes = 64;
    for (const BatchOperation& operation : batch.operations) {
        for (const BatchVectors& vectors : operation.vectors)
            bytes += vectors.rows.size() * vectors.dim * sizeof(float);
        for (const std::string_view payload : operation.payloads) bytes += payload.size();
        bytes += operation.ids.size() * 24;
    }
    return bytes;
}

// ---- reading ----

Status broken(const char* what) { return failure(VZ_CORRUPTION, "a WAL record has %s out of bounds", what); }

Status get_ids(wire::Operation::Reader from, std::span<const std::byte> blob, std::vector<IdView>* ids) {
    if (from.getIdsOffset() > blob.size() || from.getIdsBytes() > blob.size() - from.getIdsOffset())
        return broken("ids");
    const std::byte* at = blob.data() + from.getIdsOffset();
    const std::byte* end = at + from.getIdsBytes();
    if (from.getCount() > from.getIdsBytes()) return broken("ids");
    ids->reserve(from.getCount());
    for (uint32_t i = 0; i < from.getCount(); ++i) {
        if (at == end) return broken("ids");
        IdView id;
        id.kind = static_cast<IdKind>(*at++);
        const auto left = static_cast<size_t>(end - at);
        if (id.kind == IdKind::kU64 && left >= 8) {
            id.high = load<uint64_t>(at);
            at += 8;
        } else if (id.kind == IdKind::kUuid && left >= 16) {
            id.high = load<uint64_t>(at);
            id.low = load<uint64_t>(at + 8);
            at += 16;
        } else if (id.kind == IdKind::kText && left >= 2 && left - 2 >= load<uint16_t>(at)) {
            id.text = {reinterpret_cast<const char*>(at + 2), load<uint16_t>(at)};
            at += 2 + id.text.size();
        } else {
            return broken("an id");
        }
        ids->push_back(id);
    }
    return {};
}

Status get_vectors(wire::Field::Reader from, uint32_t count, std::span<const std::byte> blob, BatchVectors* to) {
    to->field_id = from.getId();
    to->dim = from.getDim();
    const auto present = from.getPresent();
    if (present.size() != 0 && present.size() != (count + 63) / 64) return broken("a presence map");
    if (to->dim == 0 || to->dim > kDimMax || from.getOffset() > blob.size() || from.getOffset() % 4 != 0)
        return broken("vectors");
    const std::byte* at = blob.data() + from.getOffset();
    size_t left = blob.size() - from.getOffset();
    const size_t row_bytes = to->dim * sizeof(float);
    to->rows.reserve(count);
    for (uint32_t i = 0; i < count; ++i) {
        if (present.size() != 0 && (present[i / 64] >> (i % 64) & 1) == 0) {
            to->rows.push_back(nullptr);
            continue;
        }
        if (left < row_bytes) return broken("vectors");
        to->rows.push_back(reinterpret_cast<const float*>(at));
        at += row_bytes;
        left -= row_bytes;
    }
    return {};
}

Status get_payloads(wire::Operation::Reader from, std::span<const std::byte> blob,
                    std::vector<std::string_view>* payloads) {
    const auto lengths = from.getPayloadLengths();
    if (lengths.size() == 0) return {};
    if (lengths.size() != from.getCount() || from.getPayloadsOffset() > blob.size()) return broken("payloads");
    std::string_view left = as_text(blob.subspan(from.getPayloadsOffset()));
    payloads->reserve(lengths.size());
    for (const uint32_t length : lengths) {
        if (length == kAbsent) {
            payloads->emplace_back();
            continue;
        }
        if (length > left.size()) return broken("payloads");
        payloads->push_back(left.substr(0, length));
        left.remove_prefix(length);
    }
    return {};
}

Status get_operation(wire::Operation::Reader from, std::span<const std::byte> blob, BatchOperation* to) {
    to->kind = static_cast<OperationKind>(from.getKind());
    to->reason = from.getReason();
    if (to->kind < OperationKind::kUpsert || to->kind > OperationKind::kClear) return broken("an operation");
    VZ_TRY(get_ids(from, blob, &to->ids));
    for (auto field : from.getFields()) VZ_TRY(get_vectors(field, from.getCount(), blob, &to->vectors.emplace_back()));
    VZ_TRY(get_payloads(from, blob, &to->payloads));
    for (const int64_t expiry : from.getExpires()) to->expires.push_back(expiry);
    for (const uint64_t version : from.getBaseVersions()) to->base_versions.push_back(version);
    if (!to->expires.empty() && to->expires.size() != to->ids.size()) return broken("expiry times");
    if (!to->base_versions.empty() && to->base_versions.size() != to->ids.size()) return broken("versions");
    return {};
}

}  // namespace

std::vector<std::byte> encode_record(const Batch& batch) {
    std::vector<std::byte> blob;
    blob.reserve(blob_estimate(batch));
    capnp::word scratch[128] = {};
    capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 128));
    auto root = message.initRoot<wire::Batch>();
    root.setWrittenMs(batch.written_ms);
    auto operations = root.initOperations(static_cast<unsigned>(batch.operations.size()));
    for (unsigned i = 0; i < operations.size(); ++i) put_operation(operations[i], batch.operations[i], blob);
    align_blob(blob);

    const kj::Array<capnp::word> words = capnp::messageToFlatArray(message);
    const auto message_bytes = words.asBytes();
    std::vector<std::byte> record(kHeadBytes + message_bytes.size() + blob.size());
    std::byte* at = record.data();
    store(at, static_cast<uint32_t>(std::min<size_t>(record.size(), UINT32_MAX)));
    store(at + kTypeAt, kBatchType);
    store(at + kCollectionAt, batch.collection);
    store(at + kRequestAt, batch.request_id);
    store(at + kItemsAt, batch.items);
    store(at + kMessageBytesAt, static_cast<uint32_t>(message_bytes.size()));
    store(at + kBlobBytesAt, static_cast<uint32_t>(blob.size()));
    store(at + kCreatedAt, batch.created);
    std::memcpy(at + kHeadBytes, message_bytes.begin(), message_bytes.size());
    if (!blob.empty()) std::memcpy(at + kHeadBytes + message_bytes.size(), blob.data(), blob.size());
    return record;
}

Result<Batch> decode_record(std::span<const std::byte> bytes, uint64_t* size) {
    if (bytes.size() < kHeadBytes) return broken("its head");
    const std::byte* at = bytes.data();
    const auto record_bytes = load<uint32_t>(at);
    const uint64_t message_bytes = load<uint32_t>(at + kMessageBytesAt);
    const uint64_t blob_bytes = load<uint32_t>(at + kBlobBytesAt);
    if (record_bytes > bytes.size() || kHeadBytes + message_bytes + blob_bytes != record_bytes ||
        message_bytes % 8 != 0) {
        return broken("its parts");
    }
    if (load<uint16_t>(at + kTypeAt) != kBatchType) {
        return failure(VZ_UNSUPPORTED, "the WAL holds a record of type %u of a newer release",
                       load<uint16_t>(at + kTypeAt));
    }
    *size = record_bytes;
    Batch batch;
    batch.collection = load<uint64_t>(at + kCollectionAt);
    batch.request_id = load<vz_uuid>(at + kRequestAt);
    batch.items = load<uint32_t>(at + kItemsAt);
    batch.created = load<uint32_t>(at + kCreatedAt);
    const std::span<const std::byte> blob = bytes.subspan(kHeadBytes + message_bytes, blob_bytes);
    Status read = read_message<wire::Batch>(
        bytes.subspan(kHeadBytes, message_bytes), 8, "a WAL record", [&](auto root) -> Status {
            batch.written_ms = root.getWrittenMs();
            for (auto operation : root.getOperations()) {
                VZ_TRY(get_operation(operation, blob, &batch.operations.emplace_back()));
            }
            return {};
        });
    VZ_TRY(std::move(read));
    return batch;
}

}  // namespace vz
