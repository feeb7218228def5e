/* Values and requests of Vectorizer's C ABI, version 1.0.
 *
 * A struct is frozen (embedded in others, never changes) or growable (begins with struct_size, gains members at its end
 * only).
 *
 * Growable, caller to engine: set struct_size; what the engine does not know must be zero, or the call is
 * VZ_UNSUPPORTED.
 *
 * Growable, engine to caller: set struct_size; the engine writes that many bytes at most.
 *
 * Arrays of growable elements: the first element's struct_size is the stride; step with VZ_AT.
 *
 * Zero means the default. "required" marks a member that has none. Unknown flags are VZ_UNSUPPORTED, unknown
 * enumerators that or VZ_INVALID_ARGUMENT; of what is declared but not implemented yet the line says so.
 *
 * Borrowed: a request, and all it points at, is read until the function returns; of a vz_op, until its `done` is
 * entered. So is the place of an answer or error, which is written to until then. vz_engine_options tells of its own.
 *
 * Names of collections, aliases, vector fields and snapshots have at most 255 bytes of UTF-8 without '/' and control
 * characters; that of a vector field may have a '/'.
 *
 * Vectors and payloads read from a result point into mapped files: see vz_result_check and vz_result_release in
 * engine.h.
 *
 * Platforms: 64-bit, little-endian. Deadlines (_ns) are absolute CLOCK_MONOTONIC nanoseconds, other times (_ms) Unix
 * milliseconds.
 */
