#include "plugins/host/create_collection.hpp"

#include "plugins/host/abi_text.hpp"

namespace vz::host {

vz_status create_collection(vz_engine* engine, const std::string& name, uint32_t dim, vz_metric metric,
                            vz_error* error) {
    vz_vector_field field = {};
    field.struct_size = sizeof(field);
    field.dim = dim;
    field.metric = metric;
    vz_schema schema = {};
    schema.struct_size = sizeof(schema);
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    return vz_collection_create(engine, borrowed(name), &schema, nullptr, error);
}

}  // namespace vz::host
