// What a search request says about texts, and the one ranking that comes out of words and vectors.
#pragma once

#include "engine/collection/text_search.hpp"

namespace vz {

struct TextRanking {
    bool is_wanted = false;
    bool has_vectors = false;                 // beside the texts
    const FieldIndexSchema* index = nullptr;  // of the schema
    uint32_t fusion = 0;
    float alpha = 0;
    uint32_t dense_k = 0;
    uint32_t text_k = 0;

    // Greater scores are better.
    std::vector<Hit> fuse(vz_metric metric, const std::vector<Hit>& dense, const std::vector<Hit>& text) const;
};

// `request.queries` and k have been checked.
Result<TextRanking> check_text(const vz_search_request& request, const Schema& schema);

}  // namespace vz
