#include "engine/segment/metadata.hpp"

#include <cstring>

#include "engine/base/message.hpp"
#include "metadata.capnp.h"

namespace vz {
namespace {

capnp::Data::Reader data(const void* at, size_t size) { return {static_cast<const kj::byte*>(at), size}; }

}  // namespace

std::vector<std::byte> encode_metadata(const SegmentMetadata& metadata) {
    const std::vector<std::byte> schema = encode_schema(metadata.schema);
    // Most fit: the library's first segment of its own is 8 KiB of zeros.
    capnp::word scratch[64] = {};
    capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 64));
    auto root = message.initRoot<capnp_segment::Metadata>();
    root.setCollectionId(metadata.collection_id);
    root.setCollectionUuid(data(metadata.collection_uuid.bytes, sizeof(metadata.collection_uuid.bytes)));
    root.setCollectionName(data(metadata.collection_name.data(), metadata.collection_name.size()));
    root.setSchema(data(schema.data(), schema.size()));
    root.setRows(metadata.rows);
    root.setVersionMin(metadata.version_min);
    root.setVersionMax(metadata.version_max);
    root.setWriter("vectorizer");
    return write_message(message);
}

Result<SegmentMetadata> decode_metadata(std::span<const std::byte> bytes) {
    return read_message<
        capnp_segment::Metadata>(bytes, 8, "the metadata of a segment", [](auto root) -> Result<SegmentMetadata> {
        SegmentMetadata metadata;
        metadata.collection_id = root.getCollectionId();
        const auto uuid = root.getCollectionUuid();
        if (uuid.size() != sizeof(metadata.collection_uuid.bytes))
            return failure(VZ_CORRUPTION, "a segment names no collection uuid");
        std::memcpy(metadata.collection_uuid.bytes, uuid.begin(), uuid.size());
        const auto name = root.getCollectionName().asChars();
        metadata.collection_name.assign(name.begin(), name.size());
        const auto schema = root.getSchema();
        VZ_ASSIGN(metadata.schema, decode_schema({reinterpret_cast<const std::byte*>(schema.begin()), schema.size()}));
        metadata.rows = root.getRows();
        metadata.version_min = root.getVersionMin();
        metadata.version_max = root.getVersionMax();
        return metadata;
    });
}

}  // namespace vz
