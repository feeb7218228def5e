/* The engine API: what libvectorizer.so.1 exports. 39 functions, C ABI 1.0.
 *
 * Handles: vz_engine, vz_result. Collections have none: calls name them, by name or alias, and resolve the name each
 * time.
 *
 * Errors: functions return vz_status; `error` may be NULL and is written on failure only. `*out` and other places of
 * answers are written on success only. VZ_OK of a change means: durable. `change` may be NULL.
 *
 * Thread tags: [any] any thread at any time; [block] may wait for disk or other work; [done] also allowed inside a
 * completion; [excl] no other call on that handle meanwhile. A function without [done] answers VZ_MISUSE inside a
 * completion.
 */
#ifndef VECTORIZER_ENGINE_H
#define VECTORIZER_ENGINE_H

#include "vectorizer/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vz_engine vz_engine;
typedef struct vz_result vz_result;

/* [any done] major << 16 | minor of the loaded library. */
uint32_t vz_abi_version(void) VZ_NOEXCEPT;
/* [any done] Version, compiler and kernels, one line; static. */
const char* vz_build_info(void) VZ_NOEXCEPT;
/* [any done] "VZ_OK", "VZ_NOT_FOUND", ...; static; "VZ_UNKNOWN" for numbers that are none. */
const char* vz_status_name(vz_status status) VZ_NOEXCEPT;

/* [any block] Locks and recovers a data directory; returns when all that was acknowledged is readable. options may be
 * NULL. VZ_BUSY with VZ_REASON_IN_USE: open elsewhere. VZ_CORRUPTION: the shared logs are damaged, message says where.
 */
vz_status vz_engine_open(vz_str directory, const vz_engine_options* options, vz_engine** out,
                         vz_error* error) VZ_NOEXCEPT;
/* [excl block] Waits until all operations are completed, those that are queued, too: none is cancelled but by
 * vz_cancel; what is submitted meanwhile is VZ_MISUSE. Then VZ_BUSY while results are held, VZ_MISUSE: it stays open.
 * Any other answer: it is gone. NULL is fine. */
vz_status vz_engine_close(vz_engine* engine, vz_error* error) VZ_NOEXCEPT;
/* [any done] State and counters, without waiting. */
vz_status vz_engine_stats_read(vz_engine* engine, vz_engine_stats* out, vz_error* error) VZ_NOEXCEPT;
/* [any] Calls visit with each counter, gauge and histogram. */
vz_status vz_engine_samples(vz_engine* engine, vz_sample_fn visit, void* user, vz_error* error) VZ_NOEXCEPT;
/* [any block] The offline tools; no engine is open on the directory. Findings: VZ_RESULT_FINDINGS. */
vz_status vz_directory_run(vz_str directory, const vz_directory_request* request, vz_result** out,
                           vz_error* error) VZ_NOEXCEPT;

/* [any block] One manifest frame, one sync, no file. VZ_ALREADY_EXISTS: name or alias taken. */
vz_status vz_collection_create(vz_engine* engine, vz_str collection, const vz_schema* schema, vz_change* change,
                               vz_error* error) VZ_NOEXCEPT;
/* [any block] By name, an alias is refused; its aliases go with it; results already handed out stay readable. */
vz_status vz_collection_drop(vz_engine* engine, vz_str collection, vz_change* change, vz_error* error) VZ_NOEXCEPT;
/* [any block] One edit. */
vz_status vz_collection_rename(vz_engine* engine, vz_str collection, const vz_rename_request* request,
                               vz_change* change, vz_error* error) VZ_NOEXCEPT;
/* [any block] All changes as one edit, durable on return; rebuilding follows in the background. */
vz_status vz_collection_alter(vz_engine* engine, vz_str collection, const vz_alter_request* request, vz_change* change,
                              vz_error* error) VZ_NOEXCEPT;
/* [any block] All changes or none. Names and aliases are one name space. */
vz_status vz_alias_apply(vz_engine* engine, const vz_alias_request* request, vz_change* change,
                         vz_error* error) VZ_NOEXCEPT;
/* [any] VZ_RESULT_COLLECTIONS with one item. */
vz_status vz_collection_describe(vz_engine* engine, vz_str collection, vz_result** out, vz_error* error) VZ_NOEXCEPT;
/* [any] VZ_RESULT_COLLECTIONS sorted by name, quarantined ones too. */
vz_status vz_collection_list(vz_engine* engine, vz_result** out, vz_error* error) VZ_NOEXCEPT;
/* [any done] For pollers: nothing to release. */
vz_status vz_collection_stats_read(vz_engine* engine, vz_str collection, vz_collection_stats* out,
                                   vz_error* error) VZ_NOEXCEPT;
/* [any block] VZ_RESULT_PERSISTENCE; looks at files and sizes. collection absent: all. */
vz_status vz_persistence_read(vz_engine* engine, vz_str collection, vz_result** out, vz_error* error) VZ_NOEXCEPT;
/* [any block] counts[i]: live points whose component i of `field` is not zero; dim numbers, after a failure not to be
 * read. The field needs VZ_FIELD_COUNT_NONZERO. */
vz_status vz_component_counts(vz_engine* engine, vz_str collection, vz_str field, uint64_t* counts, uint32_t dim,
                              vz_error* error) VZ_NOEXCEPT;
/* [any block] Small durable values of the whole database, all of one call or none. */
vz_status vz_value_put(vz_engine* engine, const vz_value_request* request, vz_change* change,
                       vz_error* error) VZ_NOEXCEPT;
/* [any] VZ_RESULT_VALUES whose key begins with prefix, sorted by key. */
vz_status vz_value_list(vz_engine* engine, vz_str prefix, vz_result** out, vz_error* error) VZ_NOEXCEPT;

