@0xb2a7c0d1e4f53690;
# The schema of a collection, shared by the manifest and the segments' metadata. Grows by adding; nothing is renumbered.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vz::capnp_schema");

struct VectorField {
    id @0 :UInt32;            # never reused within a collection
    name @1 :Text;
    dim @2 :UInt32;
    metric @3 :UInt8;         # vz_metric
    element @4 :UInt8;        # vz_element
    quantization @5 :UInt8;   # vz_quantization
    index @6 :UInt8;          # vz_index_kind
    degree @7 :UInt32;        # 0: default
    buildEffort @8 :UInt32;   # 0: default
    searchEffort @9 :UInt32;  # 0: by recall target
    flags @10 :UInt32;
    kind @11 :UInt32;
}

struct FieldIndex {
    kind @0 :UInt32;
    path @1 :Data;
    language @2 :Text;
}

struct Schema {
    vectorFields @0 :List(VectorField);
    fieldIndexes @1 :List(FieldIndex);
    metadata @2 :Data;
    ttlMs @3 :Int64;
    nextFieldId @4 :UInt32;
}
