// The collection that most tests of the engine are content with.
#pragma once

#include "engine/base/schema.hpp"

namespace vz {

// One vector field, without a name.
inline Schema one_field(uint32_t dim, vz_metric metric = VZ_DOT) {
    Schema schema;
    VectorFieldSchema field;
    field.dim = dim;
    field.metric = metric;
    field.id = schema.next_field_id++;
    schema.fields.push_back(field);
    return schema;
}

}  // namespace vz
