#include "engine/collection/candidates.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

namespace vz {
namespace {

constexpr uint32_t kSampleRows = 256;

std::shared_ptr<PassingRows> room_for(uint32_t rows) {
    auto passing = std::make_shared<PassingRows>();
    passing->rows = rows;
    passing->words.resize((uint64_t{rows} + 63) / 64);
    return passing;
}

// What field indexes say of a filter over one sealed part.
class IndexLookup {
 public:
    struct Found {
        std::vector<uint64_t> words;
        bool is_exact = true;
    };

    explicit IndexLookup(const Part& part) : part_(part), rows_(part.row_count()), indexes_(part.indexes()) {}

    // Nothing: the indexes do not narrow it.
    std::optional<Found> find(const FilterNode& node) {
        switch (node.kind) {
            case FilterNode::Kind::kAll: return all_of(node);
            case FilterNode::Kind::kAtLeast: return at_least(node);
            case FilterNode::Kind::kNot: return negated(node);
            case FilterNode::Kind::kField: return field(node.test);
            case FilterNode::Kind::kId: return ids(node);
            case FilterNode::Kind::kNested: return unknown(node.test);
        }
        return std::nullopt;
    }

    // The first path that no index knew.
    const std::string* wanted() const { return wanted_; }

 private:
    std::vector<uint64_t> bits(bool set) const {
        std::vector<uint64_t> words((uint64_t{rows_} + 63) / 64, set ? ~uint64_t{0} : 0);
        if (set && rows_ % 64 != 0) words.back() = (uint64_t{1} << (rows_ % 64)) - 1;
        return words;
    }

    std::optional<Found> unknown(const FieldTest& test) {
        if (wanted_ == nullptr) wanted_ = &test.path_text;
        return std::nullopt;
    }

    std::optional<Found> all_of(const FilterNode& node) {
        std::optional<Found> all;
        bool is_exact = true;
        for (const FilterNode& child : node.children) {
            std::optional<Found> one = find(child);
            if (!one) {
                is_exact = false;
            } else if (!all) {
                all = std::move(one);
            } else {
                for (size_t i = 0; i < all->words.size(); ++i) all->words[i] &= one->words[i];
                all->is_exact = all->is_exact && one->is_exact;
            }
        }
        if (node.children.empty()) return Found{bits(true), true};
        if (all) all->is_exact = all->is_exact && is_exact;
        return all;
    }

    std::optional<Found> at_least(const FilterNode& node) {
        if (node.min_count == 0) return Found{bits(true), true};
        // More than one of several: whatever passes is among those that pass one.
        Found any{bits(false), node.min_count == 1};
        for (const FilterNode& child : node.children) {
            const std::optional<Found> one = find(child);
            if (!one) return std::nullopt;
            for (size_t i = 0; i < any.words.size(); ++i) any.words[i] |= one->words[i];
            any.is_exact = any.is_exact && one->is_exact;
        }
        return any;
    }

    std::optional<Found> negated(const FilterNode& node) {
        std::optional<Found> child = find(node.children[0]);
        if (!child || !child->is_exact) return std::nullopt;
        std::vector<uint64_t> every = bits(true);
        for (size_t i = 0; i < every.size(); ++i) every[i] &= ~child->words[i];
        return Found{std::move(every), true};
    }

    std::optional<Found> field(const FieldTest& test) {
        std::optional<Found> superset;
        for (const auto& index : indexes_->values) {
            Found found{bits(false), true};
            const FieldIndex::Answer answer = index->find(test, found.words);
            if (answer == FieldIndex::Answer::kExact) return found;
            if (answer == FieldIndex::Answer::kSuperset) superset = Found{std::move(found.words), false};
        }
        return superset ? std::move(superset) : unknown(test);
    }

    std::optional<Found> ids(const FilterNode& node) const {
        Found found{bits(false), true};
        for (const IdView& id : node.ids) {
            const uint32_t row = part_.sealed()->find(id);
            if (row < rows_) found.words[row / 64] |= uint64_t{1} << (row % 64);
        }
        return found;
    }

