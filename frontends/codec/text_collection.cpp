#include "frontends/codec/text_collection.hpp"

#include "frontends/codec/element.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::codec {
namespace {

struct Note {
    std::string stemmer;
    std::string identity;
};

Note read_note(const std::string& json_text) {
    constexpr json::Field kFields[] = {{"stemmer", 0}, {"identity", 1}};
    Note note;
    read_small_object(json_text, kFields, [&](json::Reader& reader, uint32_t id, json::Value value) {
        std::string_view text;
        if (!reader.string(value, text)) return false;
        (id == 0 ? note.stemmer : note.identity) = text;
        return true;
    });
    return note;
}

// Of the one text index that there is, or of the one that the note names.
std::string find_lexical(const vz_schema& schema, const std::string& note) {
    std::string source;
    constexpr json::Field kFields[] = {{"stemmer", 0}, {"source", 1}, {"dimension", 2}};
    if (!note.empty()) {
        read_small_object(note, kFields, [&](json::Reader& reader, uint32_t id, json::Value value) {
            std::string_view text;
            if (id != 1) return true;
            if (!reader.string(value, text)) return false;
            source = text;
            return true;
        });
    }
    std::string only;
    uint32_t count = 0;
    for (uint32_t i = 0; i < schema.field_index_count; ++i) {
        const vz_field_index* const index = element_at(schema.field_indexes, i);
        if (index->kind != VZ_FIELD_INDEX_TEXT) continue;
        if (text::view(index->path) == source) return source;
        only = text::view(index->path);
        ++count;
    }
    return count == 1 ? only : std::string();
}

}  // namespace

Failure not_for_texts(std::string_view reason) {
    Failure failure = validation("collection", reason);
    failure.error_type = "configuration_error";
    failure.message = reason;
    json::Text details;
    {
        json::Writer out(details.target());
        out.begin_object();
        out.field("reason", reason);
        out.end_object();
    }
    failure.details = details.text();
    return failure;
}

std::string text_note(uint32_t dimension, std::string_view stemmer) {
    json::Text text;
    {
        json::Writer out(text.target());
        out.begin_object();
        out.field("stemmer", stemmer);
        out.field("identity", embedding_identity(dimension, stemmer));
        out.end_object();
    }
    return text.text();
}

std::string lexical_note(const Lexical& lexical) {
    json::Text text;
    {
        json::Writer out(text.target());
        out.begin_object();
        out.field("dimension", uint64_t{lexical.dimension});
        out.field("stemmer", lexical.stemmer);
        out.field("source", lexical.source);
        out.end_object();
    }
    return text.text();
}

vz_field_index lexical_index(const Lexical& lexical) {
    vz_field_index index{};
    index.struct_size = sizeof index;
    index.kind = VZ_FIELD_INDEX_TEXT;
    index.path = text::borrowed(lexical.source);
    if (lexical.stemmer != "none") index.language = text::borrowed(lexical.stemmer);
    return index;
}

Failure TextCollection::read(vz_engine* engine, std::string_view name, const Names& names) {
    vz_error error{};
    vz_result* result = nullptr;
    const vz_status status = vz_collection_describe(engine, text::borrowed(name), &result, &error);
    if (status != VZ_OK) return from_engine(error, names);
    const std::unique_ptr<vz_result, decltype(&vz_result_release)> owned(result, &vz_result_release);
    uint64_t count = 0;
    const auto* info = static_cast<const vz_collection_info*>(vz_result_items(result, VZ_RESULT_COLLECTIONS, &count));
    if (info == nullptr || count == 0) return collection_not_found(name);
    name_ = name;
    if (info->stats != nullptr) points_ = info->stats->points;
    if (info->schema == nullptr) return {};
    notes_ = read_notes(info->schema->metadata);
    lexical_path_ = find_lexical(*info->schema, notes_.lexical);
    const vz_vector_field* const field = default_field(info->schema);
    if (field == nullptr) return {};
    std::memcpy(&field_, field, std::min<size_t>(field->struct_size, sizeof field_));
    field_.struct_size = sizeof field_;
    field_.name = {};
    dimension_ = field->dim;
    metric_ = field->metric;
    if (notes_.text.empty()) return {};
    Note note = read_note(notes_.text);
    stemmer_ = std::move(note.stemmer);
    identity_ = std::move(note.identity);
    return {};
}

Failure TextCollection::refusal() const {
    if (!is_bound() && dimension_ < kTextDimensionMin) {
        return not_for_texts("the collection has " + std::to_string(dimension_) +
                             " dimensions, a text embedding has at least " + std::to_string(kTextDimensionMin));
    }
    if (!is_bound() && is_empty())
        return not_for_texts("no text embedding is bound to the collection yet; its first text binds one");
    if (!is_bound())
        return not_for_texts(
            "the collection holds vectors that no text embedding made; create one with `embedding_provider` \"bm25\"");
    if (stemmer_named(stemmer_).empty() || identity_ != embedding_identity(dimension_, stemmer_)) {
        return not_for_texts("this server cannot reproduce the text embedding " + identity_ + " of the collection");
    }
    return {};
}

Failure TextCollection::embed_query(vz_engine* engine, std::string_view field, std::string_view text, float* out) {
    if (embedder_ == nullptr) {
        counts_.resize(dimension_);
        vz_error error{};
        const vz_status status =
            vz_component_counts(engine, text::borrowed(name_), {}, counts_.data(), dimension_, &error);
        if (status != VZ_OK) return from_engine(error, {});
        embedder_ = std::make_unique<Embedder>(dimension_, stemmer_);
    }
    return embedder_->query(text, counts_, points_, out) ? Failure{} : validation(field, "has no word");
}

const vz_alter_request* TextCollection::bind(std::string_view stemmer, const json::Arena& arena) const {
    CollectionNotes notes = notes_;
    notes.text = text_note(dimension_, stemmer);
    const std::string_view metadata = arena.copy(write_notes(notes));
    auto* const field = arena.make<vz_vector_field>();
    auto* const changes = arena.make<vz_alter_change>(2);
    auto* const request = arena.make<vz_alter_request>();
    if (metadata.data() == nullptr || field == nullptr || changes == nullptr || request == nullptr) return nullptr;
    *field = field_;
    field->flags |= VZ_FIELD_COUNT_NONZERO;
    for (size_t i = 0; i < 2; ++i) changes[i].struct_size = sizeof(vz_alter_change);
    changes[0].kind = VZ_ALTER_SET_METADATA;
    changes[0].metadata = text::borrowed(metadata);
    changes[1].kind = VZ_ALTER_TUNE_VECTOR_FIELD;
    changes[1].vector_field = field;
    request->struct_size = sizeof *request;
    request->change_count = 2;
    request->changes = changes;
    return request;
}

}  // namespace vz::codec
