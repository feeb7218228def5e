// Draws snapshots, archives and what is made of them.
#include <algorithm>
#include <iterator>

#include "tests/crash/workload.hpp"

namespace vz {

// One of: make a snapshot, restore one, drop one.
Operation WorkloadSource::snapshot(const Model& model, const std::string& collection) {
    Operation operation;
    if (model.snapshots().empty() || random_.chance(40)) {
        const bool is_of_all = prefix_.empty() && random_.chance(30);
        operation.kind = is_of_all ? Operation::Kind::kSnapshotAll : Operation::Kind::kSnapshot;
        operation.collection = is_of_all ? std::string() : collection;
        operation.name = prefix_ + "s" + std::to_string(++snapshots_);
        return operation;
    }
    const auto& [name, copies] = any_of(model.snapshots());
    const bool takes_alias = std::any_of(copies.begin(), copies.end(),
                                         [&](const auto& copy) { return !model.owner_of(copy.first).empty(); });
    operation.kind = takes_alias || random_.chance(35) ? Operation::Kind::kDropSnapshot : Operation::Kind::kRestore;
    operation.name = name;
    operation.collection = copies.front().first;
    return operation;
}

// A collection of a snapshot under a name of its own.
Operation WorkloadSource::clone(const Model& model) {
    Operation operation = idle();
    const std::string to = fresh_name(model);
    if (model.snapshots().empty() || to.empty()) return operation;
    const auto& [name, copies] = any_of(model.snapshots());
    operation.kind = Operation::Kind::kClone;
    operation.name = name;
    operation.value = copies[random_.below(copies.size())].first;
    operation.collection = to;
    return operation;
}

// Files stay where they are: there are few.
Operation WorkloadSource::archive(const Model& model, const std::string& collection) {
    constexpr size_t kArchivesMax = 3;
    if (!model.archives().empty() && random_.chance(60)) return import(model, collection);
    Operation operation;
    operation.collection = prefix_.empty() && random_.chance(30) ? std::string() : collection;
    operation.kind = Operation::Kind::kExportStream;
    if (model.archives().size() >= kArchivesMax || random_.chance(20)) return operation;
    operation.kind = Operation::Kind::kExport;
    operation.name = prefix_ + "archive" + std::to_string(++snapshots_);
    if (model.snapshots().empty() || random_.chance(60)) return operation;
    operation.kind = Operation::Kind::kExportSnapshot;
    operation.value = any_of(model.snapshots()).first;
    operation.collection.clear();
    return operation;
}

// One of its collections, under a new name or over the given one.
Operation WorkloadSource::import(const Model& model, const std::string& over) {
    const auto& [name, copies] = any_of(model.archives());
    Operation operation;
    const std::string to = fresh_name(model);
    const bool is_new = !to.empty() && random_.chance(50);
    operation.kind = is_new ? Operation::Kind::kImport : Operation::Kind::kImportOver;
    operation.collection = is_new ? to : over;
    operation.name = name;
    operation.value = copies[random_.below(copies.size())].first;
    if (random_.chance(25)) set_request_id(&operation);
    return operation;
}

const std::pair<const std::string, Model::Copies>& WorkloadSource::any_of(
    const std::map<std::string, Model::Copies>& copies) {
    return *std::next(copies.begin(), static_cast<std::ptrdiff_t>(random_.below(copies.size())));
}

}  // namespace vz
