#include "engine/base/schema.hpp"

#include "engine/base/message.hpp"
#include "schema.capnp.h"

namespace vz {

const VectorFieldSchema* Schema::field(std::string_view name) const {
    for (const VectorFieldSchema& field : fields) {
        if (field.name == name) return &field;
    }
    return nullptr;
}

const VectorFieldSchema* Schema::field_by_id(uint32_t id) const {
    for (const VectorFieldSchema& field : fields) {
        if (field.id == id) return &field;
    }
    return nullptr;
}

std::vector<std::byte> encode_schema(const Schema& schema) {
    // Most fit: the library's first segment of its own is 8 KiB of zeros.
    capnp::word scratch[64] = {};
    capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 64));
    auto root = message.initRoot<capnp_schema::Schema>();
    auto fields = root.initVectorFields(static_cast<unsigned>(schema.fields.size()));
    for (unsigned i = 0; i < fields.size(); ++i) {
        const VectorFieldSchema& from = schema.fields[i];
        auto to = fields[i];
        to.setId(from.id);
        to.setName({from.name.c_str(), from.name.size()});
        to.setDim(from.dim);
        to.setMetric(static_cast<uint8_t>(from.metric));
        to.setElement(static_cast<uint8_t>(from.element));
        to.setQuantization(static_cast<uint8_t>(from.quantization));
        to.setIndex(static_cast<uint8_t>(from.index));
        to.setDegree(from.degree);
        to.setBuildEffort(from.build_effort);
        to.setSearchEffort(from.search_effort);
        to.setFlags(from.flags);
        to.setKind(from.kind);
    }
    auto indexes = root.initFieldIndexes(static_cast<unsigned>(schema.field_indexes.size()));
    for (unsigned i = 0; i < indexes.size(); ++i) {
        const FieldIndexSchema& from = schema.field_indexes[i];
        indexes[i].setKind(from.kind);
        indexes[i].setPath({reinterpret_cast<const kj::byte*>(from.path.data()), from.path.size()});
        indexes[i].setLanguage({from.language.c_str(), from.language.size()});
    }
    root.setMetadata({reinterpret_cast<const kj::byte*>(schema.metadata.data()), schema.metadata.size()});
    root.setTtlMs(schema.ttl_ms);
    root.setNextFieldId(schema.next_field_id);
    return write_message(message);
}

Result<Schema> decode_schema(std::span<const std::byte> bytes) {
    return read_message<capnp_schema::Schema>(bytes, 8, "a schema", [](auto root) -> Result<Schema> {
        Schema schema;
        for (auto from : root.getVectorFields()) {
            VectorFieldSchema to;
            to.id = from.getId();
            const auto name = from.getName();
            to.name.assign(name.begin(), name.size());
            to.dim = from.getDim();
            to.metric = from.getMetric();
            to.element = from.getElement();
            to.quantization = from.getQuantization();
            to.index = from.getIndex();
            to.degree = from.getDegree();
            to.build_effort = from.getBuildEffort();
            to.search_effort = from.getSearchEffort();
            to.flags = from.getFlags();
            to.kind = from.getKind();
            schema.fields.push_back(std::move(to));
        }
        for (auto from : root.getFieldIndexes()) {
            const auto path = from.getPath().asChars();
            const auto language = from.getLanguage();
            schema.field_indexes.push_back({from.getKind(), std::string(path.begin(), path.size()),
                                            std::string(language.begin(), language.size())});
        }
        const auto metadata = root.getMetadata().asChars();
        schema.metadata.assign(metadata.begin(), metadata.size());
        schema.ttl_ms = root.getTtlMs();
        schema.next_field_id = root.getNextFieldId();
        return schema;
    });
}

}  // namespace vz
