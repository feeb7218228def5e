@0xf1c2a76b09d4e853;
# The message part of a WAL record. It points into the blob behind it: floats and JSON pass through no builder.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vz::capnp_record");

struct Batch {
    operations @0 :List(Operation);
    writtenMs @1 :Int64;              # Unix ms of the sequencer; 0: of a release that did not note it
}

struct Operation {
    kind @0 :UInt8;                   # 1 upsert, 2 patch, 3 delete, 4 clear
    reason @1 :UInt8;                 # of delete: 0 client, 1 filter, 2 expired
    count @2 :UInt32;
    idsOffset @3 :UInt32;             # in the blob: per id {u8 kind, then u64, 16 bytes, or u16 length and text}
    idsBytes @4 :UInt32;
    fields @5 :List(Field);
    payloadsOffset @6 :UInt32;        # payloads one behind the other
    payloadLengths @7 :List(UInt32);  # all ones: absent; empty list: all absent
    expires @8 :List(Int64);          # as in segments, least number: unchanged; empty: never, or unchanged in a patch
    baseVersions @9 :List(UInt64);    # of patch and delete
    expectVersions @10 :List(UInt64); # reserved for logs with several appenders
}

struct Field {
    id @0 :UInt32;
    dim @1 :UInt32;
    offset @2 :UInt32;                # packed float32 rows of the present items
    present @3 :List(UInt64);         # bit i: item i has one; empty: all
}
