#include "tests/crash/workload.hpp"

#include <cstring>
#include <iterator>

namespace vz {
namespace {

constexpr const char* kNames[] = {"a", "b", "c", "d"};
constexpr const char* kAliases[] = {"x", "y"};
constexpr const char* kKeys[] = {"k1", "k2", "k3"};

}  // namespace

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
        if (model.owner_of(operation.name).empty()) operation.kind = Operation::Kind::kSetAlias;
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

std::string WorkloadSource::fresh_name(const Model& model) {
    const uint64_t first = random_.below(std::size(kNames));
    for (uint64_t i = 0; i < std::size(kNames); ++i) {
        const std::string name = prefix_ + kNames[(first + i) % std::size(kNames)];
        if (!model.is_taken(name)) return name;
    }
    return {};
}

void WorkloadSource::set_request_id(Operation* operation) {
    const uint64_t words[2] = {random_.next(), ++requests_};
    std::memcpy(operation->request_id.bytes, words, sizeof(words));
    repeatable_.push_back(*operation);
}

}  // namespace vz
