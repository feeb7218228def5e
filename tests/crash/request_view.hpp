// Operations as the ABI takes them. A view is outlived by the operation that it is made of.
#pragma once

#include <string>
#include <vector>

#include "tests/crash/operation.hpp"

namespace vz {

inline vz_str text_of(const std::string& text) { return {text.data(), text.size()}; }

vz_vector_field field_view(const VectorFieldSchema& field);
vz_field_index index_view(const FieldIndexSchema& index);

struct SchemaView {
    explicit SchemaView(const Schema& of);
    SchemaView(const SchemaView&) = delete;
    SchemaView& operator=(const SchemaView&) = delete;

    std::vector<vz_vector_field> fields;
    std::vector<vz_field_index> indexes;
    vz_schema schema = {};
};

struct AlterView {
    explicit AlterView(const std::vector<SchemaChange>& of);
    AlterView(const AlterView&) = delete;
    AlterView& operator=(const AlterView&) = delete;

    std::vector<vz_vector_field> fields;
    std::vector<vz_field_index> indexes;
    std::vector<vz_alter_change> changes;
};

struct WriteView {
    explicit WriteView(const Operation& operation);
    WriteView(const WriteView&) = delete;
    WriteView& operator=(const WriteView&) = delete;

    std::string filter;
    std::vector<vz_str> ids;
    std::vector<vz_str> payloads;
    std::vector<vz_vectors> vectors;
    std::vector<std::vector<uint64_t>> present;
    vz_write_request request = {};
};

}  // namespace vz
