// One operation of each kind, as they follow a recovery.
#include "tests/crash/workload.hpp"

namespace vz {
namespace {

Schema two_fields() {
    Schema schema;
    schema.fields.resize(2);
    schema.fields[0].dim = 3;
    schema.fields[0].metric = VZ_DOT;
    schema.fields[1].id = 1;
    schema.fields[1].name = "other";
    schema.fields[1].dim = 2;
    schema.fields[1].metric = VZ_COSINE;
    schema.next_field_id = 2;
    return schema;
}

}  // namespace

std::vector<Operation> WorkloadSource::one_of_each(const Model& model) {
    std::vector<Operation> operations;
    Model after = model;
    const auto add = [&](Operation operation) {
        after.apply(operation, UINT64_MAX);
        operations.push_back(std::move(operation));
    };
    Operation made;
    made.collection = std::string("fresh");
    made.schema = two_fields();
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

}  // namespace vz
