#include "engine/payload/growing_text_index.hpp"

#include <mutex>

namespace vz {
namespace {

// Extending gives way to readers behind so many rows.
constexpr uint32_t kRowsAtOnce = 256;
constexpr uint64_t kTermBytes = sizeof(void*) * 12;

}  // namespace

void GrowingTextIndex::extend(uint32_t rows, const std::function<std::string_view(uint32_t)>& payload) {
    TextReader reader(declared_);
    for (bool is_behind = this->rows() < rows; is_behind;) {
        const std::unique_lock lock(mutex_);
        for (uint32_t left = kRowsAtOnce; left > 0 && row_words_.size() < rows; --left) {
            const auto row = static_cast<uint32_t>(row_words_.size());
            const std::vector<std::string>& words = reader.read(payload(row));
            for (const std::string& word : words) {
                const auto [term, is_new] = terms_.try_emplace(word);
                if (is_new) bytes_ += kTermBytes + word.size();
                Term& known = term->second;
                if (!known.rows.empty() && known.rows.back() == row) {
                    if (known.counts.back() < kWordCountMax) ++known.counts.back();
                    continue;
                }
                known.rows.push_back(row);
                known.counts.push_back(1);
                bytes_ += sizeof(uint32_t) + sizeof(uint16_t);
            }
            row_words_.push_back(static_cast<uint32_t>(words.size()));
            bytes_ += sizeof(uint32_t);
            all_.texts += words.empty() ? 0 : 1;
            all_.words += words.size();
        }
        is_behind = row_words_.size() < rows;
    }
}

uint32_t GrowingTextIndex::rows() const {
    const std::shared_lock lock(mutex_);
    return static_cast<uint32_t>(row_words_.size());
}

uint64_t GrowingTextIndex::bytes() const {
    const std::shared_lock lock(mutex_);
    return bytes_;
}

Postings GrowingTextIndex::Reading::find(std::string_view word) const {
    const auto term = index_.terms_.find(std::string(word));
    if (term == index_.terms_.end()) return {};
    return {term->second.rows, term->second.counts};
}

}  // namespace vz
