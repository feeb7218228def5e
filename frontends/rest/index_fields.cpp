#include "frontends/rest/index_fields.hpp"

#include "frontends/codec/field_index.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::rest {
namespace {

using json::Value;

constexpr json::Field kTextFields[] = {{"stemmer", 0}};
constexpr json::Field kLexicalFields[] = {{"dimension", 0}, {"stemmer", 1}, {"source", 2}};
constexpr json::Field kIndexFields[] = {{"path", 0}, {"kind", 1}, {"language", 2}};

bool read_stemmer(json::Reader& reader, Value value, std::string_view& stemmer) {
    std::string_view name;
    if (!reader.string(value, name)) return false;
    stemmer = codec::stemmer_named(name);
    return !stemmer.empty() ||
           reader.mistake("no such stemmer; there are none and the languages of Snowball, by name or code");
}

}  // namespace

bool read_text_settings(json::Reader& reader, Value value, std::string_view& stemmer) {
    stemmer = "none";
    return reader.object(value, kTextFields, [&](uint32_t, Value member) {
        return reader.is_null(member) || read_stemmer(reader, member, stemmer);
    });
}

bool read_lexical(json::Reader& reader, Value value, std::optional<codec::Lexical>& lexical) {
    lexical.emplace();
    if (reader.kind(value) == json::Kind::kBoolean) {
        bool is_wanted = false;
        if (!reader.boolean(value, is_wanted)) return false;
        if (!is_wanted) lexical.reset();
        return true;
    }
    return reader.object(value, kLexicalFields, [&](uint32_t id, Value member) {
        if (reader.is_null(member)) return true;
        if (id == 1) return read_stemmer(reader, member, lexical->stemmer);
        if (id == 2) return reader.string(member, lexical->source);
        uint64_t dimension = 0;
        if (!reader.unsigned_integer(member, codec::kTextDimensionMin, VZ_DIM_MAX, dimension)) return false;
        lexical->dimension = static_cast<uint32_t>(dimension);
        return true;
    });
}

bool read_field_index_member(json::Reader& reader, uint32_t id, Value value, vz_field_index& index) {
    std::string_view text;
    if (reader.is_null(value)) return true;
    if (!reader.string(value, text)) return false;
    if (id == 0) index.path = text::borrowed(text);
    if (id == 2) index.language = text::borrowed(text);
    if (id != 1) return true;
    const auto kind = codec::parse_field_index_kind(text);
    if (!kind) return reader.mistake(codec::kFieldIndexKinds);
    index.kind = *kind;
    return true;
}

bool check_field_index(json::Reader& reader, const vz_field_index& index) {
    if (index.path.data == nullptr) return reader.mistake("path", "required");
    return index.kind != 0 || reader.mistake("kind", "required");
}

bool read_field_indexes(json::Reader& reader, Value value, List<vz_field_index>& indexes) {
    return reader.array(value, [&](uint64_t, Value element) {
        vz_field_index* const index = indexes.add();
        if (index == nullptr) return reader.out_of_memory();
        index->struct_size = sizeof *index;
        return reader.object(element, kIndexFields, [&](uint32_t id, Value member) {
            return read_field_index_member(reader, id, member, *index);
        }) && check_field_index(reader, *index);
    });
}

}  // namespace vz::rest
