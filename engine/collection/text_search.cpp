#include "engine/collection/text_search.hpp"

#include <algorithm>
#include <chrono>

#include "engine/base/limits.hpp"
#include "engine/collection/candidates.hpp"

namespace vz {
namespace {

struct Word {
    std::string text;
    uint32_t times = 0;   // in the query
    uint64_t having = 0;  // texts
    double weight = 0;
};

// One part, and its postings for as long as the search goes on.
struct Source {
    Part* part = nullptr;
    std::shared_ptr<const TextIndex> sealed;
    std::shared_ptr<const GrowingTextIndex> growing;
    std::unique_ptr<GrowingTextIndex::Reading> reading;
    bool all_visible = false;

    const TextPostings& postings() const {
        return sealed != nullptr ? static_cast<const TextPostings&>(*sealed) : *reading;
    }
};

class TextSearch {
 public:
    TextSearch(const ReadView& view, const TextQuery& query, const Interruption& stop)
        : view_(view), query_(query), stop_(stop) {}

    Status open() {
        for (const auto& part : *view_.parts) {
            Source& source = sources_.emplace_back();
            source.part = part.get();
            if (part->growing() != nullptr) {
                source.growing = part->growing_text(*query_.index);
                source.reading = std::make_unique<GrowingTextIndex::Reading>(*source.growing);
                continue;
            }
            source.sealed = part->indexes()->text(*query_.index);
            // Declared a moment ago: the background is still building it.
            if (source.sealed == nullptr) source.sealed = make_text_index(*query_.index, *part->sealed());
            if (source.sealed == nullptr) return failure(VZ_IO_ERROR, "the payloads of a segment cannot be read");
            source.all_visible = part->ended_rows() == 0 && !part->has_expiry();
        }
        return {};
    }

    Status read_words() {
        const std::unique_ptr<Tokenizer> tokenizer = Tokenizer::make(query_.index->language);
        std::vector<std::string> words;
        tokenizer->append(query_.text, &words);
        std::sort(words.begin(), words.end());
        for (std::string& word : words) {
            if (words_.empty() || words_.back().text != word) words_.push_back({std::move(word)});
            ++words_.back().times;
        }
        if (words_.empty())
            return failure(VZ_INVALID_ARGUMENT, "the text has no word to search for")
                .field("text.texts")
                .reason(VZ_REASON_REQUIRED);
        if (words_.size() > kQueryWordsMax) {
            return failure(VZ_LIMIT_EXCEEDED, "a text query has at most %u words", kQueryWordsMax)
                .field("query_words_max")
                .expected(kQueryWordsMax)
                .actual(static_cast<int64_t>(words_.size()));
        }
        return {};
    }

    Status count() {
        for (const Source& source : sources_) VZ_TRY(count(source));
        for (Word& word : words_) word.weight = bm25_weight(all_, word.having) * word.times;
        return {};
    }

    Status score() {
        for (const Source& source : sources_) VZ_TRY(score(source));
        return {};
    }

    std::vector<Hit> take_hits() {
        if (query_.score_limit)
            std::erase_if(hits_, [&](const Hit& hit) { return !(hit.score >= *query_.score_limit); });
        const size_t kept = std::min<size_t>(query_.k, hits_.size());
        std::partial_sort(hits_.begin(), hits_.begin() + static_cast<std::ptrdiff_t>(kept), hits_.end(), is_better);
        hits_.resize(kept);
        return std::move(hits_);
    }

    void describe(TextReport* report) const {
        for (const Word& word : words_) report->words.push_back({word.text, word.having, word.weight});
        report->texts = all_.texts;
        report->mean_words = all_.mean_words();
        report->scored = scored_;
    }

 private:
    struct Cursor {
        Postings postings;
        const Word* word = nullptr;
        size_t at = 0;
        uint32_t row() const { return postings.rows[at]; }
    };

    static bool is_better(const Hit& a, const Hit& b) {
        if (a.score != b.score) return a.score > b.score;
        return a.row.part->id(a.row.row) < b.row.part->id(b.row.row);
    }

