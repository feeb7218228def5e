#include "tests/crash/workload.hpp"

#include <cstring>
#include <iterator>

namespace vz {
namespace {

constexpr const char* kNames[] = {"a", "b", "c", "d", "e", "f"};
constexpr const char* kAliases[] = {"x", "y"};
constexpr const char* kKeys[] = {"k1", "k2", "k3"};

}  // namespace

Operation WorkloadSource::next(const Model& model) {
    tick();
    Operation operation = draw(model);
    operation.now_ms = now_ms_;
    return operation;
}

Operation WorkloadSource::idle() const {
    Operation operation;
    operation.kind = Operation::Kind::kIdle;
    return operation;
}

void WorkloadSource::tick() {
    if (time_ == Time::kRuns) now_ms_ += static_cast<int64_t>(random_.below(random_.chance(15) ? 600 : 30));
}

Operation WorkloadSource::draw(const Model& model) {
    if (!repeatable_.empty() && random_.chance(6)) {
        Operation again = repeatable_[random_.below(repeatable_.size())];
        again.repeated = true;
        return again;
    }
    if (random_.chance(6)) return idle();
    if (model.collections().empty() || (model.collections().size() < 3 && random_.chance(10))) return create(model);
    const auto picked =
        std::next(model.collections().begin(), static_cast<std::ptrdiff_t>(random_.below(model.collections().size())));
    const auto& [name, collection] = *picked;
    Operation operation;
    operation.collection = name;
    const uint64_t dice = random_.below(100);
    if (dice < 4) {
        return drop(name, collection);
    } else if (dice < 9) {
        operation.kind = random_.chance(30) ? Operation::Kind::kRenameKeepingAlias : Operation::Kind::kRename;
        operation.name = fresh_name(model);
        if (operation.name.empty()) operation.kind = Operation::Kind::kCheckpoint;
    } else if (dice < 13) {
        operation.kind = Operation::Kind::kSetAlias;
        operation.name = prefix_ + kAliases[random_.below(std::size(kAliases))];
    } else if (dice < 15) {
        operation.kind = Operation::Kind::kDropAlias;
        std::vector<std::string> aliases;
        for (const auto& [of, other] : model.collections())
            aliases.insert(aliases.end(), other.aliases.begin(), other.aliases.end());
        if (aliases.empty()) return idle();
        operation.name = aliases[random_.below(aliases.size())];
    } else if (dice < 20) {
        operation.kind = Operation::Kind::kPutValue;
        operation.name = prefix_ + kKeys[random_.below(std::size(kKeys))];
        if (model.values().contains(operation.name) && random_.chance(30)) {
            operation.kind = Operation::Kind::kDropValue;
            return operation;
        }
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
        operation = write(random_.chance(25) ? Operation::Kind::kPatchPayloads : Operation::Kind::kUpdatePayloads, name,
                          collection);
        set_condition(collection, &operation);
    } else if (dice < 60) {
        return write(Operation::Kind::kUpdateVectors, name, collection);
    } else if (dice < 65) {
        operation.kind = random_.chance(50) ? Operation::Kind::kDeleteFiltered : Operation::Kind::kPatchFiltered;
        operation.value = std::to_string(random_.below(60));
        const bool is_patch = operation.kind == Operation::Kind::kPatchFiltered;
        if (is_patch && random_.chance(30)) operation.expires.push_back(expiry());
    } else if (dice < 69) {
        return alter(VZ_ALTER_ADD_FIELD_INDEX, name, collection.schema);
    } else if (dice < 71) {
        return clone(model);
    } else if (dice < 75) {
        return write(Operation::Kind::kSetExpiry, name, collection);
    } else if (dice < 78 && time_ == Time::kRuns) {
        return expire(name);
    } else if (dice < 84) {
        if (random_.chance(20)) return alter_several(name, collection.schema);
        if (random_.chance(20)) return alter_if_empty(name, collection);
        return alter(any_change(), name, collection.schema);
    } else if (dice < 88) {
        return archive(model, name);
    } else if (dice < 90) {
        return chain(model, name);
    } else if (dice < 92) {
        const bool is_update = random_.chance(50);
        return write_per_item(is_update ? Operation::Kind::kUpdatePerItem : Operation::Kind::kUpsertPerItem, name,
                              collection);
    } else {
        operation = write(Operation::Kind::kUpsert, name, collection);
        set_condition(collection, &operation);
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
