#include "tests/crash/model.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/expiry.hpp"
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

void patch(const std::string& with, Model::Point* point) {
    std::string patched;
    merge_patch(point->payload, with, &patched);
    point->payload = std::move(patched);
}

// Of a point that is written: at the time that was named, or by the TTL of the collection.
int64_t expiry_of(const Operation& operation, size_t row, int64_t ttl_ms) {
    if (!operation.expires.empty()) return named_expiry(operation.expires[row]);
    return ttl_ms == 0 ? 0 : expiry_of_ttl(operation.now_ms + ttl_ms);
}

// Of one that is changed, what was named stays, and all where there is no TTL.
int64_t changed_expiry(const Operation& operation, size_t row, int64_t ttl_ms, int64_t before) {
    const bool stays = operation.expires.empty() && (ttl_ms == 0 || is_named(before));
    return stays ? before : expiry_of(operation, row, ttl_ms);
}

// An item of a write per item: it is broken, or changes a point that is not there.
bool is_left_out(const Operation& operation, size_t item, const std::map<std::string, Model::Point>& points) {
    if (operation.payloads[item] == kBrokenPayload) return true;
    if (operation.kind == Operation::Kind::kUpsertPerItem) return false;
    const auto point = points.find(operation.ids[item]);
    return point == points.end() || !point->second.lives(operation.now_ms);
}

}  // namespace

void apply_change(const SchemaChange& change, Schema* schema) {
    const auto is_named = [&](const VectorFieldSchema& field) { return field.name == change.field.name; };
    const auto is_index = [&](const FieldIndexSchema& index) {
        return index.kind == change.index.kind && index.path == change.index.path;
    };
    switch (change.kind) {
        case VZ_ALTER_ADD_VECTOR_FIELD:
            schema->fields.push_back(change.field);
            schema->fields.back().id = schema->next_field_id++;
            break;
        case VZ_ALTER_DROP_VECTOR_FIELD: std::erase_if(schema->fields, is_named); break;
        case VZ_ALTER_TUNE_VECTOR_FIELD:
            *std::find_if(schema->fields.begin(), schema->fields.end(), is_named) = change.field;
            break;
        case VZ_ALTER_ADD_FIELD_INDEX: schema->field_indexes.push_back(change.index); break;
        case VZ_ALTER_DROP_FIELD_INDEX: std::erase_if(schema->field_indexes, is_index); break;
        case VZ_ALTER_SET_METADATA: schema->metadata = change.metadata; break;
        case VZ_ALTER_SET_TTL: schema->ttl_ms = change.ttl_ms; break;
        default: break;
    }
}

bool Model::Point::lives(int64_t now_ms) const { return expiry_ms(expiry) == 0 || expiry_ms(expiry) > now_ms; }

void Model::apply(const Operation& operation, uint64_t lsn) {
    now_ms_ = operation.now_ms;
    if (operation.repeated || operation.refusal != VZ_OK) return;
    const auto collection = collections_.find(operation.collection);
    switch (operation.kind) {
        case Operation::Kind::kCreate: collections_[operation.collection] = {operation.schema, {}, {}}; break;
        case Operation::Kind::kDrop:
        case Operation::Kind::kDropIfEmpty: collections_.erase(operation.collection); break;
        case Operation::Kind::kRename:
        case Operation::Kind::kRenameKeepingAlias: rename(operation); break;
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
        case Operation::Kind::kUpsertPerItem:
        case Operation::Kind::kUpdatePerItem:
        case Operation::Kind::kUpdatePayloads:
        case Operation::Kind::kPatchPayloads:
        case Operation::Kind::kUpdateVectors:
        case Operation::Kind::kDelete:
        case Operation::Kind::kClear:
        case Operation::Kind::kDeleteFiltered:
        case Operation::Kind::kPatchFiltered:
        case Operation::Kind::kSetExpiry:
        case Operation::Kind::kExpire: apply_to_points(operation, lsn); break;
        case Operation::Kind::kAddIndex:
        case Operation::Kind::kDropIndex:
        case Operation::Kind::kAddField:
        case Operation::Kind::kDropField:
        case Operation::Kind::kTuneField:
        case Operation::Kind::kSetMetadata:
        case Operation::Kind::kSetTtl:
        case Operation::Kind::kAlterSeveral:
        case Operation::Kind::kAlterIfEmpty:
            for (const SchemaChange& change : operation.changes) apply_change(change, &collection->second.schema);
            break;
        case Operation::Kind::kWriteChain:
            for (const Operation& part : operation.parts) apply_to_points(part, lsn);
            break;
        case Operation::Kind::kClone:
        case Operation::Kind::kSnapshot:
        case Operation::Kind::kSnapshotAll:
        case Operation::Kind::kExport:
        case Operation::Kind::kExportSnapshot:
        case Operation::Kind::kImport:
        case Operation::Kind::kImportOver:
        case Operation::Kind::kDropSnapshot:
        case Operation::Kind::kRestore: apply_to_copies(operation, lsn); break;
        case Operation::Kind::kCheckpoint:
        case Operation::Kind::kCompact:
        case Operation::Kind::kExportStream:
        case Operation::Kind::kIdle: break;
    }
}

