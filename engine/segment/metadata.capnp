@0xc84e15d97a3f6b21;
# Section `meta` of a sealed segment: enough to rebuild the manifest's entry. Grows by adding; nothing is renumbered.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vz::capnp_segment");

struct Metadata {
    collectionId @0 :UInt64;
    collectionUuid @1 :Data;
    collectionName @2 :Data;
    schema @3 :Data;          # engine/base/schema.capnp, of when the segment was written
    rows @4 :UInt64;
    versionMin @5 :UInt64;
    versionMax @6 :UInt64;
    writer @7 :Text;          # information
}
