// One test of a field: what stands behind `match`, `range`, `geo_radius` and their like.
#pragma once

#include <string>
#include <string_view>

#include "engine/payload/filter.hpp"
#include "engine/payload/filter_reader.hpp"

namespace vz {

class FieldTestParser {
 public:
    explicit FieldTestParser(FilterReader& in) : in_(in) {}

    static bool knows(std::string_view name);
    // The test of that name, which stands at `offset` and whose value comes next; all of it but its path.
    Status parse(const std::string& name, size_t offset, FieldTest* test);

 private:
    Status match(FieldTest* test);
    Status match_value(FieldTest* test);
    Status integer(FieldTest* test);
    Status values(FieldTest* test);
    template <class Value>
    Status bounds(Value&& value);
    Status range(FieldTest* test);
    Status values_count(FieldTest* test);
    Status finite(double* value, double limit);
    Status point(GeoPoint* point);
    Status geo_radius(FieldTest* test);
    Status geo_box(FieldTest* test);

    FilterReader& in_;
};

}  // namespace vz
