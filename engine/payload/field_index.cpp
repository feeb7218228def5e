#include "engine/payload/field_index.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/bytes.hpp"

namespace vz {

using json::Number;
using json::RawString;

namespace {

constexpr char kMagic[] = "VZFIELD1";
constexpr uint64_t kHeadBytes = 64;
constexpr uint32_t kLacksNumbers = 1;

bool is_text(uint32_t kind) { return kind == VZ_FIELD_INDEX_KEYWORD || kind == VZ_FIELD_INDEX_UUID; }

uint64_t words_of(uint32_t rows) { return (uint64_t{rows} + 63) / 64; }

// ---- building ----

template <class Key>
struct Entry {
    Key key;
    uint32_t row;
};

class Builder {
 public:
    Builder(const FieldIndexSchema& declared, std::span<const std::string_view> payloads)
        : declared_(declared), payloads_(payloads), path_(*parse_path(declared.path)) {}

    std::vector<std::byte> build() {
        const auto rows = static_cast<uint32_t>(payloads_.size());
        filled_.resize(words_of(rows));
        nulls_.resize(words_of(rows));
        for (uint32_t row = 0; row < rows; ++row) take_row(row);
        switch (declared_.kind) {
            case VZ_FIELD_INDEX_GEO: return encode_places();
            case VZ_FIELD_INDEX_KEYWORD:
            case VZ_FIELD_INDEX_UUID: return encode(texts_);
            case VZ_FIELD_INDEX_FLOAT: return encode(doubles_);
            default: return encode(integers_);
        }
    }

 private:
    void take_row(uint32_t row) {
        const std::string_view payload = payloads_[row];
        const char* const end = payload.data() + payload.size();
        const char* const begin = json::skip_space(payload.data(), end);
        if (begin == end) return;
        json::any_at(path_, 0, begin, end, [&](const char* at) {
            const bool is_empty =
                *at == 'n' || (*at == '[' && !json::any_element(at, end, [](const char*) { return true; }));
            if (!is_empty) filled_[row / 64] |= uint64_t{1} << (row % 64);
            take(row, at, end, 0);
            return false;
        });
    }

    void take(uint32_t row, const char* at, const char* end, uint32_t depth) {
        if (*at == '[') {
            if (depth == kJsonDepthMax) return;
            json::any_element(at, end, [&](const char* element) {
                take(row, element, end, depth + 1);
                return false;
            });
            return;
        }
        if (*at == 'n') nulls_[row / 64] |= uint64_t{1} << (row % 64);
        switch (declared_.kind) {
            case VZ_FIELD_INDEX_KEYWORD:
            case VZ_FIELD_INDEX_UUID: {
                if (*at != '"') return;
                RawString raw;
                json::read_string(at, end, &raw);
                texts_.push_back({std::string(json::unescape(raw, &space_)), row});
                return;
            }
            case VZ_FIELD_INDEX_DATETIME: {
                if (*at != '"') return;
                RawString raw;
                int64_t time = 0;
                json::read_string(at, end, &raw);
                if (parse_time(json::unescape(raw, &space_), &time)) integers_.push_back({time, row});
                return;
            }
            case VZ_FIELD_INDEX_BOOL:
                if (*at == 't' || *at == 'f') integers_.push_back({*at == 't' ? 1 : 0, row});
                return;
            case VZ_FIELD_INDEX_GEO: {
                GeoPoint point;
                if (read_geo_point(at, end, &point)) places_.push_back({point, row});
                return;
            }
            default: take_number(row, at, end);
        }
    }

    void take_number(uint32_t row, const char* at, const char* end) {
        Number number;
        if (!json::read_number(at, end, &number)) return;
        if (declared_.kind == VZ_FIELD_INDEX_INTEGER) {
            const bool fits = number.is_integer && number.value >= static_cast<long double>(INT64_MIN) &&
                              number.value <= static_cast<long double>(INT64_MAX);
            if (fits) {
                integers_.push_back({static_cast<int64_t>(number.value), row});
            } else {
                flags_ |= kLacksNumbers;
            }
            return;
        }
        const auto value = static_cast<double>(number.value);
        if (static_cast<long double>(value) == number.value) {
            doubles_.push_back({value, row});
        } else {
            flags_ |= kLacksNumbers;
        }
    }

    // ---- bytes ----

