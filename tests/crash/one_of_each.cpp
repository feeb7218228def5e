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
    schema.ttl_ms = 1500;
    return schema;
}

// Adds operations one behind the other, each to what the model is after those before.
class Sequence {
 public:
    explicit Sequence(const Model& model) : after_(model) {}
    const Operation& add(Operation operation, int64_t now_ms) {
        operation.now_ms = now_ms;
        after_.apply(operation, UINT64_MAX);
        operations_.push_back(std::move(operation));
        return operations_.back();
    }
    const Model& model() const { return after_; }
    const Model::Collection& collection(const std::string& name) const { return after_.collections().at(name); }
    std::string first() const { return after_.collections().begin()->first; }
    std::vector<Operation> take() { return std::move(operations_); }

 private:
    Model after_;
    std::vector<Operation> operations_;
};

Operation operation_of(Operation::Kind kind, std::string collection, std::string name = {}, std::string value = {}) {
    Operation operation;
    operation.kind = kind;
    operation.collection = std::move(collection);
    operation.name = std::move(name);
    operation.value = std::move(value);
    return operation;
}

}  // namespace

std::vector<Operation> WorkloadSource::one_of_each(const Model& model) {
    using Kind = Operation::Kind;
    Sequence sequence(model);
    const auto add = [&](Operation operation) -> const Operation& {
        return sequence.add(std::move(operation), now_ms_);
    };
    const auto add_write = [&](Kind kind, const std::string& name) {
        add(write(kind, name, sequence.collection(name)));
    };
    const auto add_change = [&](uint32_t kind, const std::string& name) {
        return add(alter(kind, name, sequence.collection(name).schema)).changes.front();
    };
    const auto own = [&](const char* name) { return prefix_ + name; };
    const std::string fresh = own("fresh");
    Operation made = operation_of(Kind::kCreate, fresh);
    made.schema = two_fields();
    add(made);
    for (const Kind kind : {Kind::kUpsert, Kind::kUpdatePayloads, Kind::kPatchPayloads, Kind::kUpdateVectors})
        add_write(kind, fresh);
    add_write(Kind::kUpsert, sequence.first());
    for (const Kind kind : {Kind::kSetExpiry, Kind::kDelete}) add_write(kind, fresh);
    add(operation_of(Kind::kSetAlias, fresh, own("x")));
    const std::string fresher = own("fresher");
    add(operation_of(Kind::kRename, fresh, fresher));

    add(chain(sequence.model(), fresher));
    for (const Kind kind : {Kind::kUpsertPerItem, Kind::kUpdatePerItem})
        add(write_per_item(kind, fresher, sequence.collection(fresher)));
    add(operation_of(Kind::kRenameKeepingAlias, fresher, own("freshest")));
    add(operation_of(Kind::kRename, own("freshest"), fresher));

    const SchemaChange indexed = add_change(VZ_ALTER_ADD_FIELD_INDEX, fresher);
    for (const uint32_t kind :
         {VZ_ALTER_ADD_VECTOR_FIELD, VZ_ALTER_TUNE_VECTOR_FIELD, VZ_ALTER_SET_METADATA, VZ_ALTER_SET_TTL})
        add_change(kind, fresher);
    add_write(Kind::kUpsert, fresher);
    add_change(VZ_ALTER_DROP_VECTOR_FIELD, fresher);
    Operation unindexed = operation_of(Kind::kDropIndex, fresher);
    unindexed.changes = {indexed};
    unindexed.changes.front().kind = VZ_ALTER_DROP_FIELD_INDEX;
    add(unindexed);
    add(alter_several(fresher, sequence.collection(fresher).schema));

    const std::string first = sequence.first();
    add(operation_of(Kind::kPatchFiltered, first, {}, "50"));
    add(operation_of(Kind::kDeleteFiltered, first, {}, "20"));
    add(expire(first));
    add(operation_of(Kind::kIdle, {}));
    add(operation_of(Kind::kCheckpoint, {}));
    add(operation_of(Kind::kSnapshot, first, own("after")));
    add(operation_of(Kind::kCompact, first));
    add(operation_of(Kind::kRestore, first, own("after")));
    add(operation_of(Kind::kClone, own("cloned"), own("after"), first));
    add(operation_of(Kind::kExportSnapshot, {}, own("pinned"), own("after")));
    add(operation_of(Kind::kImport, own("imported"), own("pinned"), first));
    if (!model.archives().empty()) {
        const auto& [name, copies] = *model.archives().begin();
        add(operation_of(Kind::kImport, own("before"), name, copies.front().first));
    }
    add(operation_of(Kind::kSnapshotAll, {}, own("all")));
    add(operation_of(Kind::kExport, {}, own("whole")));
    add(operation_of(Kind::kExportStream, fresher));
    add(operation_of(Kind::kImportOver, first, own("whole"), fresher));
    add(operation_of(Kind::kDropSnapshot, {}, own("after")));
    add(operation_of(Kind::kDropAlias, {}, own("x")));
    add(operation_of(Kind::kClear, first));
    Operation empty = made;
    empty.collection = own("empty");
    add(empty);
    add(alter_if_empty(own("empty"), sequence.collection(own("empty"))));
    add(operation_of(Kind::kDropIfEmpty, own("empty")));
    add(operation_of(Kind::kDrop, first));
    add(operation_of(Kind::kPutValue, {}, own("k1"), "after"));
    add(operation_of(Kind::kPutValue, {}, own("k2"), "after"));
    add(operation_of(Kind::kDropValue, {}, own("k1")));
    return sequence.take();
}

}  // namespace vz
