#include "tests/crash/dump.hpp"

namespace vz {
namespace {

template <class T>
void put(std::string* text, const T& number) {
    text->append(reinterpret_cast<const char*>(&number), sizeof(number));
}

void put_text(std::string* text, const std::string& part) {
    put(text, part.size());
    text->append(part);
}

void put_field(std::string* text, const VectorFieldSchema& field) {
    text->push_back('F');
    put_text(text, field.name);
    for (const uint32_t number : {field.id, field.kind, field.dim, field.metric, field.element, field.quantization,
                                  field.index, field.degree, field.build_effort, field.search_effort, field.flags})
        put(text, number);
}

}  // namespace

void dump_collection(std::string* text, const std::string& name, const Schema& schema,
                     const std::set<std::string>& aliases) {
    text->push_back('C');
    put_text(text, name);
    for (const VectorFieldSchema& field : schema.fields) put_field(text, field);
    for (const FieldIndexSchema& index : schema.field_indexes) {
        text->push_back('I');
        put(text, index.kind);
        put_text(text, index.path);
        put_text(text, index.language);
    }
    text->push_back('M');
    put_text(text, schema.metadata);
    put(text, schema.ttl_ms);
    put(text, schema.next_field_id);
    for (const std::string& alias : aliases) {
        text->push_back('A');
        put_text(text, alias);
    }
}

void dump_point(std::string* text, const std::string& id, uint64_t version, int64_t expiry,
                const std::string& payload) {
    text->push_back('P');
    put_text(text, id);
    put(text, version);
    put(text, expiry);
    put_text(text, payload);
}

void dump_vector(std::string* text, const VectorFieldSchema& field, const float* vector) {
    text->push_back(vector == nullptr ? '-' : '+');
    if (vector != nullptr) text->append(reinterpret_cast<const char*>(vector), field.dim * sizeof(float));
}

void dump_snapshot(std::string* text, const std::string& name) {
    text->push_back('S');
    put_text(text, name);
}

void dump_snapshot_of(std::string* text, const std::string& collection) {
    text->push_back('s');
    put_text(text, collection);
}

void dump_value(std::string* text, const std::string& key, const std::string& value, uint64_t lsn) {
    text->push_back('V');
    put_text(text, key);
    put_text(text, value);
    put(text, lsn);
}

}  // namespace vz