    // What the view shows of one part.
    Status count(const Source& source) {
        const TextPostings& postings = source.postings();
        TextStatistics shown = postings.all();
        for (uint32_t row = 0; row < postings.rows() && !source.all_visible; ++row) {
            if (row % kRowsBetweenChecks == 0) VZ_TRY(stop_.check());
            if (postings.words(row) == 0 || view_.shows(*source.part, row)) continue;
            --shown.texts;
            shown.words -= postings.words(row);
        }
        all_.texts += shown.texts;
        all_.words += shown.words;
        for (Word& word : words_) {
            const Postings found = postings.find(word.text);
            if (source.all_visible) {
                word.having += found.rows.size();
                continue;
            }
            for (const uint32_t row : found.rows)
                word.having += row < postings.rows() && view_.shows(*source.part, row) ? 1 : 0;
        }
        return {};
    }

    // Row by row through the postings of all words at once: what is held does not grow with the rows.
    Status score(const Source& source) {
        Candidates passing;
        if (query_.filter != nullptr) {
            VZ_ASSIGN(passing, find_candidates(*source.part, source.part->row_count(), *query_.filter, stop_));
        }
        const TextPostings& postings = source.postings();
        std::vector<Cursor> cursors;
        for (const Word& word : words_) {
            const Postings found = postings.find(word.text);
            if (!found.rows.empty()) cursors.push_back({found, &word});
        }
        const auto later = [](const Cursor& a, const Cursor& b) { return a.row() > b.row(); };
        std::make_heap(cursors.begin(), cursors.end(), later);
        for (uint64_t steps = 0; !cursors.empty(); ++steps) {
            if (steps % kRowsBetweenChecks == 0) VZ_TRY(stop_.check());
            const uint32_t row = cursors.front().row();
            if (row >= postings.rows()) return failure(VZ_CORRUPTION, "a text index names rows that do not exist");
            const bool counts =
                view_.shows(*source.part, row) && (passing.rows == nullptr || passing.rows->contains(row));
            double score = 0;
            while (!cursors.empty() && cursors.front().row() == row) {
                std::pop_heap(cursors.begin(), cursors.end(), later);
                Cursor& cursor = cursors.back();
                if (counts)
                    score +=
                        bm25_term(all_, cursor.word->weight, cursor.postings.counts[cursor.at], postings.words(row));
                if (++cursor.at == cursor.postings.rows.size() || cursor.row() <= row) {
                    cursors.pop_back();
                } else {
                    std::push_heap(cursors.begin(), cursors.end(), later);
                }
            }
            if (counts) take({{source.part, row}, static_cast<float>(score)});
        }
        return {};
    }

    void take(const Hit& hit) {
        ++scored_;
        if (hits_.size() < query_.k) {
            hits_.push_back(hit);
            if (hits_.size() == query_.k) std::make_heap(hits_.begin(), hits_.end(), is_better);
        } else if (is_better(hit, hits_.front())) {
            std::pop_heap(hits_.begin(), hits_.end(), is_better);
            hits_.back() = hit;
            std::push_heap(hits_.begin(), hits_.end(), is_better);
        }
    }

    const ReadView& view_;
    const TextQuery& query_;
    const Interruption& stop_;
    std::vector<Source> sources_;
    std::vector<Word> words_;
    TextStatistics all_;
    std::vector<Hit> hits_;  // a heap once there are k: the worst in front
    uint64_t scored_ = 0;
};

}  // namespace

Result<std::vector<Hit>> search_texts(const ReadView& view, const TextQuery& query, const Interruption& stop,
                                      TextReport* report) {
    const auto began = std::chrono::steady_clock::now();
    TextSearch search(view, query, stop);
    VZ_TRY(search.read_words());
    VZ_TRY(search.open());
    VZ_TRY(search.count());
    VZ_TRY(search.score());
    std::vector<Hit> hits = search.take_hits();
    if (report != nullptr) {
        search.describe(report);
        report->ns = static_cast<uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count());
    }
    return hits;
}

}  // namespace vz