void Model::apply_to_points(const Operation& operation, uint64_t lsn) {
    Collection& collection = collections_.at(operation.collection);
    std::map<std::string, Point>& points = collection.points;
    const int64_t ttl_ms = collection.schema.ttl_ms;
    const auto is_selected = [&](const Point& point) {
        return point.lives(operation.now_ms) && passes(point.payload, operation.value);
    };
    if (operation.kind == Operation::Kind::kClear) return points.clear();
    if (operation.kind == Operation::Kind::kExpire) {
        std::erase_if(points, [&](const auto& entry) { return !entry.second.lives(operation.now_ms); });
        return;
    }
    if (operation.kind == Operation::Kind::kDeleteFiltered) {
        std::erase_if(points, [&](const auto& entry) { return is_selected(entry.second); });
        return;
    }
    if (operation.kind == Operation::Kind::kPatchFiltered) {
        for (auto& [id, point] : points) {
            if (!is_selected(point)) continue;
            patch(kFilteredPatch, &point);
            point.expiry = changed_expiry(operation, 0, ttl_ms, point.expiry);
            point.version = lsn;
        }
        return;
    }
    for (size_t i = 0; i < operation.ids.size(); ++i) {
        if (operation.kind == Operation::Kind::kDelete) {
            const auto point = points.find(operation.ids[i]);
            if (point != points.end() && point->second.lives(operation.now_ms)) points.erase(point);
            continue;
        }
        if (operation.is_per_item() && is_left_out(operation, i, points)) continue;
        const bool is_new =
            operation.kind == Operation::Kind::kUpsert || operation.kind == Operation::Kind::kUpsertPerItem;
        Point& point = is_new ? points[operation.ids[i]] : points.at(operation.ids[i]);
        if (is_new) point = {{}, "{}", 0, 0};
        point.expiry = is_new ? expiry_of(operation, i, ttl_ms) : changed_expiry(operation, i, ttl_ms, point.expiry);
        if (operation.kind == Operation::Kind::kPatchPayloads) {
            patch(operation.payloads[i], &point);
        } else if (!operation.payloads.empty()) {
            point.payload = operation.payloads[i];
        }
        set_vectors(operation, i, &point);
        point.version = lsn;
    }
}

void Model::rename(const Operation& operation) {
    auto moved = collections_.extract(operation.collection);
    moved.key() = operation.name;
    moved.mapped().aliases.erase(operation.name);
    if (operation.kind == Operation::Kind::kRenameKeepingAlias) moved.mapped().aliases.insert(operation.collection);
    collections_.insert(std::move(moved));
    for (auto& [name, copies] : snapshots_) {
        const auto named = [&copies = copies](const std::string& wanted) {
            return std::find_if(copies.begin(), copies.end(), [&](const auto& copy) { return copy.first == wanted; });
        };
        const auto copy = named(operation.collection);
        if (copy != copies.end() && named(operation.name) == copies.end()) copy->first = operation.name;
    }
}

void Model::apply_to_copies(const Operation& operation, uint64_t lsn) {
    switch (operation.kind) {
        case Operation::Kind::kSnapshot:
        case Operation::Kind::kSnapshotAll: snapshots_[operation.name] = copies_of(operation.collection); break;
        case Operation::Kind::kDropSnapshot: snapshots_.erase(operation.name); break;
        case Operation::Kind::kRestore:
            for (const auto& [name, copy] : snapshots_.at(operation.name)) put(copy, name, lsn);
            break;
        case Operation::Kind::kExport: archives_[operation.name] = copies_of(operation.collection); break;
        case Operation::Kind::kExportSnapshot: archives_[operation.name] = snapshots_.at(operation.value); break;
        default: {
            const bool is_clone = operation.kind == Operation::Kind::kClone;
            for (const auto& [name, copy] : (is_clone ? snapshots_ : archives_).at(operation.name)) {
                if (name == operation.value) put(copy, operation.collection, lsn);
            }
        }
    }
}

// Of one, or of all.
Model::Copies Model::copies_of(const std::string& collection) const {
    if (collection.empty()) return {collections_.begin(), collections_.end()};
    return {{collection, collections_.at(collection)}};
}

// The aliases of the one that it replaces stay.
void Model::put(const Collection& copy, const std::string& name, uint64_t lsn) {
    Collection& made = collections_[name];
    const std::set<std::string> aliases = std::move(made.aliases);
    made = copy;
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
            dump_point(&text, id, point.version, point.expiry, point.payload);
            for (const VectorFieldSchema& field : collection.schema.fields) {
                const auto vector = point.vectors.find(field.id);
                dump_vector(&text, field, vector == point.vectors.end() ? nullptr : vector->second.data());
            }
        }
    }
    for (const auto& [name, copies] : snapshots_) {
        dump_snapshot(&text, name);
        for (const auto& [of, copy] : copies) dump_snapshot_of(&text, of);
    }
    for (const auto& [key, value] : values_) dump_value(&text, key, value.first, value.second);
    return text;
}

}  // namespace vz
