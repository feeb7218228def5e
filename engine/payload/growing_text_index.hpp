// The words of payloads that keep coming: an inverted index in memory that is extended by whoever needs it.
#pragma once

#include <functional>
#include <shared_mutex>
#include <unordered_map>

#include "engine/payload/text_postings.hpp"

namespace vz {

// Any thread. Rows are taken once; readers hold extending up while they read.
class GrowingTextIndex {
 public:
    explicit GrowingTextIndex(FieldIndexSchema declared) : declared_(std::move(declared)) {}

    const FieldIndexSchema& declared() const { return declared_; }
    // Takes the rows below `rows` that it has not yet, a few at a time.
    void extend(uint32_t rows, const std::function<std::string_view(uint32_t)>& payload);
    uint32_t rows() const;
    uint64_t bytes() const;

    // What is there while this lives.
    class Reading final : public TextPostings {
     public:
        explicit Reading(const GrowingTextIndex& index) : index_(index), lock_(index.mutex_) {}
        Postings find(std::string_view word) const override;
        uint32_t rows() const override { return static_cast<uint32_t>(index_.row_words_.size()); }
        uint32_t words(uint32_t row) const override { return index_.row_words_[row]; }
        TextStatistics all() const override { return index_.all_; }

     private:
        const GrowingTextIndex& index_;
        std::shared_lock<std::shared_mutex> lock_;
    };

 private:
    struct Term {
        std::vector<uint32_t> rows;
        std::vector<uint16_t> counts;
    };

    const FieldIndexSchema declared_;
    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, Term> terms_;
    std::vector<uint32_t> row_words_;
    TextStatistics all_;
    uint64_t bytes_ = 0;
};

}  // namespace vz
