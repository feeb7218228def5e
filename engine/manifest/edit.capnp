@0x9d3f6c1be0a84725;
# What a manifest frame holds. Grows by adding; nothing is renumbered. Logical actions (L) take an LSN, physical ones (P) do not.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vz::capnp_edit");

struct EditGroup {
    edits @0 :List(Edit);
}

struct Edit {
    actions @0 :List(Action);
    requestId @1 :Data;    # 16 bytes or none
}

struct Action {
    union {
        snapshot @0 :Snapshot;                  # P: the first frame of each manifest, and only there
        createCollection @1 :Collection;        # L
        dropCollection @2 :UInt64;              # L
        alterCollection @3 :Alter;              # L
        renameCollection @4 :Named;             # L
        setAlias @5 :Named;                     # L
        dropAlias @6 :Text;                     # L
        createFieldIndex @7 :Void;              # L, reserved: alterCollection carries the whole new schema
        dropFieldIndex @8 :Void;                # L, reserved
        putMetadata @9 :Value;                  # L
        createSnapshot @10 :Pinned;             # L
        dropSnapshot @11 :Text;                 # L
        walOpen @12 :WalOpen;                   # P
        walRetire @13 :WalRetire;               # P
        checkpoint @14 :List(Checkpoint);       # P
        replace @15 :Replace;                   # P
        derive @16 :Void;                       # P, reserved
        quarantine @17 :Named;                  # P
        reserveFiles @18 :UInt64;               # P
        features @19 :UInt64;                   # P
        cleanClose @20 :CleanClose;             # P
        restoreCollection @21 :Collection;      # L, with segments
        walRetireBut @22 :WalRetire;            # P: walRetire that keeps some; a release without it must not read on
    }
}

struct Named {
    collection @0 :UInt64;
    name @1 :Text;             # name, alias, or reason
}

struct Alter {
    collection @0 :UInt64;
    schema @1 :Data;           # the whole new schema (engine/base/schema.capnp)
}

struct Value {
    key @0 :Data;
    value @1 :Data;
    delete @2 :Bool;
}

struct Collection {
    id @0 :UInt64;
    uuid @1 :Data;
    name @2 :Text;
    schema @3 :Data;
    createdMs @4 :Int64;
    createdLsn @5 :UInt64;     # of snapshots
    throughLsn @6 :UInt64;     # of snapshots
    segments @7 :List(Segment);
    damage @8 :Text;
    aliases @9 :List(Text);
    updatedMs @10 :Int64;      # of the last write up to throughLsn; 0: none, or not known
}

struct Deletes {
    file @0 :UInt64;
    offset @1 :UInt64;
    bytes @2 :UInt64;
    cardinality @3 :UInt64;
    highestRow @4 :UInt32;
    hash @5 :Data;
}

struct Segment {
    file @0 :UInt64;
    offset @1 :UInt64;
    bytes @2 :UInt64;
    rows @3 :UInt64;
    versionMin @4 :UInt64;
    versionMax @5 :UInt64;
    headerCrc @6 :UInt32;
    hash @7 :Data;
    deletes @8 :Deletes;       # none: absent
    restoredLsn @9 :UInt64;    # not 0: the version of every row, in place of the file's
}

struct SegmentDeletes {
    segment @0 :UInt64;
    deletes @1 :Deletes;
}

struct Checkpoint {
    collection @0 :UInt64;
    throughLsn @1 :UInt64;
    segments @2 :List(Segment);
    deletes @3 :List(SegmentDeletes);
    updatedMs @4 :Int64;
}

struct Replace {
    collection @0 :UInt64;
    add @1 :List(Segment);
    remove @2 :List(UInt64);
}

struct Request {
    id @0 :Data;
    lsn @1 :UInt64;
    applied @2 :UInt32;
    created @3 :UInt32;
}

struct WalFile {
    number @0 :UInt64;
    sealedEnd @1 :UInt64;      # 0: open
    lastLsn @2 :UInt64;
}

struct WalOpen {
    number @0 :UInt64;
    sealedEnd @1 :UInt64;      # of the one before
    lastLsn @2 :UInt64;
}

struct WalRetire {
    below @0 :UInt64;
    requests @1 :List(Request);
    kept @2 :List(UInt64);     # of those below
}

struct CleanClose {
    walEnd @0 :UInt64;
    lastLsn @1 :UInt64;
}

struct Snapshot {
    lastLsn @0 :UInt64;
    nextFile @1 :UInt64;
    nextCollection @2 :UInt64;
    collections @3 :List(Collection);
    values @4 :List(SnapshotValue);
    wals @5 :List(WalFile);
    requests @6 :List(Request);
    pinned @7 :List(Pinned);
    setAside @8 :List(UInt64); # files of collections that were dropped while quarantined
}

struct Pinned {                # a snapshot that a user made
    name @0 :Text;
    uuid @1 :Data;
    createdMs @2 :Int64;
    lsn @3 :UInt64;
    collections @4 :List(Collection);
}

struct SnapshotValue {
    key @0 :Data;
    value @1 :Data;
    lsn @2 :UInt64;
}