/* [any block] One batch, one record, one LSN. answer may be NULL. Atomic unless VZ_WRITE_PER_ITEM. */
vz_status vz_write(vz_engine* engine, vz_str collection, const vz_write_request* request, vz_write_answer* answer,
                   vz_error* error) VZ_NOEXCEPT;
/* [any block] One row set per query, best first, ties by id. */
vz_status vz_search(vz_engine* engine, vz_str collection, const vz_search_request* request, vz_result** out,
                    vz_error* error) VZ_NOEXCEPT;
/* [any block] One row per id asked for, in that order; version 0: no such point. */
vz_status vz_get(vz_engine* engine, vz_str collection, const vz_get_request* request, vz_result** out,
                 vz_error* error) VZ_NOEXCEPT;
/* [any block] The page after `cursor` or from `start_id`; a point present during the whole scan is seen exactly once.
 */
vz_status vz_scan(vz_engine* engine, vz_str collection, const vz_scan_request* request, vz_result** out,
                  vz_error* error) VZ_NOEXCEPT;
/* [any block] Points that pass the filter. request may be NULL. */
vz_status vz_count(vz_engine* engine, vz_str collection, const vz_count_request* request, uint64_t* count,
                   vz_error* error) VZ_NOEXCEPT;

#define VZ_RESULT_COLLECTIONS 1u /* vz_collection_info */
#define VZ_RESULT_PERSISTENCE 2u /* vz_persistence */
#define VZ_RESULT_VALUES 3u      /* vz_value */
#define VZ_RESULT_SNAPSHOTS 4u   /* vz_snapshot_info */
#define VZ_RESULT_FINDINGS 5u    /* vz_finding */

/* [any done] Rows of one query; query 0 for get and scan. The columns live until vz_result_release. */
vz_status vz_result_rows(const vz_result* result, uint64_t query, vz_rows* out, vz_error* error) VZ_NOEXCEPT;
/* [any done] Only of searches with VZ_SEARCH_EXPLAIN, else VZ_INVALID_ARGUMENT. */
vz_status vz_result_profile(const vz_result* result, uint64_t query, vz_profile* out, vz_error* error) VZ_NOEXCEPT;
/* [any done] First growable element of that kind, or NULL. */
const void* vz_result_items(const vz_result* result, uint32_t kind, uint64_t* count) VZ_NOEXCEPT;
/* [any done] VZ_CORRUPTION if a map under the result has failed since it was made: what was copied out is not to be
 * used. Call it after the last byte was copied out and before the answer leaves. */
vz_status vz_result_check(const vz_result* result, vz_error* error) VZ_NOEXCEPT;
/* [excl done] Ends every pointer read from it. NULL is fine. Hold results for milliseconds: they pin files. */
void vz_result_release(vz_result* result) VZ_NOEXCEPT;

/* [any block] Seals growing segments; *lsn (may be NULL): everything up to it is in sealed files. collection absent:
 * all. Durability never needs it. */
vz_status vz_checkpoint(vz_engine* engine, vz_str collection, uint64_t* lsn, vz_error* error) VZ_NOEXCEPT;
/* [any block] Reads the files past the page cache; damage is in the findings, not in the status. collection absent:
 * all. request may be NULL. */
vz_status vz_verify(vz_engine* engine, vz_str collection, const vz_verify_request* request, vz_result** out,
                    vz_error* error) VZ_NOEXCEPT;
/* [any block] Pins the files of one LSN, copies nothing. Of all, VZ_BUSY where collections are dropped faster than it
 * is made. */
vz_status vz_snapshot_create(vz_engine* engine, const vz_snapshot_request* request, vz_result** out,
                             vz_error* error) VZ_NOEXCEPT;
/* [any block] VZ_RESULT_SNAPSHOTS. */
vz_status vz_snapshot_list(vz_engine* engine, vz_result** out, vz_error* error) VZ_NOEXCEPT;
/* [any block] Files that nothing else needs go with it. VZ_NOT_FOUND with VZ_REASON_SNAPSHOT. */
vz_status vz_snapshot_drop(vz_engine* engine, vz_str name, vz_change* change, vz_error* error) VZ_NOEXCEPT;
/* [any block] One file front to back, to a path or into `write`. Of an engine that is read only without a change to its
 * directory: growing rows are sealed in memory. */
vz_status vz_archive_export(vz_engine* engine, const vz_archive_request* request, vz_error* error) VZ_NOEXCEPT;
/* [any block] From a snapshot or an archive, checked whole first; one edit, also over an existing name. VZ_CORRUPTION
 * with VZ_REASON_SNAPSHOT: the snapshot is damaged, nothing was changed. */
vz_status vz_restore(vz_engine* engine, const vz_restore_request* request, vz_change* change,
                     vz_error* error) VZ_NOEXCEPT;

/* [any done] Takes all ops or none; VZ_BUSY when the queue is full. Each op taken ends in exactly one call of its
 * `done`, on an engine thread, never inside vz_submit. Writes of one collection enter the log in submission order;
 * those of several may overtake each other. */
vz_status vz_submit(vz_engine* engine, vz_op* const* ops, uint32_t count) VZ_NOEXCEPT;
/* [any done] VZ_OK: it will end as VZ_CANCELLED: searches, get, scan and count soon, also while they run, all else if
 * it has not begun. VZ_BUSY: too late, it ends as usual. The op must neither be freed nor submitted again meanwhile. */
vz_status vz_cancel(vz_engine* engine, vz_op* op) VZ_NOEXCEPT;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
