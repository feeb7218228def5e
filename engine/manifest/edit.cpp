// The door of Cap'n Proto for the manifest.
#include "engine/manifest/edit.hpp"

#include <algorithm>
#include <cstring>

#include "edit.capnp.h"
#include "engine/base/message.hpp"

namespace vz {
namespace {

namespace wire = capnp_edit;

// ---- to the wire ----

kj::ArrayPtr<const kj::byte> data_of(const void* bytes, size_t size) {
    return {static_cast<const kj::byte*>(bytes), size};
}
kj::ArrayPtr<const kj::byte> data_of(const std::string& text) { return data_of(text.data(), text.size()); }
kj::ArrayPtr<const kj::byte> data_of(const Hash128& hash) { return data_of(hash.data(), hash.size()); }
capnp::Text::Reader text_of(const std::string& text) { return {text.c_str(), text.size()}; }
template <class T>
unsigned count_of(const T& list) {
    return static_cast<unsigned>(list.size());
}

void put(wire::Deletes::Builder to, const DeleteRef& from) {
    to.setFile(from.file);
    to.setOffset(from.offset);
    to.setBytes(from.bytes);
    to.setCardinality(from.cardinality);
    to.setHighestRow(from.highest_row);
    to.setHash(data_of(from.hash));
}

void put(wire::Segment::Builder to, const SegmentRef& from) {
    to.setFile(from.file);
    to.setOffset(from.offset);
    to.setBytes(from.bytes);
    to.setRows(from.rows);
    to.setVersionMin(from.version_min);
    to.setVersionMax(from.version_max);
    to.setHeaderCrc(from.header_crc);
    to.setHash(data_of(from.hash));
    if (from.deletes) put(to.initDeletes(), *from.deletes);
    to.setRestoredLsn(from.restored_lsn);
}

void put(wire::Collection::Builder to, const CollectionState& from);
void put(wire::Request::Builder to, const RequestOutcome& from);
void put(wire::SegmentDeletes::Builder to, const SegmentDeletes& from);
void put(wire::Checkpoint::Builder to, const CheckpointOne& from);

template <class Builder, class List>
void put_all(Builder to, const List& from) {
    unsigned i = 0;
    for (const auto& item : from) put(to[i++], item);
}

void put_schema(wire::Collection::Builder to, const Schema& schema) {
    const std::vector<std::byte> bytes = encode_schema(schema);
    to.setSchema(data_of(bytes.data(), bytes.size()));
}

void put(wire::Collection::Builder to, const CollectionState& from) {
    to.setId(from.id);
    to.setUuid(data_of(from.uuid.bytes, sizeof(from.uuid.bytes)));
    to.setName(text_of(from.name));
    put_schema(to, from.schema);
    to.setCreatedMs(from.created_ms);
    to.setCreatedLsn(from.created_lsn);
    to.setThroughLsn(from.through_lsn);
    to.setUpdatedMs(from.updated_ms);
    put_all(to.initSegments(count_of(from.segments)), from.segments);
    to.setDamage(text_of(from.damage));
}

void put(wire::Pinned::Builder to, const SnapshotState& from) {
    to.setName(text_of(from.name));
    to.setUuid(data_of(from.uuid.bytes, sizeof(from.uuid.bytes)));
    to.setCreatedMs(from.created_ms);
    to.setLsn(from.lsn);
    put_all(to.initCollections(count_of(from.collections)), from.collections);
}

void put(wire::Request::Builder to, const RequestOutcome& from) {
    to.setId(data_of(from.id.data(), from.id.size()));
    to.setLsn(from.lsn);
    to.setApplied(from.applied);
    to.setCreated(from.created);
}

void put(wire::SegmentDeletes::Builder to, const SegmentDeletes& from) {
    to.setSegment(from.segment);
    put(to.initDeletes(), from.deletes);
}

void put(wire::Checkpoint::Builder to, const CheckpointOne& from) {
    to.setCollection(from.collection);
    to.setThroughLsn(from.through_lsn);
    to.setUpdatedMs(from.updated_ms);
    put_all(to.initSegments(count_of(from.segments)), from.segments);
    put_all(to.initDeletes(count_of(from.deletes)), from.deletes);
}

void put_named(wire::Named::Builder to, uint64_t collection, const std::string& name) {
    to.setCollection(collection);
    to.setName(text_of(name));
}

struct PutAction {
    wire::Action::Builder to;

