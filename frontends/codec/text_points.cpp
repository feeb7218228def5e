#include "frontends/codec/text_points.hpp"

#include <algorithm>
#include <vector>

#include "frontends/codec/collection.hpp"
#include "frontends/codec/expiry.hpp"
#include "frontends/json/writer.hpp"
#include "frontends/text/abi_text.hpp"
#include "frontends/text/names.hpp"

namespace vz::codec {
namespace {

struct Member {
    std::string key;
    std::string raw;
};

constexpr std::string_view kChunkKeys[] = {"chunk_index", kChunkCountKey, kParentIdKey};

// The members of the metadata that go into the payload, and what the payload takes from them.
struct Metadata {
    std::vector<Member> members;
    std::string file_path = "text_input";
    Failure failure;
};

// The text of a JSON string; of any other value none.
std::string text_of(const std::string& raw) {
    std::string text;
    if (raw.empty() || raw.front() != '"') return text;
    constexpr json::Field kFields[] = {{"t", 0}};
    read_small_object("{\"t\":" + raw + "}", kFields, [&](json::Reader& reader, uint32_t, json::Value value) {
        std::string_view found;
        if (!reader.string(value, found)) return false;
        text = found;
        return true;
    });
    return text;
}

// `place`: of the object, for failures.
std::vector<Member> members_of(std::string_view object, const std::string& place, Failure* failure) {
    std::vector<Member> members;
    const json::Field fields[] = {{place, 0}};
    read_small_object(
        "{\"" + place + "\":" + std::string(object) + "}", fields,
        [&](json::Reader& reader, uint32_t, json::Value value) {
            return reader.entries(value, [&](std::string_view key, json::Value member) {
                std::string_view raw;
                if (!reader.raw(member, raw)) return false;
                members.push_back({std::string(key), std::string(raw)});
                return true;
            });
        },
        failure);
    return members;
}

Metadata read_metadata(const TextEntry& entry, const std::string& place) {
    Metadata metadata;
    if (entry.metadata.data() == nullptr) return metadata;
    const auto is_of_chunks = [](const std::string& key) {
        return std::find(std::begin(kChunkKeys), std::end(kChunkKeys), key) != std::end(kChunkKeys);
    };
    bool has_path = false;
    for (Member& member : members_of(entry.metadata, place + "metadata", &metadata.failure)) {
        if (member.key == kContentKey) {
            if (text_of(member.raw) == entry.text) continue;
            metadata.failure =
                validation(place + "metadata.content", "differs from the text, which is kept under this key");
        }
        if (entry.is_chunked() && is_of_chunks(member.key))
            metadata.failure = validation(place + "metadata." + member.key, "is kept for chunks");
        const bool is_path = member.key == "file_path";
        if (is_path || (member.key == "filename" && !has_path)) metadata.file_path = text_of(member.raw);
        has_path = has_path || is_path;
        if (!(is_path && entry.is_chunked())) metadata.members.push_back(std::move(member));
    }
    if (metadata.file_path.empty()) metadata.file_path = "text_input";
    return metadata;
}

std::string payload_of(const Metadata& metadata, std::string_view content, const TextEntry& entry, uint64_t chunk,
                       uint64_t chunks) {
    json::Text text;
    {
        json::Writer out(text.target());
        out.begin_object();
        out.field(kContentKey, content);
        if (entry.is_chunked()) {
            out.field("file_path", metadata.file_path);
            out.field("chunk_index", chunk);
            out.field(kChunkCountKey, chunks);
            out.field(kParentIdKey, entry.id);
        }
        for (const Member& member : metadata.members) out.field_raw(member.key, member.raw);
        out.end_object();
    }
    return text.text();
}

// What is wrong with them; no failure: nothing.
Failure check_options(const TextOptions& options, const std::string& place) {
    if (options.chunk_size < kChunkBytesMin || options.chunk_size > kChunkBytesMax)
        return validation(place + "chunk_size", "must be 64 to 65536");
    if (options.chunk_overlap > options.chunk_size / 2)
        return validation(place + "chunk_overlap", "must be at most half of chunk_size");
    return {};
}

}  // namespace

bool fits_chunk(std::string_view id, uint64_t chunk) {
    return id.size() + 1 + std::to_string(chunk).size() <= VZ_ID_BYTES_MAX;
}

vz_str chunk_id(std::string_view id, uint64_t chunk, const json::Arena& arena) {
    return text::borrowed(arena.copy(std::string(id).append("#").append(std::to_string(chunk))));
}

std::string place_of_text(uint64_t index) { return "texts[" + std::to_string(index) + "]."; }

Failure make_points(const TextEntry& entry, std::string_view place_in, Embedder& embedder, const json::Arena& arena,
                    std::span<const TextPoint>& points) {
    const std::string place(place_in);
    if (const char* reason = text::refuse_id(entry.id)) return validation(place + "id", reason);
    if (entry.id.find('#') != std::string_view::npos)
        return validation(place + "id", "must not have a #: it marks chunks");
    if (entry.text.size() > kTextBytesMax) return validation(place + "text", "has more than 16 MiB");
    if (Failure failure = check_options(entry.options, place); is_failure(failure)) return failure;
    if (const char* reason = refuse_expiry(entry.metadata))
        return validation(place + "metadata." + std::string(kExpiryKey), reason);
    Metadata metadata = read_metadata(entry, place);
    if (is_failure(metadata.failure)) return std::move(metadata.failure);

    const std::vector<std::string_view> pieces =
        entry.is_chunked() ? cut_text(entry.text, entry.options.chunk_size, entry.options.chunk_overlap)
                           : std::vector{entry.text};
    if (entry.is_chunked() && !fits_chunk(entry.id, pieces.size() - 1))
        return validation(place + "id", "must have at most 256 bytes with the number of each chunk behind it");
    auto* const made = arena.make<TextPoint>(pieces.size());
    if (made == nullptr) return overloaded();
    bool has_word = false;
    uint64_t bytes = 0;
    for (size_t i = 0; i < pieces.size(); ++i) {
        TextPoint& point = made[i];
        auto* const vector = arena.make<float>(embedder.dimension());
        if (vector == nullptr) return overloaded();
        point.vector = embedder.document(pieces[i], vector) ? vector : nullptr;
        has_word = has_word || point.vector != nullptr;
        point.id = entry.is_chunked() ? chunk_id(entry.id, i, arena) : text::borrowed(entry.id);
        point.payload = text::borrowed(arena.copy(payload_of(metadata, pieces[i], entry, i, pieces.size())));
        if (point.id.data == nullptr || point.payload.data == nullptr) return overloaded();
        // Each chunk has all of the metadata, so that few bytes make many.
        bytes += point.id.size + point.payload.size + uint64_t{embedder.dimension()} * sizeof(float);
        if (bytes > kRecordBytesMax) {
            return too_large("the text has more than " + std::to_string(kRecordBytesMax) +
                                 " bytes in chunks, each with its metadata",
                             kRecordBytesMax);
        }
        point.expires_ms = expiry_of(text::view(point.payload)).value_or(0);
    }
    if (!has_word) return validation(place + "text", "has no word");
    points = {made, pieces.size()};
    return {};
}

}  // namespace vz::codec
