// Draws writes of points.
#include <iterator>

#include "engine/base/limits.hpp"
#include "tests/crash/workload.hpp"

namespace vz {

Operation WorkloadSource::points(Operation::Kind kind, const std::string& name, const Model::Collection& collection) {
    Operation operation;
    operation.kind = kind;
    operation.collection = name;
    operation.now_ms = now_ms_;
    std::vector<std::string> living;
    for (const auto& [id, point] : collection.points) {
        if (point.lives(now_ms_)) living.push_back(id);
    }
    std::set<std::string> ids;
    const uint64_t count = 1 + random_.below(random_.chance(10) ? 30 : 4);
    const bool must_exist = kind == Operation::Kind::kUpdatePayloads || kind == Operation::Kind::kUpdateVectors ||
                            kind == Operation::Kind::kPatchPayloads || kind == Operation::Kind::kSetExpiry;
    if (must_exist && living.empty()) operation.kind = Operation::Kind::kUpsert;
    for (uint64_t i = 0; i < count; ++i) {
        std::string id(random_.chance(50) ? "" : "p");
        id += std::to_string(random_.below(30));
        if (operation.kind != Operation::Kind::kUpsert && !living.empty() && (must_exist || random_.chance(80)))
            id = living[random_.below(living.size())];
        ids.insert(std::move(id));
    }
    operation.ids.assign(ids.begin(), ids.end());
    const bool is_upsert = operation.kind == Operation::Kind::kUpsert;
    if (is_upsert || operation.kind == Operation::Kind::kUpdateVectors)
        operation.vectors = vectors(collection.schema, ids.size());
    if (operation.kind == Operation::Kind::kPatchPayloads) {
        while (operation.payloads.size() < ids.size()) {
            std::string text = R"({"p":)" + std::to_string(random_.below(1000));
            text += random_.chance(30) ? R"(,"t":null})" : "}";
            operation.payloads.push_back(std::move(text));
        }
    }
    if (operation.kind == Operation::Kind::kUpdatePayloads || (is_upsert && !random_.chance(5))) {
        while (operation.payloads.size() < ids.size()) operation.payloads.push_back(payload());
    }
    const bool names_times = is_upsert ? random_.chance(15) : must_exist && random_.chance(10);
    if (operation.kind == Operation::Kind::kSetExpiry || names_times) {
        while (operation.expires.size() < ids.size()) operation.expires.push_back(expiry());
    }
    return operation;
}

Operation WorkloadSource::write(Operation::Kind kind, const std::string& name, const Model::Collection& collection) {
    Operation operation = points(kind, name, collection);
    // A deletion may find nothing, log nothing and so not be remembered: done again it would mean something else.
    if (operation.kind != Operation::Kind::kDelete && random_.chance(25)) set_request_id(&operation);
    return operation;
}

// Of each kind of item that is wrong there may be some; one at least is right.
Operation WorkloadSource::write_per_item(Operation::Kind kind, const std::string& name,
                                         const Model::Collection& collection) {
    const bool is_update = kind == Operation::Kind::kUpdatePerItem;
    Operation operation =
        points(is_update ? Operation::Kind::kUpdatePayloads : Operation::Kind::kUpsert, name, collection);
    const bool has_none_to_update = is_update && operation.kind == Operation::Kind::kUpsert;
    operation.kind = has_none_to_update ? Operation::Kind::kUpsertPerItem : kind;
    while (operation.payloads.size() < operation.ids.size()) operation.payloads.push_back(payload());
    for (size_t i = 1; i < operation.ids.size(); ++i) {
        if (random_.chance(30)) operation.payloads[i] = kBrokenPayload;
        if (random_.chance(30)) operation.ids[i] += " new";
    }
    if (random_.chance(25)) set_request_id(&operation);
    return operation;
}

// Each part meets what those before it have written, under a version that nobody has seen.
Operation WorkloadSource::chain(const Model& model, const std::string& name) {
    static constexpr Operation::Kind kKinds[] = {Operation::Kind::kUpsert, Operation::Kind::kDelete,
                                                 Operation::Kind::kUpdatePayloads, Operation::Kind::kUpdateVectors,
                                                 Operation::Kind::kPatchPayloads};
    Operation operation;
    operation.kind = Operation::Kind::kWriteChain;
    operation.collection = name;
    operation.now_ms = now_ms_;
    Model after = model;
    const uint64_t count = 2 + random_.below(3);
    operation.parts.push_back(points(Operation::Kind::kUpsert, name, after.collections().at(name)));
    while (operation.parts.size() < count) {
        after.apply(operation.parts.back(), 0);
        operation.parts.push_back(points(kKinds[random_.below(std::size(kKinds))], name, after.collections().at(name)));
    }
    if (random_.chance(25)) set_request_id(&operation);
    return operation;
}

// One that is met.
void WorkloadSource::set_condition(const Model::Collection& collection, Operation* operation) {
    if (!random_.chance(25)) return;
    size_t living = 0;
    std::vector<uint64_t> versions;
    for (const std::string& id : operation->ids) {
        const auto point = collection.points.find(id);
        if (point == collection.points.end() || !point->second.lives(now_ms_)) continue;
        ++living;
        versions.push_back(point->second.version);
    }
    if (living == operation->ids.size()) {
        const bool by_version = random_.chance(60);
        operation->condition = by_version ? VZ_IF_VERSION : VZ_IF_PRESENT;
        if (by_version) operation->versions = std::move(versions);
    } else if (living == 0 && operation->kind == Operation::Kind::kUpsert) {
        operation->condition = VZ_IF_ABSENT;
    }
}

std::vector<Operation> WorkloadSource::next_group(const Model& model) {
    std::vector<Operation> operations;
    if (model.collections().empty()) return operations;
    tick();
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

// A time that a write names: never, soon, or over already.
int64_t WorkloadSource::expiry() {
    const uint64_t dice = random_.below(10);
    if (dice < 3) return 0;
    if (time_ == Time::kStands) return now_ms_ + 3'600'000;
    return dice == 3 ? now_ms_ - static_cast<int64_t>(random_.below(100))
                     : now_ms_ + 1 + static_cast<int64_t>(random_.below(3000));
}

int64_t WorkloadSource::ttl() {
    if (time_ == Time::kStands) return 3'600'000;
    return 1 + static_cast<int64_t>(random_.below(4000));
}

// The next look of the background: those in between find nothing, for what it knows.
Operation WorkloadSource::expire(const std::string& name) {
    now_ms_ += kExpiryLookMs;
    Operation operation;
    operation.kind = Operation::Kind::kExpire;
    operation.collection = name;
    operation.now_ms = now_ms_;
    return operation;
}

// Not every field is given, and not to every point.
std::vector<FieldVectors> WorkloadSource::vectors(const Schema& schema, size_t rows) {
    std::vector<FieldVectors> all;
    for (const VectorFieldSchema& field : schema.fields) {
        if (schema.fields.size() > 1 && random_.chance(15)) continue;
        FieldVectors& one = all.emplace_back();
        one.field_id = field.id;
        one.field = field.name;
        one.dim = field.dim;
        const bool is_sparse = random_.chance(25);
        for (size_t row = 0; row < rows; ++row) {
            one.present.push_back(!is_sparse || random_.chance(60));
            for (uint32_t d = 0; d < field.dim; ++d) {
                const auto drawn = static_cast<float>(static_cast<double>(random_.below(2'000'001)) / 1e3 - 1e3);
                one.values.push_back(one.present.back() ? drawn : 0.0F);
            }
        }
    }
    return all;
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

}  // namespace vz