    template <class T>
    void put(const T& value) {
        const size_t at = bytes_.size();
        bytes_.resize(at + sizeof(T));
        std::memcpy(bytes_.data() + at, &value, sizeof(T));
    }
    void put_bytes(const void* from, size_t size) {
        const auto* bytes = static_cast<const std::byte*>(from);
        bytes_.insert(bytes_.end(), bytes, bytes + size);
    }
    void align() { bytes_.resize(align_up(bytes_.size(), 8)); }

    void put_head(uint64_t keys, uint64_t entries) {
        put_bytes(kMagic, 8);
        put(declared_.kind);
        put(static_cast<uint32_t>(declared_.path.size()));
        put(static_cast<uint64_t>(payloads_.size()));
        put(keys);
        put(entries);
        put(flags_);
        bytes_.resize(kHeadBytes);
        put_bytes(declared_.path.data(), declared_.path.size());
        align();
        put_bytes(filled_.data(), filled_.size() * sizeof(uint64_t));
        put_bytes(nulls_.data(), nulls_.size() * sizeof(uint64_t));
    }

    void put_keys(const std::vector<int64_t>& keys) { put_bytes(keys.data(), keys.size() * sizeof(int64_t)); }
    void put_keys(const std::vector<double>& keys) { put_bytes(keys.data(), keys.size() * sizeof(double)); }
    void put_keys(const std::vector<std::string>& keys) {
        uint64_t offset = 0;
        for (const std::string& key : keys) {
            put(offset);
            offset += key.size();
        }
        put(offset);
        put(offset);
        for (const std::string& key : keys) put_bytes(key.data(), key.size());
        align();
    }

    template <class Key>
    std::vector<std::byte> encode(std::vector<Entry<Key>>& entries) {
        std::sort(entries.begin(), entries.end(),
                  [](const auto& a, const auto& b) { return a.key != b.key ? a.key < b.key : a.row < b.row; });
        std::vector<Key> keys;
        std::vector<uint32_t> starts;
        std::vector<uint32_t> rows;
        for (const auto& entry : entries) {
            if (keys.empty() || keys.back() != entry.key) {
                keys.push_back(entry.key);
                starts.push_back(static_cast<uint32_t>(rows.size()));
            } else if (rows.back() == entry.row) {
                continue;
            }
            rows.push_back(entry.row);
        }
        starts.push_back(static_cast<uint32_t>(rows.size()));
        put_head(keys.size(), rows.size());
        put_keys(keys);
        put_bytes(starts.data(), starts.size() * sizeof(uint32_t));
        align();
        put_bytes(rows.data(), rows.size() * sizeof(uint32_t));
        return std::move(bytes_);
    }

    std::vector<std::byte> encode_places() {
        std::sort(places_.begin(), places_.end(), [](const auto& a, const auto& b) { return a.key.lat < b.key.lat; });
        put_head(places_.size(), places_.size());
        for (const auto& entry : places_) {
            put(entry.key.lat);
            put(entry.key.lon);
        }
        for (const auto& entry : places_) put(entry.row);
        return std::move(bytes_);
    }

