#include "tests/crash/workload.hpp"

#include <cstring>
#include <iterator>

#include "engine/payload/merge_patch.hpp"

namespace vz {
namespace {

constexpr const char* kNames[] = {"a", "b", "c", "d"};
constexpr const char* kAliases[] = {"x", "y"};
constexpr const char* kKeys[] = {"k1", "k2", "k3"};

template <class T>
void put(std::string* text, const T& number) {
    text->append(reinterpret_cast<const char*>(&number), sizeof(number));
}

void put_text(std::string* text, const std::string& part) {
    put(text, part.size());
    text->append(part);
}

bool is_taken(const Model& model, const std::string& name) {
    for (const auto& [key, collection] : model.collections()) {
        if (key == name || collection.aliases.contains(name)) return true;
    }
    return false;
}

std::string owner_of(const Model& model, const std::string& alias) {
    for (const auto& [name, collection] : model.collections()) {
        if (collection.aliases.contains(alias)) return name;
    }
    return {};
}

// Whether a payload has a number `n` below the bound, as the filter of the store asks.
bool passes(const std::string& payload, const std::string& bound) {
    constexpr const char* kBegin = "{\"n\":";
    if (!payload.starts_with(kBegin)) return false;
    return std::stoi(payload.substr(std::strlen(kBegin))) < std::stoi(bound);
}

}  // namespace

const char* operation_name(Operation::Kind kind) {
    static constexpr const char* kTexts[] = {
        "create",          "drop",           "rename",          "set alias",      "drop alias", "put value",
        "drop value",      "upsert",         "update payloads", "update vectors", "delete",     "clear",
        "checkpoint",      "compact",        "snapshot",        "drop snapshot",  "restore",    "idle",
        "delete filtered", "patch filtered", "add index",       "drop index",     "clone"};
    return kTexts[static_cast<size_t>(kind)];
}

void dump_collection(std::string* text, const std::string& name, uint32_t dim, vz_metric metric,
                     const std::set<std::string>& aliases, const std::set<std::string>& indexes) {
    text->push_back('C');
    put_text(text, name);
    put(text, dim);
    put(text, metric);
    for (const std::string& alias : aliases) {
        text->push_back('A');
        put_text(text, alias);
    }
    for (const std::string& index : indexes) {
        text->push_back('I');
        put_text(text, index);
    }
}

void dump_point(std::string* text, const std::string& id, uint64_t version, const float* vector, uint32_t dim,
                const std::string& payload) {
    text->push_back('P');
    put_text(text, id);
    put(text, version);
    text->append(reinterpret_cast<const char*>(vector), vector == nullptr ? 0 : dim * sizeof(float));
    put_text(text, payload);
}

void dump_snapshot(std::string* text, const std::string& name, const std::string& collection) {
    text->push_back('S');
    put_text(text, name);
    put_text(text, collection);
}

void dump_value(std::string* text, const std::string& key, const std::string& value, uint64_t lsn) {
    text->push_back('V');
    put_text(text, key);
    put_text(text, value);
    put(text, lsn);
}

void Model::apply(const Operation& operation, uint64_t lsn) {
    if (operation.repeated) return;
    const auto collection = collections_.find(operation.collection);
    const auto rows = [&](const auto& change) {
        for (size_t i = 0; i < operation.ids.size(); ++i) change(i, operation.ids[i]);
    };
    const auto vector_of = [&](size_t i) {
        const auto from = operation.vectors.begin() + static_cast<std::ptrdiff_t>(i * operation.dim);
        return std::vector<float>(from, from + operation.dim);
    };
    switch (operation.kind) {
        case Operation::Kind::kCreate:
            collections_[operation.collection] = {operation.dim, operation.metric, {}, {}, {}};
            break;
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
            rows([&](size_t i, const std::string& id) {
                collection->second.points[id] = {vector_of(i), operation.payloads[i], lsn};
            });
            break;
        case Operation::Kind::kUpdatePayloads:
            rows([&](size_t i, const std::string& id) {
                Point& point = collection->second.points.at(id);
                point.payload = operation.payloads[i];
                point.version = lsn;
            });
            break;
        case Operation::Kind::kUpdateVectors:
            rows([&](size_t i, const std::string& id) {
                Point& point = collection->second.points.at(id);
                point.vector = vector_of(i);
                point.version = lsn;
            });
            break;
        case Operation::Kind::kDelete:
            rows([&](size_t, const std::string& id) { collection->second.points.erase(id); });
            break;
        case Operation::Kind::kClear: collection->second.points.clear(); break;
        case Operation::Kind::kDeleteFiltered:
            std::erase_if(collection->second.points,
                          [&](const auto& entry) { return passes(entry.second.payload, operation.value); });
            break;
        case Operation::Kind::kPatchFiltered:
            for (auto& [id, point] : collection->second.points) {
                if (!passes(point.payload, operation.value)) continue;
                std::string patched;
                merge_patch(point.payload, kFilteredPatch, &patched);
                point.payload = std::move(patched);
                point.version = lsn;
            }
            break;
        case Operation::Kind::kAddIndex: collection->second.indexes.insert(operation.value); break;
        case Operation::Kind::kDropIndex: collection->second.indexes.erase(operation.value); break;
        case Operation::Kind::kClone: {
            Collection& made = collections_[operation.collection];
            made = snapshots_.at(operation.name).second;
            made.aliases.clear();
            for (auto& [id, point] : made.points) point.version = lsn;
            break;
        }
        case Operation::Kind::kSnapshot: snapshots_[operation.name] = {operation.collection, collection->second}; break;
        case Operation::Kind::kDropSnapshot: snapshots_.erase(operation.name); break;
        case Operation::Kind::kRestore: {
            const auto& [name, kept] = snapshots_.at(operation.name);
            Collection& restored = collections_[name];
            const std::set<std::string> aliases = restored.aliases;
            restored = kept;
            restored.aliases = aliases;
            for (auto& [id, point] : restored.points) point.version = lsn;
            break;
        }
        case Operation::Kind::kCheckpoint:
        case Operation::Kind::kCompact:
        case Operation::Kind::kIdle: break;
    }
}

std::string Model::dump() const {
    std::string text;
    for (const auto& [name, collection] : collections_) {
        dump_collection(&text, name, collection.dim, collection.metric, collection.aliases, collection.indexes);
        for (const auto& [id, point] : collection.points) {
            dump_point(&text, id, point.version, point.vector.data(), collection.dim, point.payload);
        }
    }
    for (const auto& [name, snapshot] : snapshots_) dump_snapshot(&text, name, snapshot.first);
    for (const auto& [key, value] : values_) dump_value(&text, key, value.first, value.second);
    return text;
}

Operation WorkloadSource::next(const Model& model) {
    if (!repeatable_.empty() && random_.chance(6)) {
        Operation again = repeatable_[random_.below(repeatable_.size())];
        again.repeated = true;
        return again;
    }
    if (random_.chance(8)) {
        Operation idle;
        idle.kind = Operation::Kind::kIdle;
        return idle;
    }
    if (model.collections().empty() || (model.collections().size() < 3 && random_.chance(10))) return create(model);
    const auto picked =
        std::next(model.collections().begin(), static_cast<std::ptrdiff_t>(random_.below(model.collections().size())));
    const auto& [name, collection] = *picked;
    Operation operation;
    operation.collection = name;
    const uint64_t dice = random_.below(100);
    if (dice < 4) {
        operation.kind = Operation::Kind::kDrop;
    } else if (dice < 9) {
        operation.kind = Operation::Kind::kRename;
        operation.name = fresh_name(model);
        if (operation.name.empty()) operation.kind = Operation::Kind::kCheckpoint;
    } else if (dice < 13) {
        operation.kind = Operation::Kind::kSetAlias;
        operation.name = prefix_ + kAliases[random_.below(std::size(kAliases))];
    } else if (dice < 15) {
        operation.kind = Operation::Kind::kDropAlias;
        operation.name = prefix_ + kAliases[random_.below(std::size(kAliases))];
        if (owner_of(model, operation.name).empty()) operation.kind = Operation::Kind::kSetAlias;
    } else if (dice < 20) {
        operation.kind = Operation::Kind::kPutValue;
        operation.name = prefix_ + kKeys[random_.below(std::size(kKeys))];
        operation.value = std::to_string(random_.below(1000));
        operation.value.append(random_.below(200), 'v');
    } else if (dice < 27) {
        operation.kind = Operation::Kind::kCheckpoint;
        if (random_.chance(50)) operation.collection.clear();
    } else if (dice < 30) {
        operation.kind = Operation::Kind::kCompact;
    } else if (dice < 34) {
        return snapshot(model, name);
    } else if (dice < 36) {
        operation.kind = Operation::Kind::kClear;
    } else if (dice < 43) {
        return write(Operation::Kind::kDelete, name, collection);
    } else if (dice < 52) {
        return write(Operation::Kind::kUpdatePayloads, name, collection);
    } else if (dice < 60) {
        return write(Operation::Kind::kUpdateVectors, name, collection);
    } else if (dice < 65) {
        operation.kind = random_.chance(50) ? Operation::Kind::kDeleteFiltered : Operation::Kind::kPatchFiltered;
        operation.value = std::to_string(random_.below(60));
    } else if (dice < 69) {
        return index(name, collection);
    } else if (dice < 71 && !model.snapshots().empty()) {
        return clone(model);
    } else {
        return write(Operation::Kind::kUpsert, name, collection);
    }
    return operation;
}

// One of: make a snapshot, restore one, drop one.
Operation WorkloadSource::snapshot(const Model& model, const std::string& collection) {
    Operation operation;
    operation.collection = collection;
    operation.kind = Operation::Kind::kSnapshot;
    operation.name = prefix_ + "s" + std::to_string(++snapshots_);
    if (model.snapshots().empty() || random_.chance(40)) return operation;
    const auto picked =
        std::next(model.snapshots().begin(), static_cast<std::ptrdiff_t>(random_.below(model.snapshots().size())));
    const auto& [of, kept] = picked->second;
    const bool is_an_alias = !owner_of(model, of).empty();
    operation.kind = is_an_alias || random_.chance(30) ? Operation::Kind::kDropSnapshot : Operation::Kind::kRestore;
    operation.name = picked->first;
    operation.collection = of;
    return operation;
}

// A field index comes, or goes.
Operation WorkloadSource::index(const std::string& name, const Model::Collection& collection) {
    Operation operation;
    operation.collection = name;
    operation.value = random_.chance(50) ? "n" : "t";
    operation.kind =
        collection.indexes.contains(operation.value) ? Operation::Kind::kDropIndex : Operation::Kind::kAddIndex;
    return operation;
}

// A snapshot under a name of its own.
Operation WorkloadSource::clone(const Model& model) {
    const auto picked =
        std::next(model.snapshots().begin(), static_cast<std::ptrdiff_t>(random_.below(model.snapshots().size())));
    Operation operation;
    operation.kind = Operation::Kind::kClone;
    operation.name = picked->first;
    operation.collection = fresh_name(model);
    if (operation.collection.empty()) operation.kind = Operation::Kind::kIdle;
    return operation;
}

std::vector<Operation> WorkloadSource::next_group(const Model& model) {
    std::vector<Operation> operations;
    if (model.collections().empty()) return operations;
    Model after = model;
    const uint64_t count = 2 + random_.below(4);
    while (operations.size() < count) {
        const auto at = std::next(after.collections().begin(),
                                  static_cast<std::ptrdiff_t>(random_.below(after.collections().size())));
        static constexpr Operation::Kind kKinds[] = {Operation::Kind::kUpsert, Operation::Kind::kUpsert,
                                                     Operation::Kind::kDelete, Operation::Kind::kDelete,
                                                     Operation::Kind::kUpdatePayloads};
        operations.push_back(write(kKinds[random_.below(std::size(kKinds))], at->first, at->second));
        after.apply(operations.back(), 0);
    }
    return operations;
}

std::vector<Operation> WorkloadSource::one_of_each(const Model& model) {
    std::vector<Operation> operations;
    Model after = model;
    const auto add = [&](Operation operation) {
        after.apply(operation, UINT64_MAX);
        operations.push_back(std::move(operation));
    };
    Operation made;
    made.collection = std::string("fresh");
    made.dim = 3;
    made.metric = VZ_DOT;
    add(made);
    for (const auto kind : {Operation::Kind::kUpsert, Operation::Kind::kUpdatePayloads, Operation::Kind::kUpdateVectors,
                            Operation::Kind::kUpsert, Operation::Kind::kDelete}) {
        const auto& target = kind == Operation::Kind::kUpsert && operations.size() > 2
                                 ? *after.collections().begin()
                                 : *after.collections().find("fresh");
        add(write(kind, target.first, target.second));
    }
    Operation alias;
    alias.kind = Operation::Kind::kSetAlias;
    alias.collection = std::string("fresh");
    alias.name = std::string("x");
    add(alias);
    Operation renamed;
    renamed.kind = Operation::Kind::kRename;
    renamed.collection = std::string("fresh");
    renamed.name = std::string("fresher");
    add(renamed);
    Operation indexed = index("fresher", after.collections().at("fresher"));
    add(indexed);
    Operation patched;
    patched.kind = Operation::Kind::kPatchFiltered;
    patched.collection = after.collections().begin()->first;
    patched.value = std::string("50");
    add(patched);
    Operation swept;
    swept.kind = Operation::Kind::kDeleteFiltered;
    swept.collection = patched.collection;
    swept.value = std::string("20");
    add(swept);
    Operation idle;
    idle.kind = Operation::Kind::kIdle;
    add(idle);
    Operation checkpoint;
    checkpoint.kind = Operation::Kind::kCheckpoint;
    add(checkpoint);
    Operation pinned;
    pinned.kind = Operation::Kind::kSnapshot;
    pinned.collection = after.collections().begin()->first;
    pinned.name = std::string("after");
    add(pinned);
    Operation compacted;
    compacted.kind = Operation::Kind::kCompact;
    compacted.collection = pinned.collection;
    add(compacted);
    Operation restored;
    restored.kind = Operation::Kind::kRestore;
    restored.collection = pinned.collection;
    restored.name = pinned.name;
    add(restored);
    Operation cloned;
    cloned.kind = Operation::Kind::kClone;
    cloned.name = pinned.name;
    cloned.collection = std::string("cloned");
    add(cloned);
    Operation cleared;
    cleared.kind = Operation::Kind::kClear;
    cleared.collection = after.collections().begin()->first;
    add(cleared);
    Operation dropped;
    dropped.kind = Operation::Kind::kDrop;
    dropped.collection = after.collections().begin()->first;
    add(dropped);
    Operation value;
    value.kind = Operation::Kind::kPutValue;
    value.name = std::string("k1");
    value.value = std::string("after");
    add(value);
    return operations;
}

Operation WorkloadSource::write(Operation::Kind kind, const std::string& name, const Model::Collection& collection) {
    Operation operation;
    operation.kind = kind;
    operation.collection = name;
    operation.dim = collection.dim;
    std::set<std::string> ids;
    const uint64_t count = 1 + random_.below(random_.chance(10) ? 30 : 4);
    const bool must_exist = kind == Operation::Kind::kUpdatePayloads || kind == Operation::Kind::kUpdateVectors;
    if (must_exist && collection.points.empty()) operation.kind = Operation::Kind::kUpsert;
    for (uint64_t i = 0; i < count; ++i) {
        std::string id(random_.chance(50) ? "" : "p");
        id += std::to_string(random_.below(30));
        if (operation.kind != Operation::Kind::kUpsert && !collection.points.empty() &&
            (must_exist || random_.chance(80))) {
            id = std::next(collection.points.begin(),
                           static_cast<std::ptrdiff_t>(random_.below(collection.points.size())))
                     ->first;
        }
        ids.insert(std::move(id));
    }
    operation.ids.assign(ids.begin(), ids.end());
    for (size_t i = 0; i < ids.size(); ++i) {
        if (operation.kind == Operation::Kind::kUpsert || operation.kind == Operation::Kind::kUpdateVectors) {
            for (uint32_t d = 0; d < operation.dim; ++d) {
                operation.vectors.push_back(
                    static_cast<float>(static_cast<double>(random_.below(2'000'001)) / 1e3 - 1e3));
            }
        }
        if (operation.kind == Operation::Kind::kUpsert || operation.kind == Operation::Kind::kUpdatePayloads) {
            operation.payloads.push_back(payload());
        }
    }
    // A deletion may find nothing, log nothing and so not be remembered: done again it would mean something else.
    if (operation.kind != Operation::Kind::kDelete && random_.chance(25)) set_request_id(&operation);
    return operation;
}

Operation WorkloadSource::create(const Model& model) {
    Operation operation;
    operation.collection = fresh_name(model);
    operation.dim = static_cast<uint32_t>(1 + random_.below(random_.chance(20) ? 70 : 6));
    operation.metric = static_cast<vz_metric>(1 + random_.below(4));
    if (random_.chance(25)) set_request_id(&operation);
    return operation;
}

std::string WorkloadSource::fresh_name(const Model& model) {
    const uint64_t first = random_.below(std::size(kNames));
    for (uint64_t i = 0; i < std::size(kNames); ++i) {
        const std::string name = prefix_ + kNames[(first + i) % std::size(kNames)];
        if (!is_taken(model, name)) return name;
    }
    return {};
}

std::string WorkloadSource::payload() {
    const uint64_t dice = random_.below(10);
    if (dice == 0) return "{}";
    if (dice == 1) return R"({"b": 1.0,  "a":[1e3,null,"\u00e9"], "b2":{ }})";
    std::string text = R"({"n":)";
    text += std::to_string(random_.below(100));
    text += R"(,"t":")";
    text.append(random_.below(dice == 9 ? 900 : 40), 't');
    text += "\"}";
    return text;
}

void WorkloadSource::set_request_id(Operation* operation) {
    const uint64_t words[2] = {random_.next(), ++requests_};
    std::memcpy(operation->request_id.bytes, words, sizeof(words));
    repeatable_.push_back(*operation);
}

}  // namespace vz
