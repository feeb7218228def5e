// The texts of a pinned view that answer some words best, by BM25. No locks but those of growing text indexes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/schema.hpp"
#include "engine/collection/search.hpp"

namespace vz {

struct TextQuery {
    const FieldIndexSchema* index = nullptr;
    std::string_view text;
    uint32_t k = 0;                     // hits wanted, those to skip included
    const RowFilter* filter = nullptr;  // null: every row passes
    std::optional<float> score_limit;   // least score
};

struct TextReport {
    struct Word {
        std::string word;
        uint64_t texts = 0;  // that have it
        double weight = 0;   // times how often the query has it
    };
    std::vector<Word> words;
    uint64_t texts = 0;
    double mean_words = 0;
    uint64_t scored = 0;
    uint64_t ns = 0;
};

// The k best rows with at least one of the words, best first, ties by id. Statistics are those of all rows that the
// view shows, whether they pass the filter or not. VZ_INVALID_ARGUMENT: the text has no word that counts. `report` may
// be null.
Result<std::vector<Hit>> search_texts(const ReadView& view, const TextQuery& query, const Interruption& stop,
                                      TextReport* report);

}  // namespace vz
