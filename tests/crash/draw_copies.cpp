// Draws snapshots and what is made of them.
#include <iterator>

#include "tests/crash/workload.hpp"

namespace vz {

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
    const bool is_an_alias = !model.owner_of(of).empty();
    operation.kind = is_an_alias || random_.chance(30) ? Operation::Kind::kDropSnapshot : Operation::Kind::kRestore;
    operation.name = picked->first;
    operation.collection = of;
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

}  // namespace vz
