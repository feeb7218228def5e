#include "frontends/rest/notes.hpp"

#include "frontends/codec/collection.hpp"

namespace vz::rest {

bool read_metadata(json::Reader& reader, json::Value value, std::string_view& metadata) {
    if (!reader.raw_object(value, metadata)) return false;
    if (metadata.size() > codec::kMetadataBytesMax) return reader.mistake("has more than 32768 bytes");
    const char* reason = nullptr;
    if (json::check_json(metadata, nullptr, &reason)) return true;
    return reason == json::kTooDeep ? reader.mistake(reason) : reader.damaged();
}

bool read_description(json::Reader& reader, json::Value value, std::string_view& description) {
    if (!reader.string(value, description)) return false;
    return description.size() <= codec::kDescriptionBytesMax || reader.mistake("has more than 4096 bytes");
}

}  // namespace vz::rest
