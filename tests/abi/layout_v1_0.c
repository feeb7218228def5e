/* The layout of C ABI 1.0, as released: never edited. What a later minor adds gets a file of its own.
 * Every member keeps its offset, a frozen struct its size, a growable one may only grow, an enumerator its value. */
#include <stdio.h>

#include "vectorizer/frontend.h"

#define MEMBER(T, member, offset) _Static_assert(offsetof(T, member) == (offset), #T "." #member " has moved")
#define FROZEN(T, size) _Static_assert(sizeof(T) == (size), #T " is frozen")
#define GROWABLE(T, size)                                     \
    _Static_assert(sizeof(T) >= (size), #T " has shrunk"); \
    _Static_assert(offsetof(T, struct_size) == 0 && sizeof(((T*)0)->struct_size) == 4, #T " begins with struct_size")
#define VALUE(name, value) _Static_assert((name) == (value), #name " has another value")


FROZEN(vz_str, 16);
MEMBER(vz_str, data, 0);
MEMBER(vz_str, size, 8);

FROZEN(vz_uuid, 16);
MEMBER(vz_uuid, bytes, 0);

FROZEN(vz_kv, 32);
MEMBER(vz_kv, key, 0);
MEMBER(vz_kv, value, 16);

FROZEN(vz_matrix, 32);
MEMBER(vz_matrix, data, 0);
MEMBER(vz_matrix, rows, 8);
MEMBER(vz_matrix, stride_bytes, 16);
MEMBER(vz_matrix, dim, 24);
MEMBER(vz_matrix, element, 28);

FROZEN(vz_error, 512);
MEMBER(vz_error, status, 0);
MEMBER(vz_error, reason, 4);
MEMBER(vz_error, item, 8);
MEMBER(vz_error, expected, 16);
MEMBER(vz_error, actual, 24);
MEMBER(vz_error, field, 32);
MEMBER(vz_error, message, 128);

GROWABLE(vz_vector_field, 64);
MEMBER(vz_vector_field, struct_size, 0);
MEMBER(vz_vector_field, kind, 4);
MEMBER(vz_vector_field, name, 8);
MEMBER(vz_vector_field, dim, 24);
MEMBER(vz_vector_field, metric, 28);
MEMBER(vz_vector_field, element, 32);
MEMBER(vz_vector_field, quantization, 36);
MEMBER(vz_vector_field, index, 40);
MEMBER(vz_vector_field, degree, 44);
MEMBER(vz_vector_field, build_effort, 48);
MEMBER(vz_vector_field, search_effort, 52);
MEMBER(vz_vector_field, flags, 56);
MEMBER(vz_vector_field, reserved, 60);

GROWABLE(vz_field_index, 24);
MEMBER(vz_field_index, struct_size, 0);
MEMBER(vz_field_index, kind, 4);
MEMBER(vz_field_index, path, 8);

GROWABLE(vz_schema, 56);
MEMBER(vz_schema, struct_size, 0);
MEMBER(vz_schema, flags, 4);
MEMBER(vz_schema, vector_fields, 8);
MEMBER(vz_schema, field_indexes, 16);
MEMBER(vz_schema, vector_field_count, 24);
MEMBER(vz_schema, field_index_count, 28);
MEMBER(vz_schema, metadata, 32);
MEMBER(vz_schema, ttl_ms, 48);

GROWABLE(vz_alter_change, 48);
MEMBER(vz_alter_change, struct_size, 0);
MEMBER(vz_alter_change, kind, 4);
MEMBER(vz_alter_change, vector_field, 8);
MEMBER(vz_alter_change, field_index, 16);
MEMBER(vz_alter_change, metadata, 24);
MEMBER(vz_alter_change, ttl_ms, 40);

GROWABLE(vz_alter_request, 16);
MEMBER(vz_alter_request, struct_size, 0);
MEMBER(vz_alter_request, change_count, 4);
MEMBER(vz_alter_request, changes, 8);

GROWABLE(vz_change, 40);
MEMBER(vz_change, struct_size, 0);
MEMBER(vz_change, flags, 4);
MEMBER(vz_change, request_id, 8);
MEMBER(vz_change, lsn, 24);
MEMBER(vz_change, outcome, 32);
MEMBER(vz_change, reserved, 36);

GROWABLE(vz_rename_request, 24);
MEMBER(vz_rename_request, struct_size, 0);
MEMBER(vz_rename_request, flags, 4);
MEMBER(vz_rename_request, to, 8);

FROZEN(vz_alias_change, 32);
MEMBER(vz_alias_change, alias, 0);
MEMBER(vz_alias_change, collection, 16);

GROWABLE(vz_alias_request, 16);
MEMBER(vz_alias_request, struct_size, 0);
MEMBER(vz_alias_request, change_count, 4);
MEMBER(vz_alias_request, changes, 8);

GROWABLE(vz_collection_stats, 112);
MEMBER(vz_collection_stats, struct_size, 0);
MEMBER(vz_collection_stats, state, 4);
MEMBER(vz_collection_stats, points, 8);
MEMBER(vz_collection_stats, deleted_rows, 16);
MEMBER(vz_collection_stats, growing_rows, 24);
MEMBER(vz_collection_stats, unindexed_rows, 32);
MEMBER(vz_collection_stats, sealed_segments, 40);
MEMBER(vz_collection_stats, disk_bytes, 48);
MEMBER(vz_collection_stats, index_bytes, 56);
MEMBER(vz_collection_stats, payload_bytes, 64);
MEMBER(vz_collection_stats, mapped_bytes, 72);
MEMBER(vz_collection_stats, memory_bytes, 80);
MEMBER(vz_collection_stats, last_lsn, 88);
MEMBER(vz_collection_stats, checkpoint_lsn, 96);
MEMBER(vz_collection_stats, updated_ms, 104);

GROWABLE(vz_collection_info, 96);
MEMBER(vz_collection_info, struct_size, 0);
MEMBER(vz_collection_info, alias_count, 4);
MEMBER(vz_collection_info, name, 8);
MEMBER(vz_collection_info, uuid, 24);
MEMBER(vz_collection_info, created_ms, 40);
MEMBER(vz_collection_info, created_lsn, 48);
MEMBER(vz_collection_info, schema, 56);
MEMBER(vz_collection_info, stats, 64);
MEMBER(vz_collection_info, aliases, 72);
MEMBER(vz_collection_info, damage, 80);

GROWABLE(vz_segment_info, 64);
MEMBER(vz_segment_info, struct_size, 0);
MEMBER(vz_segment_info, flags, 4);
MEMBER(vz_segment_info, file, 8);
MEMBER(vz_segment_info, rows, 24);
MEMBER(vz_segment_info, bytes, 32);
MEMBER(vz_segment_info, hash, 40);
MEMBER(vz_segment_info, verified_ms, 56);

GROWABLE(vz_persistence, 112);
MEMBER(vz_persistence, struct_size, 0);
MEMBER(vz_persistence, persisted, 4);
MEMBER(vz_persistence, name, 8);
MEMBER(vz_persistence, last_lsn, 24);
MEMBER(vz_persistence, durable_lsn, 32);
MEMBER(vz_persistence, checkpoint_lsn, 40);
MEMBER(vz_persistence, points, 48);
MEMBER(vz_persistence, wal_points, 56);
MEMBER(vz_persistence, wal_bytes, 64);
MEMBER(vz_persistence, segments, 72);
MEMBER(vz_persistence, snapshots, 80);
MEMBER(vz_persistence, problems, 88);
MEMBER(vz_persistence, segment_count, 96);
MEMBER(vz_persistence, snapshot_count, 100);
MEMBER(vz_persistence, problem_count, 104);
MEMBER(vz_persistence, state, 108);

GROWABLE(vz_value, 48);
MEMBER(vz_value, struct_size, 0);
MEMBER(vz_value, reserved, 4);
MEMBER(vz_value, key, 8);
MEMBER(vz_value, value, 24);
MEMBER(vz_value, lsn, 40);

GROWABLE(vz_value_request, 16);
MEMBER(vz_value_request, struct_size, 0);
MEMBER(vz_value_request, value_count, 4);
MEMBER(vz_value_request, values, 8);

GROWABLE(vz_vectors, 64);
MEMBER(vz_vectors, struct_size, 0);
MEMBER(vz_vectors, kind, 4);
MEMBER(vz_vectors, name, 8);
MEMBER(vz_vectors, matrix, 24);
MEMBER(vz_vectors, present, 56);

GROWABLE(vz_write_request, 152);
MEMBER(vz_write_request, struct_size, 0);
MEMBER(vz_write_request, kind, 4);
MEMBER(vz_write_request, flags, 8);
MEMBER(vz_write_request, condition, 12);
MEMBER(vz_write_request, count, 16);
MEMBER(vz_write_request, ids, 24);
MEMBER(vz_write_request, vectors, 32);
MEMBER(vz_write_request, fields, 64);
MEMBER(vz_write_request, payloads, 72);
MEMBER(vz_write_request, versions, 80);
MEMBER(vz_write_request, expires_ms, 88);
MEMBER(vz_write_request, filter, 96);
MEMBER(vz_write_request, field_count, 112);
MEMBER(vz_write_request, payload_mode, 116);
MEMBER(vz_write_request, request_id, 120);
MEMBER(vz_write_request, deadline_ns, 136);
MEMBER(vz_write_request, next, 144);

GROWABLE(vz_write_answer, 64);
MEMBER(vz_write_answer, struct_size, 0);
MEMBER(vz_write_answer, outcome, 4);
MEMBER(vz_write_answer, lsn, 8);
MEMBER(vz_write_answer, applied, 16);
MEMBER(vz_write_answer, created, 24);
MEMBER(vz_write_answer, error_count, 32);
MEMBER(vz_write_answer, error_capacity, 40);
MEMBER(vz_write_answer, statuses, 48);
MEMBER(vz_write_answer, errors, 56);

GROWABLE(vz_parts, 32);
MEMBER(vz_parts, struct_size, 0);
MEMBER(vz_parts, flags, 4);
MEMBER(vz_parts, payload_paths, 8);
MEMBER(vz_parts, vector_fields, 16);
MEMBER(vz_parts, payload_path_count, 24);
MEMBER(vz_parts, vector_field_count, 28);

GROWABLE(vz_get_request, 40);
MEMBER(vz_get_request, struct_size, 0);
MEMBER(vz_get_request, flags, 4);
MEMBER(vz_get_request, count, 8);
MEMBER(vz_get_request, ids, 16);
MEMBER(vz_get_request, parts, 24);
MEMBER(vz_get_request, deadline_ns, 32);

GROWABLE(vz_count_request, 32);
MEMBER(vz_count_request, struct_size, 0);
MEMBER(vz_count_request, flags, 4);
MEMBER(vz_count_request, filter, 8);
MEMBER(vz_count_request, deadline_ns, 24);

GROWABLE(vz_scan_request, 88);
MEMBER(vz_scan_request, struct_size, 0);
MEMBER(vz_scan_request, flags, 4);
MEMBER(vz_scan_request, filter, 8);
MEMBER(vz_scan_request, cursor, 24);
MEMBER(vz_scan_request, start_id, 40);
MEMBER(vz_scan_request, skip, 56);
MEMBER(vz_scan_request, parts, 64);
MEMBER(vz_scan_request, deadline_ns, 72);
MEMBER(vz_scan_request, limit, 80);
MEMBER(vz_scan_request, order, 84);

GROWABLE(vz_text_query, 48);
MEMBER(vz_text_query, struct_size, 0);
MEMBER(vz_text_query, fusion, 4);
MEMBER(vz_text_query, path, 8);
MEMBER(vz_text_query, texts, 24);
MEMBER(vz_text_query, alpha, 32);
MEMBER(vz_text_query, dense_k, 36);
MEMBER(vz_text_query, text_k, 40);
MEMBER(vz_text_query, reserved, 44);

GROWABLE(vz_search_request, 120);
MEMBER(vz_search_request, struct_size, 0);
MEMBER(vz_search_request, flags, 4);
MEMBER(vz_search_request, queries, 8);
MEMBER(vz_search_request, field, 40);
MEMBER(vz_search_request, filter, 56);
MEMBER(vz_search_request, parts, 72);
MEMBER(vz_search_request, deadline_ns, 80);
MEMBER(vz_search_request, k, 88);
MEMBER(vz_search_request, skip, 92);
MEMBER(vz_search_request, effort, 96);
MEMBER(vz_search_request, rerank, 100);
MEMBER(vz_search_request, recall_target, 104);
MEMBER(vz_search_request, score_limit, 108);
MEMBER(vz_search_request, text, 112);

GROWABLE(vz_vector_column, 40);
MEMBER(vz_vector_column, struct_size, 0);
MEMBER(vz_vector_column, kind, 4);
MEMBER(vz_vector_column, name, 8);
MEMBER(vz_vector_column, dim, 24);
MEMBER(vz_vector_column, element, 28);
MEMBER(vz_vector_column, rows, 32);

GROWABLE(vz_rows, 88);
MEMBER(vz_rows, struct_size, 0);
MEMBER(vz_rows, vector_count, 4);
MEMBER(vz_rows, count, 8);
MEMBER(vz_rows, ids, 16);
MEMBER(vz_rows, id_kinds, 24);
MEMBER(vz_rows, versions, 32);
MEMBER(vz_rows, expires_ms, 40);
MEMBER(vz_rows, scores, 48);
MEMBER(vz_rows, payloads, 56);
MEMBER(vz_rows, vectors, 64);
MEMBER(vz_rows, cursor, 72);

GROWABLE(vz_profile, 112);
MEMBER(vz_profile, struct_size, 0);
MEMBER(vz_profile, plan, 4);
MEMBER(vz_profile, effort, 8);
MEMBER(vz_profile, segments, 12);
MEMBER(vz_profile, visited, 16);
MEMBER(vz_profile, scored, 24);
MEMBER(vz_profile, reranked, 32);
MEMBER(vz_profile, filter_passed, 40);
MEMBER(vz_profile, queue_ns, 48);
MEMBER(vz_profile, filter_ns, 56);
MEMBER(vz_profile, graph_ns, 64);
MEMBER(vz_profile, exact_ns, 72);
MEMBER(vz_profile, rerank_ns, 80);
MEMBER(vz_profile, total_ns, 88);
MEMBER(vz_profile, explain, 96);

GROWABLE(vz_verify_request, 16);
MEMBER(vz_verify_request, struct_size, 0);
MEMBER(vz_verify_request, flags, 4);
MEMBER(vz_verify_request, deadline_ns, 8);

GROWABLE(vz_directory_request, 32);
MEMBER(vz_directory_request, struct_size, 0);
MEMBER(vz_directory_request, kind, 4);
MEMBER(vz_directory_request, flags, 8);
MEMBER(vz_directory_request, reserved, 12);
MEMBER(vz_directory_request, target, 16);

GROWABLE(vz_finding, 64);
MEMBER(vz_finding, struct_size, 0);
MEMBER(vz_finding, status, 4);
MEMBER(vz_finding, collection, 8);
MEMBER(vz_finding, file, 24);
MEMBER(vz_finding, offset, 40);
MEMBER(vz_finding, message, 48);

GROWABLE(vz_snapshot_request, 32);
MEMBER(vz_snapshot_request, struct_size, 0);
MEMBER(vz_snapshot_request, collection_count, 4);
MEMBER(vz_snapshot_request, name, 8);
MEMBER(vz_snapshot_request, collections, 24);

GROWABLE(vz_snapshot_info, 56);
MEMBER(vz_snapshot_info, struct_size, 0);
MEMBER(vz_snapshot_info, collection_count, 4);
MEMBER(vz_snapshot_info, name, 8);
MEMBER(vz_snapshot_info, collections, 24);
MEMBER(vz_snapshot_info, bytes, 32);
MEMBER(vz_snapshot_info, lsn, 40);
MEMBER(vz_snapshot_info, created_ms, 48);

GROWABLE(vz_archive_request, 64);
MEMBER(vz_archive_request, struct_size, 0);
MEMBER(vz_archive_request, collection_count, 4);
MEMBER(vz_archive_request, collections, 8);
MEMBER(vz_archive_request, snapshot, 16);
MEMBER(vz_archive_request, path, 32);
MEMBER(vz_archive_request, write, 48);
MEMBER(vz_archive_request, user, 56);

GROWABLE(vz_restore_request, 72);
MEMBER(vz_restore_request, struct_size, 0);
MEMBER(vz_restore_request, flags, 4);
MEMBER(vz_restore_request, snapshot, 8);
MEMBER(vz_restore_request, archive, 24);
MEMBER(vz_restore_request, from, 40);
MEMBER(vz_restore_request, to, 56);

GROWABLE(vz_log_record, 56);
MEMBER(vz_log_record, struct_size, 0);
MEMBER(vz_log_record, level, 4);
MEMBER(vz_log_record, event, 8);
MEMBER(vz_log_record, message, 24);
MEMBER(vz_log_record, fields, 40);
MEMBER(vz_log_record, field_count, 48);

FROZEN(vz_bucket, 16);
MEMBER(vz_bucket, upper_bound, 0);
MEMBER(vz_bucket, count, 8);

GROWABLE(vz_sample, 88);
MEMBER(vz_sample, struct_size, 0);
MEMBER(vz_sample, kind, 4);
MEMBER(vz_sample, name, 8);
MEMBER(vz_sample, help, 24);
MEMBER(vz_sample, labels, 40);
MEMBER(vz_sample, label_count, 48);
MEMBER(vz_sample, buckets, 56);
MEMBER(vz_sample, bucket_count, 64);
MEMBER(vz_sample, value, 72);
MEMBER(vz_sample, count, 80);

GROWABLE(vz_engine_options, 72);
MEMBER(vz_engine_options, struct_size, 0);
MEMBER(vz_engine_options, flags, 4);
MEMBER(vz_engine_options, workers, 8);
MEMBER(vz_engine_options, log_level, 12);
MEMBER(vz_engine_options, memory_bytes_max, 16);
MEMBER(vz_engine_options, wal_bytes_max, 24);
MEMBER(vz_engine_options, queue_bytes_max, 32);
MEMBER(vz_engine_options, settings, 40);
MEMBER(vz_engine_options, setting_count, 48);
MEMBER(vz_engine_options, log, 56);
MEMBER(vz_engine_options, log_user, 64);

GROWABLE(vz_engine_stats, 104);
MEMBER(vz_engine_stats, struct_size, 0);
MEMBER(vz_engine_stats, state, 4);
MEMBER(vz_engine_stats, last_lsn, 8);
MEMBER(vz_engine_stats, durable_lsn, 16);
MEMBER(vz_engine_stats, collections, 24);
MEMBER(vz_engine_stats, quarantined, 32);
MEMBER(vz_engine_stats, points, 40);
MEMBER(vz_engine_stats, memory_bytes, 48);
MEMBER(vz_engine_stats, mapped_bytes, 56);
MEMBER(vz_engine_stats, wal_bytes, 64);
MEMBER(vz_engine_stats, disk_free_bytes, 72);
MEMBER(vz_engine_stats, queued_ops, 80);
MEMBER(vz_engine_stats, results_held, 88);
MEMBER(vz_engine_stats, open_ns, 96);

GROWABLE(vz_op, 136);
MEMBER(vz_op, struct_size, 0);
MEMBER(vz_op, kind, 4);
MEMBER(vz_op, collection, 8);
MEMBER(vz_op, request, 24);
MEMBER(vz_op, answer, 32);
MEMBER(vz_op, done, 40);
MEMBER(vz_op, user, 48);
MEMBER(vz_op, error, 56);
MEMBER(vz_op, status, 64);
MEMBER(vz_op, flags, 68);
MEMBER(vz_op, opaque, 72);

GROWABLE(vz_host, 40);
MEMBER(vz_host, struct_size, 0);
MEMBER(vz_host, abi, 4);
MEMBER(vz_host, engine, 8);
MEMBER(vz_host, instance, 16);
MEMBER(vz_host, service, 32);

GROWABLE(vz_frontend_descriptor, 88);
MEMBER(vz_frontend_descriptor, struct_size, 0);
MEMBER(vz_frontend_descriptor, abi, 4);
MEMBER(vz_frontend_descriptor, id, 8);
MEMBER(vz_frontend_descriptor, name, 16);
MEMBER(vz_frontend_descriptor, version, 24);
MEMBER(vz_frontend_descriptor, create, 32);
MEMBER(vz_frontend_descriptor, start, 40);
MEMBER(vz_frontend_descriptor, drain, 48);
MEMBER(vz_frontend_descriptor, idle, 56);
MEMBER(vz_frontend_descriptor, stop, 64);
MEMBER(vz_frontend_descriptor, destroy, 72);
MEMBER(vz_frontend_descriptor, extension, 80);

FROZEN(vz_reload_extension, 8);
MEMBER(vz_reload_extension, reload, 0);

FROZEN(vz_log_service, 16);
MEMBER(vz_log_service, level, 0);
MEMBER(vz_log_service, write, 8);

FROZEN(vz_config_service, 24);
MEMBER(vz_config_service, get, 0);
MEMBER(vz_config_service, list, 8);
MEMBER(vz_config_service, reject, 16);

FROZEN(vz_series, 64);
MEMBER(vz_series, name, 0);
MEMBER(vz_series, help, 16);
MEMBER(vz_series, labels, 32);
MEMBER(vz_series, bounds, 40);
MEMBER(vz_series, label_count, 48);
MEMBER(vz_series, bound_count, 52);
MEMBER(vz_series, kind, 56);
MEMBER(vz_series, reserved, 60);

FROZEN(vz_metrics_service, 32);
MEMBER(vz_metrics_service, declare, 0);
MEMBER(vz_metrics_service, add, 8);
MEMBER(vz_metrics_service, observe, 16);
MEMBER(vz_metrics_service, render, 24);

FROZEN(vz_thread_check_service, 16);
MEMBER(vz_thread_check_service, is_host_thread, 0);
MEMBER(vz_thread_check_service, is_completion, 8);

FROZEN(vz_health_service, 16);
MEMBER(vz_health_service, report, 0);
MEMBER(vz_health_service, read, 8);

_Static_assert(sizeof(vz_status) == 4, "vz_status is a uint32_t");
_Static_assert(sizeof(vz_reason) == 4, "vz_reason is a uint32_t");
_Static_assert(sizeof(vz_element) == 4, "vz_element is a uint32_t");
_Static_assert(sizeof(vz_metric) == 4, "vz_metric is a uint32_t");
_Static_assert(sizeof(vz_quantization) == 4, "vz_quantization is a uint32_t");
_Static_assert(sizeof(vz_index_kind) == 4, "vz_index_kind is a uint32_t");

VALUE(VZ_OK, 0u);
VALUE(VZ_INVALID_ARGUMENT, 1u);
VALUE(VZ_NOT_FOUND, 2u);
VALUE(VZ_ALREADY_EXISTS, 3u);
VALUE(VZ_CONFLICT, 4u);
VALUE(VZ_UNSUPPORTED, 5u);
VALUE(VZ_LIMIT_EXCEEDED, 6u);
VALUE(VZ_BUSY, 7u);
VALUE(VZ_DEADLINE_EXCEEDED, 8u);
VALUE(VZ_CANCELLED, 9u);
VALUE(VZ_DISK_FULL, 10u);
VALUE(VZ_READ_ONLY, 11u);
VALUE(VZ_OUTCOME_UNKNOWN, 12u);
VALUE(VZ_CORRUPTION, 13u);
VALUE(VZ_IO_ERROR, 14u);
VALUE(VZ_OUT_OF_MEMORY, 15u);
VALUE(VZ_MISUSE, 16u);
VALUE(VZ_INTERNAL, 17u);
VALUE(VZ_REASON_NONE, 0u);
VALUE(VZ_REASON_COLLECTION, 1u);
VALUE(VZ_REASON_ALIAS, 2u);
VALUE(VZ_REASON_POINT, 3u);
VALUE(VZ_REASON_VECTOR_FIELD, 4u);
VALUE(VZ_REASON_FIELD_INDEX, 5u);
VALUE(VZ_REASON_SNAPSHOT, 6u);
VALUE(VZ_REASON_NAME, 16u);
VALUE(VZ_REASON_ID, 17u);
VALUE(VZ_REASON_DIMENSION, 18u);
VALUE(VZ_REASON_METRIC, 19u);
VALUE(VZ_REASON_NOT_FINITE, 20u);
VALUE(VZ_REASON_PAYLOAD, 21u);
VALUE(VZ_REASON_FILTER, 22u);
VALUE(VZ_REASON_CURSOR, 23u);
VALUE(VZ_REASON_RANGE, 24u);
VALUE(VZ_REASON_REQUIRED, 25u);
VALUE(VZ_REASON_ENUM, 26u);
VALUE(VZ_REASON_DUPLICATE, 27u);
VALUE(VZ_REASON_ELEMENT, 28u);
VALUE(VZ_REASON_METADATA, 29u);
VALUE(VZ_REASON_SCHEMA, 30u);
VALUE(VZ_REASON_CONFLICTING, 31u);
VALUE(VZ_REASON_IN_USE, 48u);
VALUE(VZ_REASON_QUEUE, 49u);
VALUE(VZ_REASON_RESULTS, 50u);
VALUE(VZ_REASON_NOT_EMPTY, 51u);
VALUE(VZ_F32, 0u);
VALUE(VZ_F16, 1u);
VALUE(VZ_BF16, 2u);
VALUE(VZ_I8, 3u);
VALUE(VZ_B1, 4u);
VALUE(VZ_COSINE, 1u);
VALUE(VZ_EUCLIDEAN, 2u);
VALUE(VZ_DOT, 3u);
VALUE(VZ_MANHATTAN, 4u);
VALUE(VZ_QUANTIZATION_AUTO, 0u);
VALUE(VZ_QUANTIZATION_NONE, 1u);
VALUE(VZ_QUANTIZATION_SQ8, 2u);
VALUE(VZ_INDEX_GRAPH, 0u);
VALUE(VZ_INDEX_NONE, 1u);
VALUE(VZ_VECTOR_DENSE, 0u);
VALUE(VZ_FIELD_COUNT_NONZERO, 1u);
VALUE(VZ_FIELD_INDEX_KEYWORD, 1u);
VALUE(VZ_FIELD_INDEX_INTEGER, 2u);
VALUE(VZ_FIELD_INDEX_FLOAT, 3u);
VALUE(VZ_FIELD_INDEX_BOOL, 4u);
VALUE(VZ_FIELD_INDEX_DATETIME, 5u);
VALUE(VZ_FIELD_INDEX_UUID, 6u);
VALUE(VZ_FIELD_INDEX_GEO, 7u);
VALUE(VZ_FIELD_INDEX_TEXT, 8u);
VALUE(VZ_ALTER_ADD_VECTOR_FIELD, 1u);
VALUE(VZ_ALTER_DROP_VECTOR_FIELD, 2u);
VALUE(VZ_ALTER_TUNE_VECTOR_FIELD, 3u);
VALUE(VZ_ALTER_ADD_FIELD_INDEX, 4u);
VALUE(VZ_ALTER_DROP_FIELD_INDEX, 5u);
VALUE(VZ_ALTER_SET_METADATA, 6u);
VALUE(VZ_ALTER_SET_TTL, 7u);
VALUE(VZ_IF_EMPTY, 1u);
VALUE(VZ_APPLIED, 0u);
VALUE(VZ_REPLAYED, 1u);
VALUE(VZ_RENAME_KEEP_ALIAS, 1u);
VALUE(VZ_STATE_READY, 0u);
VALUE(VZ_STATE_READ_ONLY, 1u);
VALUE(VZ_STATE_QUARANTINED, 2u);
VALUE(VZ_STATE_DISK_FULL, 3u);
VALUE(VZ_UPSERT, 1u);
VALUE(VZ_UPDATE, 2u);
VALUE(VZ_DELETE, 3u);
VALUE(VZ_CLEAR, 4u);
VALUE(VZ_WRITE_PER_ITEM, 1u);
VALUE(VZ_IF_ALWAYS, 0u);
VALUE(VZ_IF_ABSENT, 1u);
VALUE(VZ_IF_PRESENT, 2u);
VALUE(VZ_IF_VERSION, 3u);
VALUE(VZ_PAYLOAD_REPLACE, 0u);
VALUE(VZ_PAYLOAD_PATCH, 1u);
VALUE(VZ_PARTS_PAYLOAD, 1u);
VALUE(VZ_PARTS_VECTORS, 2u);
VALUE(VZ_PARTS_EXCLUDE, 4u);
VALUE(VZ_COUNT_ESTIMATE, 1u);
VALUE(VZ_SEARCH_EXACT, 1u);
VALUE(VZ_SEARCH_SCORE_LIMIT, 2u);
VALUE(VZ_SEARCH_EXPLAIN, 4u);
VALUE(VZ_FUSION_RRF, 1u);
VALUE(VZ_FUSION_WEIGHTED, 2u);
VALUE(VZ_ID_TEXT, 0u);
VALUE(VZ_ID_U64, 1u);
VALUE(VZ_ID_UUID, 2u);
VALUE(VZ_PLAN_EXACT, 1u);
VALUE(VZ_PLAN_FILTER_FIRST, 2u);
VALUE(VZ_PLAN_GRAPH, 3u);
VALUE(VZ_PLAN_EXPAND, 4u);
VALUE(VZ_PLAN_MIXED, 5u);
VALUE(VZ_VERIFY_DEEP, 1u);
VALUE(VZ_DIRECTORY_CHECK, 1u);
VALUE(VZ_DIRECTORY_INSPECT, 2u);
VALUE(VZ_DIRECTORY_SALVAGE, 3u);
VALUE(VZ_DIRECTORY_REPAIR, 4u);
VALUE(VZ_DIRECTORY_DEEP, 1u);
VALUE(VZ_DIRECTORY_ACCEPT_LOSS, 2u);
VALUE(VZ_RESTORE_REPLACE, 1u);
VALUE(VZ_LOG_ERROR, 1u);
VALUE(VZ_LOG_WARN, 2u);
VALUE(VZ_LOG_INFO, 3u);
VALUE(VZ_LOG_DEBUG, 4u);
VALUE(VZ_LOG_TRACE, 5u);
VALUE(VZ_SAMPLE_COUNTER, 1u);
VALUE(VZ_SAMPLE_GAUGE, 2u);
VALUE(VZ_SAMPLE_HISTOGRAM, 3u);
VALUE(VZ_OPEN_READ_ONLY, 1u);
VALUE(VZ_OPEN_MUST_EXIST, 2u);
VALUE(VZ_OP_COLLECTION_CREATE, 1u);
VALUE(VZ_OP_COLLECTION_DROP, 2u);
VALUE(VZ_OP_COLLECTION_RENAME, 3u);
VALUE(VZ_OP_COLLECTION_ALTER, 4u);
VALUE(VZ_OP_ALIAS_APPLY, 5u);
VALUE(VZ_OP_PERSISTENCE_READ, 6u);
VALUE(VZ_OP_VALUE_PUT, 7u);
VALUE(VZ_OP_WRITE, 8u);
VALUE(VZ_OP_SEARCH, 9u);
VALUE(VZ_OP_GET, 10u);
VALUE(VZ_OP_SCAN, 11u);
VALUE(VZ_OP_COUNT, 12u);
VALUE(VZ_OP_CHECKPOINT, 13u);
VALUE(VZ_OP_VERIFY, 14u);
VALUE(VZ_OP_SNAPSHOT_CREATE, 15u);
VALUE(VZ_OP_SNAPSHOT_DROP, 16u);
VALUE(VZ_OP_ARCHIVE_EXPORT, 17u);
VALUE(VZ_OP_RESTORE, 18u);
VALUE(VZ_RESULT_COLLECTIONS, 1u);
VALUE(VZ_RESULT_PERSISTENCE, 2u);
VALUE(VZ_RESULT_VALUES, 3u);
VALUE(VZ_RESULT_SNAPSHOTS, 4u);
VALUE(VZ_RESULT_FINDINGS, 5u);
VALUE(VZ_HEALTH_READY, 0u);
VALUE(VZ_HEALTH_DEGRADED, 1u);
VALUE(VZ_HEALTH_STARTING, 2u);
VALUE(VZ_HEALTH_DRAINING, 3u);
VALUE(VZ_HEALTH_POISONED, 4u);
VALUE(VZ_HEALTH_FAILED, 5u);
VALUE(VZ_NO_ITEM, UINT64_MAX);
VALUE(VZ_ABI_VERSION >> 16, 1u);

int main(void) {
    printf("GATE abi.layout PASS structs=53 members=361 values=161 violations=0\n");
    return 0;
}