    const Part& part_;
    uint32_t rows_;
    std::shared_ptr<const IndexList> indexes_;
    const std::string* wanted_ = nullptr;
};

uint64_t count_bits(const std::vector<uint64_t>& words) {
    uint64_t count = 0;
    for (const uint64_t word : words) count += static_cast<uint64_t>(std::popcount(word));
    return count;
}

// Reading so few payloads is no scan.
constexpr uint64_t kFewShare = 16;

// Of a sealed part: from its indexes, where they leave at most `read_max` rows to be read. Otherwise rows is null.
Result<Candidates> by_index(const Part& part, const RowFilter& filter, uint64_t read_max, const Interruption& stop) {
    Candidates candidates;
    IndexLookup lookup(part);
    std::optional<IndexLookup::Found> found = lookup.find(filter.filter().root());
    candidates.wanted_index = lookup.wanted();
    if (!found) return candidates;
    const uint64_t count = count_bits(found->words);
    if (!found->is_exact && count > read_max) return candidates;
    const auto passing = room_for(part.row_count());
    passing->words = std::move(found->words);
    passing->count = count;
    candidates.source = FilterSource::kIndex;
    if (!found->is_exact) {
        candidates.source = FilterSource::kPayloads;
        RowAsker asker(filter, stop);
        const PassingRows asked = *passing;
        asked.for_each([&](uint32_t row) {
            if (asker.passes(part, row)) return;
            passing->words[row / 64] &= ~(uint64_t{1} << (row % 64));
            --passing->count;
        });
        VZ_TRY(asker.finish());
    }
    candidates.rows = passing;
    part.filters().keep(filter.text(), passing);
    return candidates;
}

// `cached`: what the part has of the filter. It is asked for once, for another search may have extended it meanwhile.
Result<Candidates> candidates_of(std::shared_ptr<const PassingRows> cached, const Part& part, uint32_t rows,
                                 const RowFilter& filter, uint64_t read_max, const Interruption& stop) {
    Candidates candidates;
    candidates.rows = std::move(cached);
    if (candidates.rows != nullptr && candidates.rows->rows >= rows) {
        candidates.source = FilterSource::kCache;
        return candidates;
    }
    if (part.sealed() != nullptr) return by_index(part, filter, read_max, stop);
    candidates.rows = nullptr;
    return candidates;
}

}  // namespace

Result<Candidates> known_candidates(const Part& part, uint32_t rows, const RowFilter& filter,
                                    const Interruption& stop) {
    return candidates_of(part.filters().find(filter.text()), part, rows, filter, rows / kFewShare, stop);
}

Result<Candidates> find_candidates(const Part& part, uint32_t rows, const RowFilter& filter, const Interruption& stop) {
    const std::shared_ptr<const PassingRows> known = part.filters().find(filter.text());
    VZ_ASSIGN(Candidates candidates, candidates_of(known, part, rows, filter, UINT64_MAX, stop));
    if (candidates.rows != nullptr) return candidates;
    const std::shared_ptr<PassingRows> passing = room_for(rows);
    uint32_t row = 0;
    if (known != nullptr) {
        std::copy(known->words.begin(), known->words.end(), passing->words.begin());
        passing->count = known->count;
        row = known->rows;
    }
    RowAsker asker(filter, stop);
    for (; row < rows; ++row) {
        if (!asker.passes(part, row)) continue;
        passing->add(row);
        ++passing->count;
    }
    VZ_TRY(asker.finish());
    candidates.rows = passing;
    candidates.source = FilterSource::kPayloads;
    part.filters().keep(filter.text(), passing);
    return candidates;
}

Result<double> estimate_selectivity(const Part& part, uint32_t rows, const RowFilter& filter, uint32_t passing_max,
                                    const Interruption& stop, std::vector<uint32_t>* passing) {
    passing->clear();
    const uint32_t sampled = std::min(rows, kSampleRows);
    if (sampled == 0) return 0.0;
    RowAsker asker(filter, stop);
    for (uint32_t i = 0; i < sampled; ++i) {
        const auto row = static_cast<uint32_t>(uint64_t{rows} * i / sampled);
        if (asker.passes(part, row)) passing->push_back(row);
    }
    VZ_TRY(asker.finish());
    const size_t passed = passing->size();
    const size_t kept = std::min<size_t>(passed, passing_max);
    for (size_t i = 0; i < kept; ++i) (*passing)[i] = (*passing)[i * passed / kept];
    passing->resize(kept);
    return static_cast<double>(passed) / sampled;
}

}  // namespace vz