    void operator()(const CreateCollection& action) { put(to.initCreateCollection(), action.collection); }
    void operator()(const DropCollection& action) { to.setDropCollection(action.collection); }
    void operator()(const AlterCollection& action) {
        auto alter = to.initAlterCollection();
        alter.setCollection(action.collection);
        const std::vector<std::byte> bytes = encode_schema(action.schema);
        alter.setSchema(data_of(bytes.data(), bytes.size()));
    }
    void operator()(const RenameCollection& action) {
        put_named(to.initRenameCollection(), action.collection, action.name);
    }
    void operator()(const SetAlias& action) { put_named(to.initSetAlias(), action.collection, action.alias); }
    void operator()(const DropAlias& action) { to.setDropAlias(text_of(action.alias)); }
    void operator()(const PutValue& action) {
        auto value = to.initPutMetadata();
        value.setKey(data_of(action.key));
        value.setDelete(!action.value.has_value());
        if (action.value) value.setValue(data_of(*action.value));
    }
    void operator()(const CreateSnapshot& action) { put(to.initCreateSnapshot(), action.snapshot); }
    void operator()(const DropSnapshot& action) { to.setDropSnapshot(text_of(action.name)); }
    void operator()(const RestoreCollection& action) { put(to.initRestoreCollection(), action.collection); }
    void operator()(const WalOpen& action) {
        auto open = to.initWalOpen();
        open.setNumber(action.number);
        open.setSealedEnd(action.sealed_end);
        open.setLastLsn(action.last_lsn);
    }
    void operator()(const WalRetire& action) {
        auto retire = action.kept.empty() ? to.initWalRetire() : to.initWalRetireBut();
        retire.setBelow(action.below);
        put_all(retire.initRequests(count_of(action.requests)), action.requests);
        auto kept = retire.initKept(count_of(action.kept));
        for (unsigned i = 0; i < kept.size(); ++i) kept.set(i, action.kept[i]);
    }
    void operator()(const Checkpoint& action) {
        put_all(to.initCheckpoint(count_of(action.collections)), action.collections);
    }
    void operator()(const Replace& action) {
        auto replace = to.initReplace();
        replace.setCollection(action.collection);
        put_all(replace.initAdd(count_of(action.add)), action.add);
        auto remove = replace.initRemove(count_of(action.remove));
        for (unsigned i = 0; i < remove.size(); ++i) remove.set(i, action.remove[i]);
    }
    void operator()(const Quarantine& action) { put_named(to.initQuarantine(), action.collection, action.reason); }
    void operator()(const ReserveFiles& action) { to.setReserveFiles(action.next_file); }
    void operator()(const CleanClose& action) {
        auto close = to.initCleanClose();
        close.setWalEnd(action.wal_end);
        close.setLastLsn(action.last_lsn);
    }
};

// ---- from the wire ----

std::string string_of(capnp::Text::Reader text) { return {text.begin(), text.size()}; }
std::string string_of(capnp::Data::Reader bytes) {
    return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

template <class Array>
void fill(Array& to, capnp::Data::Reader from) {
    if (from.size() != 0) std::memcpy(&to, from.begin(), std::min(sizeof(to), from.size()));
}

DeleteRef get(wire::Deletes::Reader from) {
    DeleteRef to{from.getFile(), from.getOffset(), from.getBytes(), from.getCardinality(), from.getHighestRow(), {}};
    fill(to.hash, from.getHash());
    return to;
}

SegmentRef get(wire::Segment::Reader from) {
    SegmentRef to{from.getFile(),
                  from.getOffset(),
                  from.getBytes(),
                  from.getRows(),
                  from.getVersionMin(),
                  from.getVersionMax(),
                  from.getHeaderCrc(),
                  {},
                  {},
                  0};
    fill(to.hash, from.getHash());
    if (from.hasDeletes()) to.deletes = get(from.getDeletes());
    to.restored_lsn = from.getRestoredLsn();
    return to;
}

RequestOutcome get(wire::Request::Reader from) {
    RequestOutcome to{{}, from.getLsn(), from.getApplied(), from.getCreated()};
    fill(to.id, from.getId());
    return to;
}

Result<Schema> schema_of(capnp::Data::Reader bytes) {
    return decode_schema({reinterpret_cast<const std::byte*>(bytes.begin()), bytes.size()});
}

Result<CollectionState> get(wire::Collection::Reader from) {
    CollectionState to;
    to.id = from.getId();
    fill(to.uuid, from.getUuid());
    to.name = string_of(from.getName());
    VZ_ASSIGN(to.schema, schema_of(from.getSchema()));
    to.created_ms = from.getCreatedMs();
    to.created_lsn = from.getCreatedLsn();
    to.through_lsn = from.getThroughLsn();
    to.updated_ms = from.getUpdatedMs();
    for (auto segment : from.getSegments()) to.segments.push_back(get(segment));
    to.damage = string_of(from.getDamage());
    return to;
}

Result<SnapshotState> get(wire::Pinned::Reader from) {
    SnapshotState to;
    to.name = string_of(from.getName());
    fill(to.uuid, from.getUuid());
    to.created_ms = from.getCreatedMs();
    to.lsn = from.getLsn();
    for (auto entry : from.getCollections()) {
        VZ_ASSIGN(CollectionState collection, get(entry));
        to.collections.push_back(std::move(collection));
    }
    return to;
}

Checkpoint get_checkpoint(capnp::List<wire::Checkpoint>::Reader from) {
    Checkpoint to;
    for (auto one : from) {
        CheckpointOne collection{one.getCollection(), one.getThroughLsn(), one.getUpdatedMs(), {}, {}};
        for (auto segment : one.getSegments()) collection.segments.push_back(get(segment));
        for (auto entry : one.getDeletes()) collection.deletes.push_back({entry.getSegment(), get(entry.getDeletes())});
        to.collections.push_back(std::move(collection));
    }
    return to;
}

WalRetire get_retire(wire::WalRetire::Reader from) {
    WalRetire to;
    to.below = from.getBelow();
    for (auto request : from.getRequests()) to.requests.push_back(get(request));
    for (const uint64_t number : from.getKept()) to.kept.push_back(number);
    return to;
}

Result<Action> get_action(wire::Action::Reader from) {
    switch (from.which()) {
        case wire::Action::CREATE_COLLECTION: {
            VZ_ASSIGN(CollectionState collection, get(from.getCreateCollection()));
            return Action(CreateCollection{std::move(collection)});
        }
        case wire::Action::DROP_COLLECTION: return Action(DropCollection{from.getDropCollection()});
        case wire::Action::ALTER_COLLECTION: {
            const auto alter = from.getAlterCollection();
            VZ_ASSIGN(Schema schema, schema_of(alter.getSchema()));
            return Action(AlterCollection{alter.getCollection(), std::move(schema)});
        }
        case wire::Action::RENAME_COLLECTION: {
            const auto named = from.getRenameCollection();
            return Action(RenameCollection{named.getCollection(), string_of(named.getName())});
        }
        case wire::Action::SET_ALIAS: {
            const auto named = from.getSetAlias();
            return Action(SetAlias{named.getCollection(), string_of(named.getName())});
        }
        case wire::Action::DROP_ALIAS: return Action(DropAlias{string_of(from.getDropAlias())});
        case wire::Action::PUT_METADATA: {
            const auto value = from.getPutMetadata();
            PutValue put{string_of(value.getKey()), {}};
            if (!value.getDelete()) put.value = string_of(value.getValue());
            return Action(std::move(put));
        }
        case wire::Action::CREATE_SNAPSHOT: {
            VZ_ASSIGN(SnapshotState snapshot, get(from.getCreateSnapshot()));
            return Action(CreateSnapshot{std::move(snapshot)});
        }
        case wire::Action::DROP_SNAPSHOT: return Action(DropSnapshot{string_of(from.getDropSnapshot())});
        case wire::Action::RESTORE_COLLECTION: {
            VZ_ASSIGN(CollectionState collection, get(from.getRestoreCollection()));
            return Action(RestoreCollection{std::move(collection)});
        }
        case wire::Action::WAL_OPEN: {
            const auto open = from.getWalOpen();
            return Action(WalOpen{open.getNumber(), open.getSealedEnd(), open.getLastLsn()});
        }
        case wire::Action::WAL_RETIRE: return Action(get_retire(from.getWalRetire()));
        case wire::Action::WAL_RETIRE_BUT: return Action(get_retire(from.getWalRetireBut()));
        case wire::Action::CHECKPOINT: return Action(get_checkpoint(from.getCheckpoint()));
        case wire::Action::REPLACE: {
            const auto wire = from.getReplace();
            Replace replace{wire.getCollection(), {}, {}};
            for (auto segment : wire.getAdd()) replace.add.push_back(get(segment));
            for (const uint64_t file : wire.getRemove()) replace.remove.push_back(file);
            return Action(std::move(replace));
        }
        case wire::Action::QUARANTINE: {
            const auto named = from.getQuarantine();
            return Action(Quarantine{named.getCollection(), string_of(named.getName())});
        }
        case wire::Action::RESERVE_FILES: return Action(ReserveFiles{from.getReserveFiles()});
        case wire::Action::CLEAN_CLOSE: {
            const auto close = from.getCleanClose();
            return Action(CleanClose{close.getWalEnd(), close.getLastLsn()});
        }
        default:
            return failure(VZ_UNSUPPORTED, "the manifest holds an action (%u) of a newer release",
                           static_cast<unsigned>(from.which()));
    }
}

Result<ManifestState> get_snapshot(wire::Snapshot::Reader from) {
    ManifestState to;
    to.last_lsn = from.getLastLsn();
    to.next_file = from.getNextFile();
    to.next_collection = from.getNextCollection();
    for (auto entry : from.getCollections()) {
        VZ_ASSIGN(CollectionState collection, get(entry));
        for (auto alias : entry.getAliases()) to.aliases.emplace(string_of(alias), collection.id);
        const uint64_t id = collection.id;
        if (!to.collections.emplace(id, std::move(collection)).second) {
            return failure(VZ_CORRUPTION, "the manifest's snapshot names a collection twice");
        }
    }
    for (auto value : from.getValues())
        to.values[string_of(value.getKey())] = {string_of(value.getValue()), value.getLsn()};
    for (auto wal : from.getWals()) to.wals.push_back({wal.getNumber(), wal.getSealedEnd(), wal.getLastLsn()});
    for (auto request : from.getRequests()) to.requests.push_back(get(request));
    for (auto pinned : from.getPinned()) {
        VZ_ASSIGN(SnapshotState snapshot, get(pinned));
        std::string name = snapshot.name;
        to.snapshots.emplace(std::move(name), std::move(snapshot));
    }
    for (const uint64_t file : from.getSetAside()) to.set_aside.push_back(file);
    return to;
}

Result<EditFrame> get_group(wire::EditGroup::Reader group) {
    EditFrame frame;
    for (auto from : group.getEdits()) {
        Edit edit;
        if (const auto id = from.getRequestId(); id.size() == edit.request_id.size()) fill(edit.request_id, id);
        for (auto action : from.getActions()) {
            if (action.isSnapshot()) {
                VZ_ASSIGN(frame.snapshot, get_snapshot(action.getSnapshot()));
                continue;
            }
            VZ_ASSIGN(Action decoded, get_action(action));
            edit.actions.push_back(std::move(decoded));
        }
        frame.edits.push_back(std::move(edit));
    }
    return frame;
}

}  // namespace

std::vector<std::byte> encode_edits(std::span<const Edit* const> edits) {
    capnp::word scratch[128] = {};
    capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 128));
    auto list = message.initRoot<wire::EditGroup>().initEdits(count_of(edits));
    for (unsigned i = 0; i < list.size(); ++i) {
        const Edit& from = *edits[i];
        if (from.request_id != RequestId{})
            list[i].setRequestId(data_of(from.request_id.data(), from.request_id.size()));
        auto actions = list[i].initActions(count_of(from.actions));
        for (unsigned j = 0; j < actions.size(); ++j) std::visit(PutAction{actions[j]}, from.actions[j]);
    }
    return write_message(message);
}