#ifndef VECTORIZER_TYPES_H
#define VECTORIZER_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define VZ_NOEXCEPT noexcept
extern "C" {
#else
#define VZ_NOEXCEPT
#endif

#define VZ_ABI_VERSION ((1u << 16) | 0u)

/* Element i of an array of growable elements of type T; the first element's struct_size is the stride. */
#ifdef __cplusplus
#define VZ_AT(T, array, i)                                             \
    (reinterpret_cast<const T*>(reinterpret_cast<const char*>(array) + \
                                static_cast<uint64_t>(i) * static_cast<uint64_t>((array)->struct_size)))
#else
#define VZ_AT(T, array, i) \
    ((const T*)(const void*)((const char*)(const void*)(array) + (uint64_t)(i) * (uint64_t)(array)->struct_size))
#endif

/* Whether the growable struct at p is long enough to have `member`. Ask before reading a member younger than 1.0. */
#define VZ_HAS(T, p, member) ((p)->struct_size >= offsetof(T, member) + sizeof((p)->member))

typedef uint32_t vz_status;
#define VZ_OK 0u                /* done; a change is durable */
#define VZ_INVALID_ARGUMENT 1u  /* a value is wrong: field and item say which, reason how */
#define VZ_NOT_FOUND 2u         /* reason says what */
#define VZ_ALREADY_EXISTS 3u    /* reason says what */
#define VZ_CONFLICT 4u          /* the point's version is `actual`, the caller wanted `expected` */
#define VZ_UNSUPPORTED 5u       /* an option or call that this engine does not implement; nothing was done */
#define VZ_LIMIT_EXCEEDED 6u    /* field names the limit, `expected` is its value, `actual` what was asked */
#define VZ_BUSY 7u              /* a queue is full, or the directory is open elsewhere; nothing was done */
#define VZ_DEADLINE_EXCEEDED 8u /* nothing was done */
#define VZ_CANCELLED 9u         /* nothing was done */
#define VZ_DISK_FULL 10u        /* upserts and updates are refused until there is space */
#define VZ_READ_ONLY 11u        /* opened so, or a failed sync has poisoned the engine */
#define VZ_OUTCOME_UNKNOWN 12u  /* may or may not survive: repeat it with the same request_id; of an item: statuses */
#define VZ_CORRUPTION 13u       /* the collection is quarantined; on open: damage in the logs */
#define VZ_IO_ERROR 14u         /* a read, map or allocation of disk space failed; nothing was changed */
#define VZ_OUT_OF_MEMORY 15u    /* nothing was changed */
#define VZ_MISUSE 16u           /* the caller broke a rule of this ABI; message names it */
#define VZ_INTERNAL 17u         /* a fault of the engine's; logged. Treat an unknown status like this one */

typedef uint32_t vz_reason;
#define VZ_REASON_NONE 0u
#define VZ_REASON_COLLECTION 1u /* of NOT_FOUND and ALREADY_EXISTS: what is missing or taken; else what it is about */
#define VZ_REASON_ALIAS 2u
#define VZ_REASON_POINT 3u
#define VZ_REASON_VECTOR_FIELD 4u
#define VZ_REASON_FIELD_INDEX 5u
#define VZ_REASON_SNAPSHOT 6u
#define VZ_REASON_NAME 16u /* of INVALID_ARGUMENT: how the value is wrong */
#define VZ_REASON_ID 17u
#define VZ_REASON_DIMENSION 18u
#define VZ_REASON_METRIC 19u
#define VZ_REASON_NOT_FINITE 20u
#define VZ_REASON_PAYLOAD 21u
#define VZ_REASON_FILTER 22u
#define VZ_REASON_CURSOR 23u
#define VZ_REASON_RANGE 24u
#define VZ_REASON_REQUIRED 25u
#define VZ_REASON_ENUM 26u
#define VZ_REASON_DUPLICATE 27u
#define VZ_REASON_ELEMENT 28u /* reserved */
#define VZ_REASON_METADATA 29u
#define VZ_REASON_SCHEMA 30u      /* reserved */
#define VZ_REASON_CONFLICTING 31u /* two members exclude each other */
#define VZ_REASON_IN_USE 48u      /* of BUSY: the directory is open elsewhere */
#define VZ_REASON_QUEUE 49u       /* of BUSY; in the field request_id: the first request of this id is in flight */
#define VZ_REASON_RESULTS 50u     /* of BUSY: results are held */
#define VZ_REASON_NOT_EMPTY 51u   /* of CONFLICT: VZ_IF_EMPTY on a collection with points */

/* Frozen. Bytes, not NUL-terminated, borrowed. {NULL, 0} is "absent". Texts are UTF-8. */
typedef struct vz_str {
    const char* data;
    uint64_t size;
} vz_str;

/* Frozen. */
typedef struct vz_uuid {
    uint8_t bytes[16];
} vz_uuid;

/* Frozen. */
typedef struct vz_kv {
    vz_str key;
    vz_str value;
} vz_kv;

typedef uint32_t vz_element;
#define VZ_F32 0u /* always accepted, and converted if the field has another element */
#define VZ_F16 1u /* this one and those below: VZ_UNSUPPORTED in this release */
#define VZ_BF16 2u
#define VZ_I8 3u
#define VZ_B1 4u

/* Frozen. Row-major vectors in place; row i starts at data + i * stride_bytes. Aligned as its elements are. */
typedef struct vz_matrix {
    const void* data;
    uint64_t rows;
    uint64_t stride_bytes; /* 0: packed */
    uint32_t dim;
    vz_element element;
} vz_matrix;

#define VZ_NO_ITEM UINT64_MAX

/* Limits; the members that have them say so. */
#define VZ_NAME_BYTES_MAX 255u /* of collections, aliases, vector fields, snapshots, payload paths */
#define VZ_ID_BYTES_MAX 256u
#define VZ_DIM_MAX 65536u
#define VZ_DEGREE_MIN 4u
#define VZ_DEGREE_MAX 256u
#define VZ_BUILD_EFFORT_MIN 8u
#define VZ_BUILD_EFFORT_MAX 4096u
#define VZ_EFFORT_MAX 65536u
#define VZ_HITS_MAX 65536u /* k, and the rows of a page */
#define VZ_PAYLOAD_BYTES_MAX 1048576u
#define VZ_BATCH_POINTS_MAX 1000000u

/* Frozen, 512 bytes, on the caller's stack: nothing to free. Written on failure only. Texts end with NUL. */
typedef struct vz_error {
    vz_status status;
    vz_reason reason;  /* what exactly, for code; VZ_REASON_NONE if the status says it all */
    uint64_t item;     /* index in the batch or of the query, or VZ_NO_ITEM */
    int64_t expected;  /* the dimension, version or limit in force; 0 where no number applies */
    int64_t actual;    /* the one that was met */
    char field[96];    /* path of the offending member: "vectors.dim", "filter.must[0].range.gte" */
    char message[384]; /* for people; may change in any release */
} vz_error;

/* ---- schema ---- */

typedef uint32_t vz_metric;
#define VZ_COSINE 1u    /* similarity, -1 to 1; 0 if a vector is zero */
#define VZ_EUCLIDEAN 2u /* distance (root taken) */
#define VZ_DOT 3u       /* similarity */
#define VZ_MANHATTAN 4u /* distance */
/* Scores are float32. What lies beyond its range is the greatest number of it, or the least: among such rows the order
 * is not told. */

typedef uint32_t vz_quantization;
#define VZ_QUANTIZATION_AUTO 0u /* 8 bits a value, unless the metric or the rows need more; descriptions say which */
#define VZ_QUANTIZATION_NONE 1u
#define VZ_QUANTIZATION_SQ8 2u
#define VZ_QUANTIZATION_UNCHANGED 3u /* of VZ_ALTER_TUNE_VECTOR_FIELD alone: as it was declared */

typedef uint32_t vz_index_kind;
#define VZ_INDEX_GRAPH 0u
#define VZ_INDEX_NONE 1u /* exact search only */

#define VZ_VECTOR_DENSE 0u /* vz_vector_field.kind and vz_vectors.kind */

#define VZ_FIELD_COUNT_NONZERO 1u /* vz_vector_field.flags: keep vz_component_counts */

/* Growable element. A named vector of each point. */
typedef struct vz_vector_field {
    uint32_t struct_size;
    uint32_t kind;    /* VZ_VECTOR_DENSE */
    vz_str name;      /* absent or empty: the default field "" */
    uint32_t dim;     /* required: 1 to 65,536 */
    vz_metric metric; /* required */
    vz_element element;
    vz_quantization quantization;
    vz_index_kind index;
    uint32_t degree;        /* of the graph, 4 to 256; 0: 32, and with VZ_INDEX_NONE none */
    uint32_t build_effort;  /* likewise; 8 to 4,096; 0: 128 */
    uint32_t search_effort; /* default beam width, up to 65,536; 0: a recall of 0.98 is aimed at */
    uint32_t flags;
    uint32_t reserved;
} vz_vector_field;

#define VZ_FIELD_INDEX_KEYWORD 1u
#define VZ_FIELD_INDEX_INTEGER 2u
#define VZ_FIELD_INDEX_FLOAT 3u
#define VZ_FIELD_INDEX_BOOL 4u
#define VZ_FIELD_INDEX_DATETIME 5u
#define VZ_FIELD_INDEX_UUID 6u
#define VZ_FIELD_INDEX_GEO 7u
#define VZ_FIELD_INDEX_TEXT 8u

/* Growable element. An index over the payload values at a path. */
typedef struct vz_field_index {
    uint32_t struct_size;
    uint32_t kind; /* required */
    vz_str path;   /* required; 255 bytes at most */
    /* Of a text index, "english" or "en": words are stemmed, and its stop words left out where it has a list of them;
     * absent: words as they are. */
    vz_str language;
} vz_field_index;

/* Growable. */
typedef struct vz_schema {
    uint32_t struct_size;
    uint32_t flags;
    const vz_vector_field* vector_fields; /* required: 1 to 64 */
    const vz_field_index* field_indexes;  /* up to 64 */
    uint32_t vector_field_count;
    uint32_t field_index_count;
    vz_str metadata; /* JSON object, 64 KiB at most, kept unread for frontends; absent: {} */
    int64_t ttl_ms;  /* 0: points do not expire */
} vz_schema;

#define VZ_ALTER_ADD_VECTOR_FIELD 1u  /* vector_field */
#define VZ_ALTER_DROP_VECTOR_FIELD 2u /* vector_field: its name */
/* vector_field: sets index, degree, build_effort, search_effort, quantization and flags of the named one, all of them;
 * its kind, dim, metric and element are 0 or as they were. */
#define VZ_ALTER_TUNE_VECTOR_FIELD 3u
#define VZ_ALTER_ADD_FIELD_INDEX 4u  /* field_index */
#define VZ_ALTER_DROP_FIELD_INDEX 5u /* field_index: its kind and path */
#define VZ_ALTER_SET_METADATA 6u     /* metadata; absent: {} */
#define VZ_ALTER_SET_TTL 7u          /* ttl_ms */

/* Growable element. One change of a schema: the members that its kind names, no others. */
typedef struct vz_alter_change {
    uint32_t struct_size;
    uint32_t kind; /* required */
    const vz_vector_field* vector_field;
    const vz_field_index* field_index;
    vz_str metadata;
    int64_t ttl_ms;
} vz_alter_change;

/* Growable. All changes or none, as one edit. */
typedef struct vz_alter_request {
    uint32_t struct_size;
    uint32_t change_count;
    const vz_alter_change* changes;
} vz_alter_request;

#define VZ_IF_EMPTY 1u /* vz_change.flags of drop and alter: only while the collection has no points */

#define VZ_APPLIED 0u
#define VZ_REPLAYED 1u /* outcome: a repeated request id, nothing was done again */

/* Growable, in and out: what every change of collections, aliases, values and snapshots takes. */
typedef struct vz_change {
    uint32_t struct_size;
    uint32_t flags;     /* in */
    vz_uuid request_id; /* in; all zero: none */
    uint64_t lsn;       /* out */
    uint32_t outcome;   /* out: VZ_APPLIED, VZ_REPLAYED */
    uint32_t reserved;
} vz_change;

#define VZ_RENAME_KEEP_ALIAS 1u

/* Growable. */
typedef struct vz_rename_request {
    uint32_t struct_size;
    uint32_t flags;
    vz_str to; /* required */
} vz_rename_request;

/* Frozen. */
typedef struct vz_alias_change {
    vz_str alias;
    vz_str collection; /* absent: delete the alias */
} vz_alias_change;

/* Growable. All changes or none; setting an existing alias moves it. */
typedef struct vz_alias_request {
    uint32_t struct_size;
    uint32_t change_count;
    const vz_alias_change* changes;
} vz_alias_request;

/* ---- descriptions ---- */

#define VZ_STATE_READY 0u
#define VZ_STATE_READ_ONLY 1u /* poisoned, or opened so */
#define VZ_STATE_QUARANTINED 2u
#define VZ_STATE_DISK_FULL 3u /* of the engine: upserts and updates are refused for now; opened so, all writes are */

/* Growable, out. */
typedef struct vz_collection_stats {
    uint32_t struct_size;
    uint32_t state;
    uint64_t points; /* live; where more than 8,192 may expire, some are told for up to 2 s after they have */
    uint64_t deleted_rows;
    uint64_t growing_rows;
    uint64_t unindexed_rows; /* live rows that no graph covers, of fields that want one */
    uint64_t sealed_segments;
    uint64_t disk_bytes;
    uint64_t index_bytes;
    uint64_t payload_bytes;
    uint64_t mapped_bytes;
    uint64_t memory_bytes; /* growing segments, copied graphs, what filters found */
    uint64_t last_lsn;
    uint64_t checkpoint_lsn;
    int64_t updated_ms; /* time of the last write; information only */
} vz_collection_stats;

/* Growable element of VZ_RESULT_COLLECTIONS. */
typedef struct vz_collection_info {
    uint32_t struct_size;
    uint32_t alias_count;
    vz_str name;
    vz_uuid uuid;
    int64_t created_ms;
    uint64_t created_lsn;
    const vz_schema* schema;
    const vz_collection_stats* stats;
    const vz_str* aliases;
    vz_str damage; /* absent unless quarantined */
} vz_collection_info;

/* Growable element. One sealed file of a collection. */
typedef struct vz_segment_info {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    vz_str file;    /* inside the data directory */
    uint64_t rows;  /* dead ones included */
    uint64_t bytes;
    uint8_t hash[16];    /* XXH3-128 over the hashes of its sections: what the manifest knows it by */
    int64_t verified_ms; /* 0: not since the engine was opened */
} vz_segment_info;

/* Growable element of VZ_RESULT_PERSISTENCE: "is it on disk?" */
typedef struct vz_persistence {
    uint32_t struct_size;
    uint32_t persisted; /* 1: last_lsn <= durable_lsn, and each named file is there with its size and header */
    vz_str name;
    uint64_t last_lsn;
    uint64_t durable_lsn;
    uint64_t checkpoint_lsn;
    uint64_t points;
    uint64_t wal_points; /* live points that are only in the log so far */
    uint64_t wal_bytes;  /* of the records that a restart would replay */
    const vz_segment_info* segments;
    const vz_str* snapshots;
    const vz_str* problems;
    uint32_t segment_count;
    uint32_t snapshot_count;
    uint32_t problem_count;
    uint32_t state; /* VZ_STATE_... of the collection */
} vz_persistence;

/* Growable element, in and out (VZ_RESULT_VALUES). A small durable value of the whole database. */
typedef struct vz_value {
    uint32_t struct_size;
    uint32_t reserved;
    vz_str key;   /* 1 to 255 bytes of UTF-8 */
    vz_str value; /* 64 KiB at most; absent: delete */
    uint64_t lsn; /* of its last change; vz_value_put neither reads nor writes it */
} vz_value;

/* Growable. All values or none. */
typedef struct vz_value_request {
    uint32_t struct_size;
    uint32_t value_count;
    const vz_value* values;
} vz_value_request;

/* ---- points ---- */

/* Growable element. One field's vectors for a whole batch. */
typedef struct vz_vectors {
    uint32_t struct_size;
    uint32_t kind;
    vz_str name;
    vz_matrix matrix;        /* as many rows as the batch has points */
    const uint64_t* present; /* bit i: point i has one; NULL: all */
} vz_vectors;

#define VZ_UPSERT 1u /* replaces the whole point: fields not given are gone, an absent payload becomes {} */
#define VZ_UPDATE 2u /* changes what is given; the point must exist */
#define VZ_DELETE 3u /* of an absent id: no error under VZ_IF_ALWAYS */
#define VZ_CLEAR 4u  /* every point of the collection */

#define VZ_WRITE_PER_ITEM 1u /* items that are wrong are left out; without it they refuse the whole batch */

#define VZ_IF_ALWAYS 0u
#define VZ_IF_ABSENT 1u
#define VZ_IF_PRESENT 2u
/* Else VZ_CONFLICT, and `actual` of the error is its version: 0, which none is, if the same record has written it. */
#define VZ_IF_VERSION 3u

#define VZ_PAYLOAD_REPLACE 0u
#define VZ_PAYLOAD_PATCH 1u /* RFC 7396 merge patch */

/* Growable. One batch, the unit of every write: with all of its chain 1,000,000 points at most, and one record, which
 * has 32 MiB at most as logged. */
typedef struct vz_write_request {
    uint32_t struct_size;
    uint32_t kind;      /* required: VZ_UPSERT, VZ_UPDATE, VZ_DELETE, VZ_CLEAR */
    uint32_t flags;     /* VZ_WRITE_PER_ITEM */
    uint32_t condition; /* VZ_IF_ALWAYS, VZ_IF_ABSENT, VZ_IF_PRESENT, VZ_IF_VERSION */
    uint64_t count;     /* points in the batch */
    const vz_str* ids;  /* count ids of 1 to 256 bytes; NULL if `filter` selects the points */
    /* The default field's vectors, count rows: the whole story for most callers; rows 0: none. */
    vz_matrix vectors;
    const vz_vectors* fields; /* field_count vector fields by name; naming a field twice is refused */
    const vz_str* payloads;   /* count JSON objects of 1 MiB at most, each may be absent; NULL: all absent */
    const uint64_t* versions; /* count versions, for VZ_IF_VERSION only */
    /* Count times, 0: never. NULL: the collection's ttl_ms; of an update, a time that a write named stays. */
    const int64_t* expires_ms;
    /* VZ_UPDATE and VZ_DELETE: instead of ids; of an update, one payload and one time for all. */
    vz_str filter;
    uint32_t field_count;
    uint32_t payload_mode; /* VZ_PAYLOAD_REPLACE, or VZ_PAYLOAD_PATCH: RFC 7396 merge patch */
    vz_uuid request_id;    /* all zero: none. A repeated id answers the first outcome again, or VZ_BUSY before it */
    int64_t deadline_ns;   /* 0: none. Counts until the batch enters the log, not after */
    /* NULL, or more of the same record, after this; its flags, request_id, deadline_ns: 0 or as here. */
    const struct vz_write_request* next;
} vz_write_request;

/* Growable, out. */
typedef struct vz_write_answer {
    uint32_t struct_size;
    uint32_t outcome; /* VZ_APPLIED, VZ_REPLAYED */
    uint64_t lsn;     /* 0: nothing was applied */
    uint64_t applied;
    uint64_t created;        /* of the applied: points that did not exist before */
    uint64_t error_count;    /* per item: items that were left out; 0 of VZ_REPLAYED */
    uint64_t error_capacity; /* in: places in `errors` */
    /* In: NULL, or one place per item of the whole chain. Of a write per item that is VZ_REPLAYED and did not apply
     * all: VZ_OUTCOME_UNKNOWN in each, for which ones were left out is not kept. */
    vz_status* statuses;
    vz_error* errors; /* in: NULL, or room for the first error_capacity failures in item order */
} vz_write_answer;

#define VZ_PARTS_PAYLOAD 1u
#define VZ_PARTS_VECTORS 2u
#define VZ_PARTS_EXCLUDE 4u /* payload_paths are left out instead of kept */

/* Growable. What to return of each point besides id and version. */
typedef struct vz_parts {
    uint32_t struct_size;
    uint32_t flags;
    const vz_str* payload_paths; /* top-level keys, of VZ_PARTS_PAYLOAD; none: the whole payload */
    const vz_str* vector_fields; /* of VZ_PARTS_VECTORS; none: all */
    uint32_t payload_path_count;
    uint32_t vector_field_count;
} vz_parts;

/* Growable. */
typedef struct vz_get_request {
    uint32_t struct_size;
    uint32_t flags;
    uint64_t count; /* 65,536 at most */
    const vz_str* ids;
    const vz_parts* parts; /* NULL: ids and versions only */
    int64_t deadline_ns;
} vz_get_request;

#define VZ_COUNT_ESTIMATE 1u /* an estimate will do; this release counts exactly all the same */

/* Growable; NULL: all points. */
typedef struct vz_count_request {
    uint32_t struct_size;
    uint32_t flags;
    vz_str filter; /* absent: all points */
    int64_t deadline_ns;
} vz_count_request;

/* Growable. A page of points in id order: integers by value, then UUIDs, then texts by bytes. */
typedef struct vz_scan_request {
    uint32_t struct_size;
    uint32_t flags;
    vz_str filter;
    vz_str cursor;   /* of the page before; excludes start_id and skip */
    vz_str start_id; /* first id that may come */
    uint64_t skip;   /* 1,000,000 at most */
    const vz_parts* parts;
    int64_t deadline_ns;
    uint32_t limit; /* required: 1 to 65,536 */
    uint32_t order; /* 0: by id */
} vz_scan_request;

#define VZ_SEARCH_EXACT 1u
#define VZ_SEARCH_SCORE_LIMIT 2u
#define VZ_SEARCH_EXPLAIN 4u

#define VZ_FUSION_RRF 1u /* sum of 1 / (60 + rank) */
/* alpha * dense + (1 - alpha) * text, each scaled by its least and greatest to 0..1. A distance d counts as
 * 1 / (1 + d). */
#define VZ_FUSION_WEIGHTED 2u

/* Growable. Text ranking beside, or instead of, the vector ranking. Instead: `queries` has as many rows as there are
 * texts and no data, and scores are those of BM25. Beside: both rankings are made, and fused into one whose scores come
 * from `fusion`. Greater is better. */
typedef struct vz_text_query {
    uint32_t struct_size;
    uint32_t fusion;     /* required if there are also vectors */
    vz_str path;         /* payload path of a text index; absent: of the only one */
    const vz_str* texts; /* one per query; each with a word that counts */
    float alpha;         /* of VZ_FUSION_WEIGHTED: 0 to 1, the share of the vector ranking; else 0 */
    uint32_t dense_k;    /* hits of the vector ranking that are fused; 0: the greater of k + skip and 20 */
    uint32_t text_k;     /* likewise of the text ranking */
    uint32_t reserved;
} vz_text_query;

/* Growable. Many queries over one vector field with one filter. */
typedef struct vz_search_request {
    uint32_t struct_size;
    uint32_t flags;        /* VZ_SEARCH_EXACT, VZ_SEARCH_SCORE_LIMIT, VZ_SEARCH_EXPLAIN */
    vz_matrix queries;     /* one row per query */
    vz_str field;          /* vector field; absent: the default one */
    vz_str filter;         /* JSON; absent: all points */
    const vz_parts* parts; /* what to return besides ids, versions and scores; NULL: nothing */
    int64_t deadline_ns;   /* 0: none */
    uint32_t k;            /* required: hits per query, 1 to 65,536; of all queries together at most 16,777,216 */
    uint32_t skip;         /* best hits to leave out */
    uint32_t effort;       /* beam width; 0: by recall_target, else the field's search_effort, else a recall of 0.98 */
    uint32_t rerank;       /* candidates scored again with full vectors, up to 262,144; 0: default. Not if exact */
    float recall_target;   /* 0: none; else 0.5 to below 1, and `effort` must be 0 */
    /* Least similarity or greatest distance, with `text` the least score; with VZ_SEARCH_SCORE_LIMIT. */
    float score_limit;
    const vz_text_query* text; /* NULL: none */
} vz_search_request;

#define VZ_ID_TEXT 0u
#define VZ_ID_U64 1u
#define VZ_ID_UUID 2u

/* Growable element. One field's vectors of a row set. */
typedef struct vz_vector_column {
    uint32_t struct_size;
    uint32_t kind;
    vz_str name;
    uint32_t dim;
    vz_element element;
    const void* const* rows; /* a pointer per row; NULL where the point has no such vector */
} vz_vector_column;

#define VZ_PLAN_EXACT 1u        /* every row that passes, by its full vector */
#define VZ_PLAN_FILTER_FIRST 2u /* every row that passes, by its codes, the best then by their full vectors */
#define VZ_PLAN_GRAPH 3u        /* a walk over all rows; those that fail the filter are not answered */
#define VZ_PLAN_EXPAND 4u       /* a walk over the rows that pass */
#define VZ_PLAN_MIXED 5u

/* Growable, out. Columns of a row set; a column not asked for is NULL. */
typedef struct vz_rows {
    uint32_t struct_size;
    uint32_t vector_count; /* columns in `vectors` */
    uint64_t count;        /* rows */
    const vz_str* ids;
    const uint8_t* id_kinds;
    const uint64_t* versions;  /* of get: 0 where there is no such point */
    const int64_t* expires_ms; /* 0: never */
    const float* scores;       /* of search */
    const vz_str* payloads;
    const vz_vector_column* vectors;
    vz_str cursor;   /* of scan; absent: it was the last page */
    uint32_t plan;   /* of a search by vectors: VZ_PLAN_MIXED where segments were searched in different ways; else 0 */
    uint32_t effort; /* likewise: the largest; 0: no graph was walked */
} vz_rows;

/* Growable, out. What a search did, all segments and queries together. Times are of the threads that worked; they may
 * add up to more than total_ns. */
typedef struct vz_profile {
    uint32_t struct_size;
    uint32_t plan;   /* as in vz_rows */
    uint32_t effort; /* likewise */
    uint32_t segments;
    uint64_t visited;       /* rows that walks went on from, or that scans met */
    uint64_t scored;        /* rows whose key or score was computed */
    uint64_t reranked;      /* of these by the full vector, behind a walk or a scan of codes */
    uint64_t filter_passed; /* rows, as far as they were counted */
    uint64_t queue_ns;      /* of vz_submit, from there until a worker began; 0: vz_search, which never waits */
    uint64_t filter_ns;     /* finding what passes */
    uint64_t graph_ns;      /* walks and scans of codes, without rerank_ns */
    uint64_t exact_ns;      /* scans of full vectors */
    uint64_t rerank_ns;
    uint64_t total_ns; /* from the call to the answer, or from its beginning on a worker: without queue_ns */
    vz_str explain;    /* JSON for people; grows freely */
} vz_profile;

/* ---- operating ---- */

#define VZ_VERIFY_DEEP 1u

/* Growable; NULL: no flags, no deadline. */
typedef struct vz_verify_request {
    uint32_t struct_size;
    uint32_t flags;
    int64_t deadline_ns;
} vz_verify_request;

#define VZ_DIRECTORY_CHECK 1u
#define VZ_DIRECTORY_INSPECT 2u
#define VZ_DIRECTORY_SALVAGE 3u /* VZ_UNSUPPORTED in this release */
#define VZ_DIRECTORY_REPAIR 4u

#define VZ_DIRECTORY_DEEP 1u        /* of check */
#define VZ_DIRECTORY_ACCEPT_LOSS 2u /* of repair: required */

/* Growable. */
typedef struct vz_directory_request {
    uint32_t struct_size;
    uint32_t kind; /* required */
    uint32_t flags;
    uint32_t reserved;
    vz_str target; /* of salvage: the new directory; of inspect: the file */
} vz_directory_request;

/* Growable element of VZ_RESULT_FINDINGS. status VZ_OK: a note. */
typedef struct vz_finding {
    uint32_t struct_size;
    vz_status status;
    vz_str collection;
    vz_str file;
    uint64_t offset;
    vz_str message;
} vz_finding;

/* Growable. */
typedef struct vz_snapshot_request {
    uint32_t struct_size;
    uint32_t collection_count;
    vz_str name;               /* required */
    const vz_str* collections; /* none: all */
} vz_snapshot_request;

/* Growable element of VZ_RESULT_SNAPSHOTS. */
typedef struct vz_snapshot_info {
    uint32_t struct_size;
    uint32_t collection_count;
    vz_str name;
    const vz_str* collections;
    uint64_t bytes;
    uint64_t lsn;
    int64_t created_ms;
} vz_snapshot_info;

/* Takes the next bytes of a stream; any status but VZ_OK ends it. */
typedef vz_status (*vz_write_fn)(void* user, const void* bytes, uint64_t size) VZ_NOEXCEPT;

/* Growable. */
typedef struct vz_archive_request {
    uint32_t struct_size;
    uint32_t collection_count;
    const vz_str* collections; /* none: all */
    vz_str snapshot;           /* absent: now */
    vz_str path;               /* or `write`. VZ_ALREADY_EXISTS: a file is there */
    vz_write_fn write;
    void* user;
} vz_archive_request;

#define VZ_RESTORE_REPLACE 1u /* a collection of that name is dropped by the same edit */

/* Growable. */
typedef struct vz_restore_request {
    uint32_t struct_size;
    uint32_t flags;
    vz_str snapshot; /* or archive */
    vz_str archive;
    vz_str from; /* absent: all, under their own names */
    /* the name from then on of `from`, or without `from` of the only collection there is: where there are more,
     * VZ_INVALID_ARGUMENT. Absent: its own */
    vz_str to;
} vz_restore_request;

#define VZ_LOG_ERROR 1u
#define VZ_LOG_WARN 2u
#define VZ_LOG_INFO 3u
#define VZ_LOG_DEBUG 4u
#define VZ_LOG_TRACE 5u

/* Growable, in callbacks: valid during the call. */
typedef struct vz_log_record {
    uint32_t struct_size;
    uint32_t level;
    vz_str event;   /* stable, for code: "wal.sealed" */
    vz_str message; /* for people */
    const vz_kv* fields;
    uint64_t field_count;
} vz_log_record;

/* Must not call the engine. Called on any thread, a caller's or one of the engine's, also before vz_engine_open and
 * until vz_engine_close has returned; calls may overlap. Of its events "abi.misuse" tells of a rule broken on this
 * stack, by a call that names no engine to each that is open, "engine.closing" of a vz_engine_close that begins on it,
 * "results.held" in its field "code" the address of the code that made them, "completion.hangs" likewise of a `done`
 * that does not return. */
typedef void (*vz_log_fn)(void* user, const vz_log_record* record) VZ_NOEXCEPT;

#define VZ_SAMPLE_COUNTER 1u
#define VZ_SAMPLE_GAUGE 2u
#define VZ_SAMPLE_HISTOGRAM 3u

/* Frozen. Observations less than or equal to upper_bound, cumulative. */
typedef struct vz_bucket {
    double upper_bound;
    uint64_t count;
} vz_bucket;

/* Growable, in callbacks: valid during the call. */
typedef struct vz_sample {
    uint32_t struct_size;
    uint32_t kind;
    vz_str name;
    vz_str help;
    const vz_kv* labels;
    uint64_t label_count;
    const vz_bucket* buckets; /* of histograms */
    uint64_t bucket_count;
    double value;   /* counter, gauge; of histograms the sum of observations */
    uint64_t count; /* of histograms: observations */
} vz_sample;

/* Must not call the engine. Called on the thread of vz_engine_samples, before that returns. */
typedef void (*vz_sample_fn)(void* user, const vz_sample* sample) VZ_NOEXCEPT;

#define VZ_OPEN_READ_ONLY 1u  /* writes are VZ_READ_ONLY; a directory without a database is VZ_NOT_FOUND */
#define VZ_OPEN_MUST_EXIST 2u /* VZ_NOT_FOUND instead of a new database */

/* Growable. Read until vz_engine_open returns, its settings too; log_user lives until vz_engine_close has returned.
 * What is out of range is VZ_INVALID_ARGUMENT with VZ_REASON_RANGE.
 *
 * settings: by name, each once, as decimal texts; no others exist.
 *   verify                background (the default; up to 16 MiB before anything is answered), open or never: when
 *                         sealed files are read whole
 *   scrub_mb_per_s        1 to 1,000,000 MiB, 64: how fast in the background
 *   settle_after_ms       1 to 86,400,000, 10,000: without a write, before a collection is sealed into one segment
 *   disk_reserve_mb       0 to 1,000,000 MiB: with less free, upserts are refused; 0: by the size of the disk
 *   wal_file_bytes        64 KiB to 1 GiB, 64 MiB: of each file of the log
 *   wal_file_first_bytes  likewise, 8 MiB: of the one made at open */
typedef struct vz_engine_options {
    uint32_t struct_size;
    uint32_t flags;
    uint32_t workers;   /* up to 256; 0: one per core that the machine and its control groups give this process */
    uint32_t log_level; /* 0: VZ_LOG_INFO */
    uint64_t memory_bytes_max; /* 64 MiB or more; 0: that of cgroup or machine */
    uint64_t wal_bytes_max;    /* two wal_file_bytes or more, on a small disk a quarter of it is used; 0: 1 GiB */
    uint64_t queue_bytes_max;  /* of writes that wait for the log: 4 KiB or more; 0: 64 MiB */
    const vz_kv* settings;
    uint64_t setting_count;
    vz_log_fn log; /* NULL: silent */
    void* log_user;
} vz_engine_options;

/* Growable, out. */
typedef struct vz_engine_stats {
    uint32_t struct_size;
    uint32_t state;
    uint64_t last_lsn;
    uint64_t durable_lsn;
    uint64_t collections;
    uint64_t quarantined;
    uint64_t points;
    uint64_t memory_bytes; /* growing segments, copied graphs, what filters found */
    uint64_t mapped_bytes;
    uint64_t wal_bytes; /* of the records that a restart would replay */
    uint64_t disk_free_bytes;
    uint64_t queued_ops;
    uint64_t results_held;
    uint64_t open_ns; /* how long vz_engine_open took */
} vz_engine_stats;

/* ---- asynchronous operations ---- */

/* kind: what it does         request                 answer                       */
#define VZ_OP_COLLECTION_CREATE 1u /* const vz_schema*            vz_change* or NULL */
#define VZ_OP_COLLECTION_DROP 2u   /* NULL                        vz_change* or NULL */
#define VZ_OP_COLLECTION_RENAME 3u /* const vz_rename_request*    vz_change* or NULL */
#define VZ_OP_COLLECTION_ALTER 4u  /* const vz_alter_request*     vz_change* or NULL */
#define VZ_OP_ALIAS_APPLY 5u       /* const vz_alias_request*     vz_change* or NULL */
#define VZ_OP_PERSISTENCE_READ 6u  /* NULL                        vz_result** */
#define VZ_OP_VALUE_PUT 7u         /* const vz_value_request*     vz_change* or NULL */
#define VZ_OP_WRITE 8u             /* const vz_write_request*     vz_write_answer* or NULL */
#define VZ_OP_SEARCH 9u            /* const vz_search_request*    vz_result** */
#define VZ_OP_GET 10u              /* const vz_get_request*       vz_result** */
#define VZ_OP_SCAN 11u             /* const vz_scan_request*      vz_result** */
#define VZ_OP_COUNT 12u            /* const vz_count_request*     uint64_t* */
#define VZ_OP_CHECKPOINT 13u       /* NULL                        uint64_t* or NULL */
#define VZ_OP_VERIFY 14u           /* const vz_verify_request*    vz_result** */
#define VZ_OP_SNAPSHOT_CREATE 15u  /* const vz_snapshot_request*  vz_result** */
#define VZ_OP_SNAPSHOT_DROP 16u    /* NULL; collection: its name  vz_change* or NULL */
#define VZ_OP_ARCHIVE_EXPORT 17u   /* const vz_archive_request*   NULL */
#define VZ_OP_RESTORE 18u          /* const vz_restore_request*   vz_change* or NULL */

/* Growable. One operation in flight: from vz_submit until `done` is entered it is the engine's, and so are collection,
 * request, answer, error and all they point at: the caller neither frees nor changes them. Unless it ends as VZ_OK its
 * answer is not to be read. */
typedef struct vz_op vz_op;
typedef void (*vz_done_fn)(vz_op* op) VZ_NOEXCEPT;
struct vz_op {
    uint32_t struct_size;
    uint32_t kind;     /* required: VZ_OP_WRITE, VZ_OP_SEARCH, ... decides what request and answer point at */
    vz_str collection; /* name or alias; absent where the function takes none, or means all */
    const void* request;
    void* answer;
    vz_done_fn done; /* required: called once, on an engine thread; must not wait */
    void* user;
    vz_error* error; /* or NULL */
    vz_status status;
    uint32_t flags;
    uint64_t opaque[8]; /* the engine's; zero before the first submit */
};

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
