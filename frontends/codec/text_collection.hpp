// What a collection can do with texts: the embedding it is bound to, and the text index that ranks by words.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontends/codec/collection.hpp"
#include "frontends/codec/embedding.hpp"
#include "frontends/codec/failure.hpp"
#include "frontends/json/arena.hpp"
#include "vectorizer/engine.h"

namespace vz::codec {

// The note of a collection that is bound to the embedding, as vz_schema.metadata keeps it (CollectionNotes::text).
std::string text_note(uint32_t dimension, std::string_view stemmer);
// A text index that rankings by words use.
struct Lexical {
    std::string_view stemmer = "none";
    std::string_view source = "content";
    uint32_t dimension = 1024;  // kept as sent: words are ranked as they are, not hashed
};
// Its note (CollectionNotes::lexical).
std::string lexical_note(const Lexical& lexical);
// Its field index; borrows the texts.
vz_field_index lexical_index(const Lexical& lexical);

class TextCollection {
 public:
    // Describes the collection; counts what queries are weighed by when they are first asked for. [any]
    Failure read(vz_engine* engine, std::string_view name, const Names& names);

    bool is_bound() const { return !stemmer_.empty(); }
    bool is_empty() const { return points_ == 0; }
    uint32_t dimension() const { return dimension_; }
    vz_metric metric() const { return metric_; }
    const std::string& stemmer() const { return stemmer_; }
    // Path of the text index that ranks by words; empty: there is none.
    const std::string& lexical_path() const { return lexical_path_; }

    // Why texts cannot be embedded here; no failure: they can.
    Failure refusal() const;
    // The vector of a query; `field` names it in errors. [any]
    Failure embed_query(vz_engine* engine, std::string_view field, std::string_view text, float* out);

    // The change that binds an empty collection, in the arena: to be applied under VZ_IF_EMPTY. nullptr: out of memory.
    const vz_alter_request* bind(std::string_view stemmer, const json::Arena& arena) const;

 private:
    std::string name_;
    std::string stemmer_;  // empty: bound to none
    std::string identity_;
    std::string lexical_path_;
    CollectionNotes notes_;
    vz_vector_field field_{};
    std::vector<uint64_t> counts_;  // empty: not asked for yet
    std::unique_ptr<Embedder> embedder_;
    uint64_t points_ = 0;
    uint32_t dimension_ = 0;
    vz_metric metric_ = VZ_COSINE;
};

// 400 `configuration_error`.
Failure not_for_texts(std::string_view reason);

}  // namespace vz::codec
