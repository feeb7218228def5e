#include "engine/payload/text_index.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <unordered_map>

#include "engine/base/bytes.hpp"

namespace vz {
namespace {

constexpr char kMagic[] = "VZTEXTS1";
constexpr uint64_t kHeadBytes = 64;

struct Entry {
    uint32_t term;
    uint32_t row;
    uint16_t count;
};

class Builder {
 public:
    explicit Builder(const FieldIndexSchema& declared) : declared_(declared), reader_(declared) {}

    std::vector<std::byte> build(std::span<const std::string_view> payloads) {
        for (const std::string_view payload : payloads) take(reader_.read(payload));
        order_terms();
        return encode();
    }

 private:
    void take(const std::vector<std::string>& words) {
        const auto row = static_cast<uint32_t>(row_words_.size());
        row_words_.push_back(static_cast<uint32_t>(words.size()));
        if (words.empty()) return;
        ++texts_;
        of_row_.clear();
        for (const std::string& word : words) {
            const auto [known, is_new] = numbers_.try_emplace(word, static_cast<uint32_t>(numbers_.size()));
            of_row_.push_back(known->second);
        }
        std::sort(of_row_.begin(), of_row_.end());
        for (size_t i = 0; i < of_row_.size();) {
            size_t behind = i;
            while (behind < of_row_.size() && of_row_[behind] == of_row_[i]) ++behind;
            entries_.push_back({of_row_[i], row, static_cast<uint16_t>(std::min<size_t>(behind - i, kWordCountMax))});
            i = behind;
        }
    }

    // Terms by bytes, the entries of each together; they stand in the order of rows already.
    void order_terms() {
        terms_.reserve(numbers_.size());
        for (const auto& [word, number] : numbers_) terms_.push_back(word);
        std::sort(terms_.begin(), terms_.end());
        std::vector<uint32_t> place(terms_.size());
        for (uint32_t i = 0; i < terms_.size(); ++i) place[numbers_.find(std::string(terms_[i]))->second] = i;
        starts_.assign(terms_.size() + 1, 0);
        for (Entry& entry : entries_) {
            entry.term = place[entry.term];
            ++starts_[entry.term + 1];
        }
        std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
    }

    template <class T>
    void put(const T& value) {
        const size_t at = bytes_.size();
        bytes_.resize(at + sizeof(T));
        store(bytes_.data() + at, value);
    }
    void put(std::string_view text) {
        const auto bytes = as_bytes(text);
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    void align() { bytes_.resize(align_up(bytes_.size(), 8)); }

    std::vector<std::byte> encode() {
        uint64_t heap_bytes = 0;
        for (const std::string_view term : terms_) heap_bytes += term.size();
        put(std::string_view(kMagic, 8));
        put(static_cast<uint32_t>(declared_.path.size()));
        put(static_cast<uint32_t>(declared_.language.size()));
        put(uint64_t{row_words_.size()});
        put(uint64_t{terms_.size()});
        put(uint64_t{entries_.size()});
        put(texts_);
        put(std::accumulate(row_words_.begin(), row_words_.end(), uint64_t{0}));
        put(heap_bytes);
        put(std::string_view(declared_.path));
        put(std::string_view(declared_.language));
        align();
        for (const uint32_t words : row_words_) put(words);
        align();
        uint64_t offset = 0;
        for (const std::string_view term : terms_) {
            put(offset);
            offset += term.size();
        }
        put(offset);
        for (const std::string_view term : terms_) put(term);
        align();
        for (const uint64_t start : starts_) put(start);
        std::vector<uint64_t> next(starts_.begin(), starts_.end() - 1);
        std::vector<uint32_t> rows(entries_.size());
        std::vector<uint16_t> counts(entries_.size());
        for (const Entry& entry : entries_) {
            const uint64_t at = next[entry.term]++;
            rows[at] = entry.row;
            counts[at] = entry.count;
        }
        for (const uint32_t row : rows) put(row);
        align();
        for (const uint16_t count : counts) put(count);
        align();
        return std::move(bytes_);
    }

    const FieldIndexSchema& declared_;
    TextReader reader_;
    std::unordered_map<std::string, uint32_t> numbers_;
    std::vector<uint32_t> of_row_;
    std::vector<Entry> entries_;
    std::vector<uint32_t> row_words_;
    std::vector<std::string_view> terms_;
    std::vector<uint64_t> starts_;
    uint64_t texts_ = 0;
    std::vector<std::byte> bytes_;
};

// Parts one after the other, each checked against what is left.
class Cutter {
 public:
    explicit Cutter(std::span<const std::byte> bytes) : bytes_(bytes) {}

