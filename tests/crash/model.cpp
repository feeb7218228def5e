#include "tests/crash/model.hpp"

#include <algorithm>
#include <cstring>

#include "engine/payload/merge_patch.hpp"
#include "tests/crash/dump.hpp"

namespace vz {
namespace {

// Whether a payload has a number `n` below the bound, as the filter of the store asks.
bool passes(const std::string& payload, const std::string& bound) {
    constexpr const char* kBegin = "{\"n\":";
    if (!payload.starts_with(kBegin)) return false;
    return std::stoi(payload.substr(std::strlen(kBegin))) < std::stoi(bound);
}

void set_vectors(const Operation& operation, size_t row, Model::Point* point) {
    for (const FieldVectors& given : operation.vectors) {
        if (!given.present[row]) continue;
        const auto from = given.values.begin() + static_cast<std::ptrdiff_t>(row * given.dim);
        point->vectors[given.field_id] = std::vector<float>(from, from + given.dim);
    }
}

}  // namespace

bool has_index(const Schema& schema, const std::string& path) {
    return std::any_of(schema.field_indexes.begin(), schema.field_indexes.end(),
                       [&](const FieldIndexSchema& index) { return index.path == path; });
}

FieldIndexSchema index_on(const std::string& path) {
    return {path == "n" ? VZ_FIELD_INDEX_INTEGER : VZ_FIELD_INDEX_TEXT, path, {}};
}

void Model::apply(const Operation& operation, uint64_t lsn) {
    if (operation.repeated) return;
    const auto collection = collections_.find(operation.collection);
    switch (operation.kind) {
        case Operation::Kind::kCreate: collections_[operation.collection] = {operation.schema, {}, {}}; break;
        case Operation::Kind::kDrop: collections_.erase(operation.collection); break;
        case Operation::Kind::kRename: {
            Collection moved = std::move(collection->second);
            collections_.erase(collection);
            collections_[operation.name] = std::move(moved);
            for (auto& [name, snapshot] : snapshots_) {
                if (snapshot.first == operation.collection) snapshot.first = operation.name;
            }
            break;
        }
        case Operation::Kind::kSetAlias:
            for (auto& [name, other] : collections_) other.aliases.erase(operation.name);
            collection->second.aliases.insert(operation.name);
            break;
        case Operation::Kind::kDropAlias:
            for (auto& [name, other] : collections_) other.aliases.erase(operation.name);
            break;
        case Operation::Kind::kPutValue: values_[operation.name] = {operation.value, lsn}; break;
        case Operation::Kind::kDropValue: values_.erase(operation.name); break;
        case Operation::Kind::kUpsert:
        case Operation::Kind::kUpdatePayloads:
        case Operation::Kind::kUpdateVectors:
        case Operation::Kind::kDelete:
        case Operation::Kind::kClear:
        case Operation::Kind::kDeleteFiltered:
        case Operation::Kind::kPatchFiltered: apply_to_points(operation, lsn); break;
        case Operation::Kind::kAddIndex:
        case Operation::Kind::kDropIndex: apply_to_schema(operation); break;
        case Operation::Kind::kClone:
        case Operation::Kind::kSnapshot:
        case Operation::Kind::kDropSnapshot:
        case Operation::Kind::kRestore: apply_to_copies(operation, lsn); break;
        case Operation::Kind::kCheckpoint:
        case Operation::Kind::kCompact:
        case Operation::Kind::kIdle: break;
    }
}

void Model::apply_to_points(const Operation& operation, uint64_t lsn) {
    std::map<std::string, Point>& points = collections_.at(operation.collection).points;
    if (operation.kind == Operation::Kind::kClear) return points.clear();
    if (operation.kind == Operation::Kind::kDeleteFiltered) {
        std::erase_if(points, [&](const auto& entry) { return passes(entry.second.payload, operation.value); });
        return;
    }
    if (operation.kind == Operation::Kind::kPatchFiltered) {
        for (auto& [id, point] : points) {
            if (!passes(point.payload, operation.value)) continue;
            std::string patched;
            merge_patch(point.payload, kFilteredPatch, &patched);
            point.payload = std::move(patched);
            point.version = lsn;
        }
        return;
    }
    for (size_t i = 0; i < operation.ids.size(); ++i) {
        if (operation.kind == Operation::Kind::kDelete) {
            points.erase(operation.ids[i]);
            continue;
        }
        const bool is_new = operation.kind == Operation::Kind::kUpsert;
        Point& point = is_new ? points[operation.ids[i]] : points.at(operation.ids[i]);
        if (is_new) point = {{}, "{}", 0};
        if (!operation.payloads.empty()) point.payload = operation.payloads[i];
        set_vectors(operation, i, &point);
        point.version = lsn;
    }
}

void Model::apply_to_schema(const Operation& operation) {
    Schema& schema = collections_.at(operation.collection).schema;
    if (operation.kind == Operation::Kind::kAddIndex) {
        schema.field_indexes.push_back(index_on(operation.value));
    } else {
        std::erase_if(schema.field_indexes,
                      [&](const FieldIndexSchema& index) { return index.path == operation.value; });
    }
}

void Model::apply_to_copies(const Operation& operation, uint64_t lsn) {
    if (operation.kind == Operation::Kind::kSnapshot) {
        snapshots_[operation.name] = {operation.collection, collections_.at(operation.collection)};
        return;
    }
    if (operation.kind == Operation::Kind::kDropSnapshot) {
        snapshots_.erase(operation.name);
        return;
    }
    const auto& [name, kept] = snapshots_.at(operation.name);
    Collection& made = collections_[operation.kind == Operation::Kind::kClone ? operation.collection : name];
    const std::set<std::string> aliases = std::move(made.aliases);
    made = kept;
    made.aliases = aliases;
    for (auto& [id, point] : made.points) point.version = lsn;
}

bool Model::is_taken(const std::string& name) const { return collections_.contains(name) || !owner_of(name).empty(); }

std::string Model::owner_of(const std::string& alias) const {
    for (const auto& [name, collection] : collections_) {
        if (collection.aliases.contains(alias)) return name;
    }
    return {};
}

std::string Model::dump() const {
    std::string text;
    for (const auto& [name, collection] : collections_) {
        dump_collection(&text, name, collection.schema, collection.aliases);
        for (const auto& [id, point] : collection.points) {
            dump_point(&text, id, point.version, point.payload);
            for (const VectorFieldSchema& field : collection.schema.fields) {
                const auto vector = point.vectors.find(field.id);
                dump_vector(&text, field, vector == point.vectors.end() ? nullptr : vector->second.data());
            }
        }
    }
    for (const auto& [name, snapshot] : snapshots_) dump_snapshot(&text, name, snapshot.first);
    for (const auto& [key, value] : values_) dump_value(&text, key, value.first, value.second);
    return text;
}

}  // namespace vz
