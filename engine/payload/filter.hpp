// The filter language (filter.md): compiled once a request, evaluated over the bytes of each payload.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/id.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/status.hpp"
#include "engine/payload/path.hpp"

namespace vz {

// From low to high, either of which may be excluded.
struct ValueRange {
    long double low = -std::numeric_limits<long double>::infinity();
    long double high = std::numeric_limits<long double>::infinity();
    bool excludes_low = false;
    bool excludes_high = false;

    bool contains(long double value) const {
        return (excludes_low ? value > low : value >= low) && (excludes_high ? value < high : value <= high);
    }
};

// Degrees.
struct GeoPoint {
    double lat = 0;
    double lon = 0;
};

struct GeoCircle {
    GeoPoint center;
    double meters = 0;
    bool contains(const GeoPoint& point) const;
};

// left > right: it crosses the antimeridian.
struct GeoBox {
    double top = 0, left = 0, bottom = 0, right = 0;
    bool contains(const GeoPoint& point) const;
};

// What the value at a path is asked.
struct FieldTest {
    enum class Kind : uint8_t {
        kAnyText,     // texts
        kAnyInteger,  // integers
        kBool,        // flag
        kExcept,      // present, not null, none of texts and integers
        kContains,    // texts[0], likewise below
        kPrefix,
        kSuffix,
        kNumber,  // range
        kTime,    // range, in microseconds since 1970
        kGeoCircle,
        kGeoBox,
        kCount,  // range
        kEmpty,
        kNull,
    };
    Kind kind = Kind::kAnyText;
    bool flag = false;
    uint32_t key = 0;  // number of the path's first key among those of its scope
    std::string path_text;
    Path path;
    std::vector<std::string> texts;     // sorted
    std::vector<long double> integers;  // sorted
    ValueRange range;
    GeoCircle circle;
    GeoBox box;
};

struct FilterNode {
    enum class Kind : uint8_t { kAll, kAtLeast, kNot, kField, kId, kNested };
    Kind kind = Kind::kAll;
    uint32_t min_count = 0;            // of kAtLeast
    uint32_t scope = 0;                // of kNested
    std::vector<FilterNode> children;  // one of kNot and kNested
    FieldTest test;                    // of kField; of kNested only the path
    std::vector<std::string> id_texts;
    std::vector<IdView> ids;  // of kId, sorted; borrows of id_texts

    FilterNode() = default;
    FilterNode(FilterNode&&) = default;
    FilterNode& operator=(FilterNode&&) = default;
};

// Immutable; any thread. Movable, not copied: it borrows of itself.
class Filter {
 public:
    // VZ_INVALID_ARGUMENT with VZ_REASON_FILTER, the place ("filter.must[0].range.gte") and, as `actual`, the byte;
    // VZ_LIMIT_EXCEEDED.
    static Result<Filter> parse(std::string_view json);

    Filter(Filter&&) noexcept = default;
    Filter& operator=(Filter&&) noexcept = default;

    // `payload` was validated when it was written. Allocates nothing, but for strings with escapes beyond what the
    // thread has met.
    bool matches(const IdView& id, std::string_view payload) const;
    // No condition that counts: at least none of some is none. Still, must_not of what passes every point lets none
    // pass.
    bool is_empty() const { return asking_ == 0; }
    bool passes_all() const { return root_.children.empty(); }
    uint32_t conditions() const { return conditions_; }
    const FilterNode& root() const { return root_; }

 private:
    friend class FilterParser;
    friend class FilterRun;
    // The keys that the tests of one object begin with, found in one pass over it. A nested filter has a scope of its
    // own.
    struct Scope {
        std::vector<std::string> keys;
        uint32_t first = 0;  // its places among those of all scopes
    };
    Filter() = default;

    FilterNode root_;
    std::vector<Scope> scopes_;
    uint32_t conditions_ = 0;
    uint32_t asking_ = 0;  // of them
};

// An object with numbers `lat` and `lon` within the globe.
bool read_geo_point(const char* at, const char* end, GeoPoint* point);

// RFC 3339, date and time, as microseconds since 1970; further digits are cut off.
bool parse_time(std::string_view text, int64_t* microseconds);

}  // namespace vz