    // Null: they do not fit.
    template <class T>
    const T* take(uint64_t count) {
        if (count > (bytes_.size() - at_) / sizeof(T)) return nullptr;
        const auto* part = reinterpret_cast<const T*>(bytes_.data() + at_);
        at_ = std::min<uint64_t>(bytes_.size(), align_up(at_ + count * sizeof(T), 8));
        return part;
    }
    bool is_at_end() const { return at_ == bytes_.size(); }

 private:
    std::span<const std::byte> bytes_;
    uint64_t at_ = 0;
};

}  // namespace

std::vector<std::byte> build_text_index(const FieldIndexSchema& declared, std::span<const std::string_view> payloads) {
    return Builder(declared).build(payloads);
}

Result<TextIndex> TextIndex::view(std::span<const std::byte> bytes, uint32_t rows) {
    TextIndex index;
    VZ_TRY(index.place(bytes, rows));
    return index;
}

Result<TextIndex> TextIndex::own(std::vector<std::byte> bytes, uint32_t rows) {
    TextIndex index;
    index.owned_ = std::move(bytes);
    VZ_TRY(index.place(index.owned_, rows));
    return index;
}

Status TextIndex::place(std::span<const std::byte> bytes, uint32_t rows) {
    const auto damaged = [] { return failure(VZ_CORRUPTION, "this is no text index over these rows"); };
    if (reinterpret_cast<uintptr_t>(bytes.data()) % 8 != 0) return damaged();
    Cutter cutter(bytes);
    const auto* head = cutter.take<std::byte>(kHeadBytes);
    if (head == nullptr || std::memcmp(head, kMagic, 8) != 0) return damaged();
    const auto path_bytes = load<uint32_t>(head + 8);
    const auto language_bytes = load<uint32_t>(head + 12);
    terms_ = load<uint64_t>(head + 24);
    entries_ = load<uint64_t>(head + 32);
    all_ = {load<uint64_t>(head + 40), load<uint64_t>(head + 48)};
    const auto heap_bytes = load<uint64_t>(head + 56);
    if (load<uint64_t>(head + 16) != rows || all_.texts > rows || terms_ > bytes.size() || path_bytes > bytes.size())
        return damaged();
    const char* names = cutter.take<char>(uint64_t{path_bytes} + language_bytes);
    row_words_ = cutter.take<uint32_t>(rows);
    offsets_ = cutter.take<uint64_t>(terms_ + 1);
    const char* heap = cutter.take<char>(heap_bytes);
    starts_ = cutter.take<uint64_t>(terms_ + 1);
    entry_rows_ = cutter.take<uint32_t>(entries_);
    entry_counts_ = cutter.take<uint16_t>(entries_);
    const bool fits = names != nullptr && row_words_ != nullptr && offsets_ != nullptr && heap != nullptr &&
                      starts_ != nullptr && entry_rows_ != nullptr && entry_counts_ != nullptr && cutter.is_at_end();
    if (!fits) return damaged();
    rows_ = rows;
    heap_ = {heap, heap_bytes};
    declared_ = {VZ_FIELD_INDEX_TEXT, std::string(names, path_bytes), std::string(names + path_bytes, language_bytes)};
    return {};
}

std::string_view TextIndex::term(uint64_t i) const {
    const uint64_t begin = std::min<uint64_t>(offsets_[i], heap_.size());
    const uint64_t end = std::clamp<uint64_t>(offsets_[i + 1], begin, heap_.size());
    return heap_.substr(begin, end - begin);
}

Postings TextIndex::find(std::string_view word) const {
    uint64_t low = 0;
    uint64_t high = terms_;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (term(middle) < word) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == terms_ || term(low) != word) return {};
    const uint64_t begin = std::min(starts_[low], entries_);
    const uint64_t count = std::clamp(starts_[low + 1], begin, entries_) - begin;
    return {{entry_rows_ + begin, count}, {entry_counts_ + begin, count}};
}

}  // namespace vz