    const FieldIndexSchema& declared_;
    std::span<const std::string_view> payloads_;
    Path path_;
    std::string space_;
    uint32_t flags_ = 0;
    std::vector<uint64_t> filled_;
    std::vector<uint64_t> nulls_;
    std::vector<Entry<std::string>> texts_;
    std::vector<Entry<int64_t>> integers_;
    std::vector<Entry<double>> doubles_;
    std::vector<Entry<GeoPoint>> places_;
    std::vector<std::byte> bytes_;
};

}  // namespace

std::vector<std::byte> build_field_index(const FieldIndexSchema& declared, std::span<const std::string_view> payloads) {
    return Builder(declared, payloads).build();
}

// ---- reading ----

Result<FieldIndex> FieldIndex::view(std::span<const std::byte> bytes, uint32_t rows) {
    FieldIndex index;
    VZ_TRY(index.place(bytes, rows));
    return index;
}

Result<FieldIndex> FieldIndex::own(std::vector<std::byte> bytes, uint32_t rows) {
    FieldIndex index;
    index.owned_ = std::move(bytes);
    VZ_TRY(index.place(index.owned_, rows));
    return index;
}

Status FieldIndex::place(std::span<const std::byte> bytes, uint32_t rows) {
    const auto damaged = [] { return failure(VZ_CORRUPTION, "a field index is damaged"); };
    if (bytes.size() < kHeadBytes || std::memcmp(bytes.data(), kMagic, 8) != 0) return damaged();
    uint64_t at = kHeadBytes;
    const auto take = [&](uint64_t count, uint64_t width) -> const std::byte* {
        if (count > (bytes.size() - at) / width) return nullptr;
        const std::byte* const begin = bytes.data() + at;
        at = std::min<uint64_t>(align_up(at + count * width, 8), bytes.size());
        return begin;
    };
    declared_.kind = load<uint32_t>(bytes.data() + 8);
    const auto path_bytes = load<uint32_t>(bytes.data() + 12);
    keys_ = load<uint64_t>(bytes.data() + 24);
    entries_ = load<uint64_t>(bytes.data() + 32);
    lacks_numbers_ = (load<uint32_t>(bytes.data() + 40) & kLacksNumbers) != 0;
    rows_ = rows;
    if (load<uint64_t>(bytes.data() + 16) != rows) return damaged();
    const std::byte* const path = take(path_bytes, 1);
    if (path == nullptr) return damaged();
    declared_.path = as_text({path, path_bytes});
    Result<Path> parsed = parse_path(declared_.path);
    if (!parsed.ok()) return damaged();
    path_ = parsed.take();
    filled_ = take(words_of(rows), 8);
    nulls_ = filled_ == nullptr ? nullptr : take(words_of(rows), 8);
    if (nulls_ == nullptr || keys_ > UINT32_MAX || entries_ > UINT32_MAX) return damaged();
    const bool is_geo = declared_.kind == VZ_FIELD_INDEX_GEO;
    key_data_ = take(is_text(declared_.kind) ? keys_ + 1 : keys_, is_geo ? 16 : 8);
    if (key_data_ == nullptr) return damaged();
    if (is_text(declared_.kind)) {
        const std::byte* const size = take(1, 8);
        if (size == nullptr) return damaged();
        heap_bytes_ = load<uint64_t>(size);
        heap_ = take(heap_bytes_, 1);
        if (heap_ == nullptr) return damaged();
    }
    if (is_geo) {
        if (keys_ != entries_) return damaged();
    } else {
        starts_ = take(keys_ + 1, 4);
        if (starts_ == nullptr) return damaged();
    }
    row_data_ = take(entries_, 4);
    return row_data_ == nullptr ? damaged() : Status();
}

std::string_view FieldIndex::text(uint64_t key) const {
    const auto begin = load<uint64_t>(key_data_ + key * 8);
    const auto end = load<uint64_t>(key_data_ + key * 8 + 8);
    if (begin > end || end > heap_bytes_) return {};
    return as_text({heap_ + begin, end - begin});
}

long double FieldIndex::number(uint64_t key) const {
    if (declared_.kind == VZ_FIELD_INDEX_FLOAT) return load<double>(key_data_ + key * 8);
    if (declared_.kind == VZ_FIELD_INDEX_GEO) return load<double>(key_data_ + key * 16);
    return static_cast<long double>(load<int64_t>(key_data_ + key * 8));
}

uint64_t FieldIndex::first_not_below(long double low) const {
    uint64_t begin = 0;
    uint64_t end = keys_;
    while (begin < end) {
        const uint64_t middle = (begin + end) / 2;
        if (number(middle) < low) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin;
}

void FieldIndex::add_entry(uint64_t entry, std::span<uint64_t> words) const {
    const auto row = load<uint32_t>(row_data_ + entry * 4);
    if (row < rows_) words[row / 64] |= uint64_t{1} << (row % 64);
}

void FieldIndex::add_keys(uint64_t begin, uint64_t end, std::span<uint64_t> words) const {
    const uint64_t last = std::min<uint64_t>(load<uint32_t>(starts_ + end * 4), entries_);
    for (uint64_t entry = load<uint32_t>(starts_ + begin * 4); entry < last; ++entry) add_entry(entry, words);
}

FieldIndex::Answer FieldIndex::find(const FieldTest& test, std::span<uint64_t> words) const {
    if (test.path != path_) return Answer::kNone;
    using Kind = FieldTest::Kind;
    if (test.kind == Kind::kEmpty || test.kind == Kind::kNull) {
        for (size_t i = 0; i < words.size(); ++i) {
            words[i] = test.kind == Kind::kNull ? load<uint64_t>(nulls_ + i * 8) : ~load<uint64_t>(filled_ + i * 8);
        }
        if (rows_ % 64 != 0) words.back() &= (uint64_t{1} << (rows_ % 64)) - 1;
        return Answer::kExact;
    }
    switch (declared_.kind) {
        case VZ_FIELD_INDEX_KEYWORD:
        case VZ_FIELD_INDEX_UUID: return find_text(test, words);
        case VZ_FIELD_INDEX_GEO: return find_place(test, words);
        default: return find_number(test, words);
    }
}

FieldIndex::Answer FieldIndex::find_text(const FieldTest& test, std::span<uint64_t> words) const {
    using Kind = FieldTest::Kind;
    const auto first = [&](std::string_view low) {
        uint64_t begin = 0;
        uint64_t end = keys_;
        while (begin < end) {
            const uint64_t middle = (begin + end) / 2;
            if (text(middle) < low) {
                begin = middle + 1;
            } else {
                end = middle;
            }
        }
        return begin;
    };
    if (test.kind == Kind::kAnyText) {
        for (const std::string& wanted : test.texts) {
            const uint64_t key = first(wanted);
            if (key < keys_ && text(key) == wanted) add_keys(key, key + 1, words);
        }
    } else if (test.kind == Kind::kPrefix) {
        const uint64_t begin = first(test.texts[0]);
        uint64_t end = begin;
        while (end < keys_ && text(end).starts_with(test.texts[0])) ++end;
        add_keys(begin, end, words);
    } else if (test.kind == Kind::kContains || test.kind == Kind::kSuffix) {
        for (uint64_t key = 0; key < keys_; ++key) {
            const bool holds = test.kind == Kind::kSuffix ? text(key).ends_with(test.texts[0])
                                                          : text(key).find(test.texts[0]) != std::string_view::npos;
            if (holds) add_keys(key, key + 1, words);
        }
    } else {
        return Answer::kNone;
    }
    return Answer::kExact;
}

FieldIndex::Answer FieldIndex::find_number(const FieldTest& test, std::span<uint64_t> words) const {
    using Kind = FieldTest::Kind;
    const bool is_float = declared_.kind == VZ_FIELD_INDEX_FLOAT;
    const bool is_integer = declared_.kind == VZ_FIELD_INDEX_INTEGER;
    const auto add_range = [&](const ValueRange& range) {
        uint64_t begin = first_not_below(range.low);
        if (range.excludes_low && begin < keys_ && number(begin) == range.low) ++begin;
        uint64_t end = first_not_below(range.high);
        if (!range.excludes_high && end < keys_ && number(end) == range.high) ++end;
        if (begin < end) add_keys(begin, end, words);
    };
    if (test.kind == Kind::kBool && declared_.kind == VZ_FIELD_INDEX_BOOL) {
        add_range({test.flag ? 1.0L : 0.0L, test.flag ? 1.0L : 0.0L, false, false});
        return Answer::kExact;
    }
    const bool is_range = (test.kind == Kind::kNumber && (is_float || is_integer) && !lacks_numbers_) ||
                          (test.kind == Kind::kTime && declared_.kind == VZ_FIELD_INDEX_DATETIME);
    if (is_range) {
        add_range(test.range);
        return Answer::kExact;
    }
    if (test.kind != Kind::kAnyInteger || !(is_float || is_integer) || lacks_numbers_) return Answer::kNone;
    for (const long double wanted : test.integers) add_range({wanted, wanted, false, false});
    // A double does not say whether it was written as an integer.
    return is_integer ? Answer::kExact : Answer::kSuperset;
}

FieldIndex::Answer FieldIndex::find_place(const FieldTest& test, std::span<uint64_t> words) const {
    using Kind = FieldTest::Kind;
    if (test.kind != Kind::kGeoCircle && test.kind != Kind::kGeoBox) return Answer::kNone;
    // A degree of latitude is nowhere shorter than 111 km on this sphere; a little more for rounding.
    const double reach = test.circle.meters / 111'000 + 1e-6;
    const double low = test.kind == Kind::kGeoBox ? test.box.bottom : test.circle.center.lat - reach;
    const double high = test.kind == Kind::kGeoBox ? test.box.top : test.circle.center.lat + reach;
    for (uint64_t entry = first_not_below(low); entry < entries_ && number(entry) <= high; ++entry) {
        const GeoPoint point = {load<double>(key_data_ + entry * 16), load<double>(key_data_ + entry * 16 + 8)};
        if (test.kind == Kind::kGeoBox ? test.box.contains(point) : test.circle.contains(point))
            add_entry(entry, words);
    }
    return Answer::kExact;
}

}  // namespace vz