std::vector<std::byte> encode_snapshot(const ManifestState& state) {
    capnp::MallocMessageBuilder message;
    auto snapshot = message.initRoot<wire::EditGroup>().initEdits(1)[0].initActions(1)[0].initSnapshot();
    snapshot.setLastLsn(state.last_lsn);
    snapshot.setNextFile(state.next_file);
    snapshot.setNextCollection(state.next_collection);

    std::map<uint64_t, std::vector<const std::string*>> aliases;
    for (const auto& [alias, id] : state.aliases) aliases[id].push_back(&alias);
    auto collections = snapshot.initCollections(count_of(state.collections));
    unsigned i = 0;
    for (const auto& [id, collection] : state.collections) {
        auto to = collections[i++];
        put(to, collection);
        const auto& names = aliases[id];
        auto list = to.initAliases(count_of(names));
        for (unsigned j = 0; j < list.size(); ++j) list.set(j, text_of(*names[j]));
    }
    auto values = snapshot.initValues(count_of(state.values));
    i = 0;
    for (const auto& [key, value] : state.values) {
        values[i].setKey(data_of(key));
        values[i].setValue(data_of(value.value));
        values[i++].setLsn(value.lsn);
    }
    auto wals = snapshot.initWals(count_of(state.wals));
    for (i = 0; i < wals.size(); ++i) {
        wals[i].setNumber(state.wals[i].number);
        wals[i].setSealedEnd(state.wals[i].sealed_end);
        wals[i].setLastLsn(state.wals[i].last_lsn);
    }
    put_all(snapshot.initRequests(count_of(state.requests)), state.requests);
    auto pinned = snapshot.initPinned(count_of(state.snapshots));
    i = 0;
    for (const auto& [name, from] : state.snapshots) put(pinned[i++], from);
    auto set_aside = snapshot.initSetAside(count_of(state.set_aside));
    for (i = 0; i < set_aside.size(); ++i) set_aside.set(i, state.set_aside[i]);
    return write_message(message);
}

Result<EditFrame> decode_edits(std::span<const std::byte> bytes) {
    return read_message<wire::EditGroup>(bytes, 16, "an edit", [](auto root) { return get_group(root); });
}

}  // namespace vz
