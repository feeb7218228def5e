// Draws writes of points.
#include <iterator>

#include "tests/crash/workload.hpp"

namespace vz {

Operation WorkloadSource::write(Operation::Kind kind, const std::string& name, const Model::Collection& collection) {
    Operation operation;
    operation.kind = kind;
    operation.collection = name;
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
    const bool is_upsert = operation.kind == Operation::Kind::kUpsert;
    if (is_upsert || operation.kind == Operation::Kind::kUpdateVectors)
        operation.vectors = vectors(collection.schema, ids.size());
    if (operation.kind == Operation::Kind::kUpdatePayloads || (is_upsert && !random_.chance(5))) {
        while (operation.payloads.size() < ids.size()) operation.payloads.push_back(payload());
    }
    // A deletion may find nothing, log nothing and so not be remembered: done again it would mean something else.
    if (operation.kind != Operation::Kind::kDelete && random_.chance(25)) set_request_id(&operation);
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
