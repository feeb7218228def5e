// The handlers of the route table, by the file they stand in.
#pragma once

#include "frontends/http/http.h"

namespace vz::rest {

// service.cpp
void get_health(vzh_request* request, const vzh_view* view);
void get_stats(vzh_request* request, const vzh_view* view);
void get_status(vzh_request* request, const vzh_view* view);
void get_root(vzh_request* request, const vzh_view* view);

// keys.cpp
void create_key(vzh_request* request, const vzh_view* view);
void list_keys(vzh_request* request, const vzh_view* view);
void revoke_key(vzh_request* request, const vzh_view* view);

// slow_queries.cpp
void list_slow_queries(vzh_request* request, const vzh_view* view);
void set_slow_queries(vzh_request* request, const vzh_view* view);

// openapi.cpp
void get_openapi(vzh_request* request, const vzh_view* view);
void get_docs(vzh_request* request, const vzh_view* view);

// collections.cpp
void list_collections(vzh_request* request, const vzh_view* view);
void get_collection(vzh_request* request, const vzh_view* view);
void delete_collection(vzh_request* request, const vzh_view* view);

// create_collection.cpp
void create_collection(vzh_request* request, const vzh_view* view);

// alter_collection.cpp
void put_collection(vzh_request* request, const vzh_view* view);

// maintenance.cpp
void force_save(vzh_request* request, const vzh_view* view);
void get_persistence(vzh_request* request, const vzh_view* view);
void list_empty(vzh_request* request, const vzh_view* view);
void cleanup(vzh_request* request, const vzh_view* view);
void rename_collection(vzh_request* request, const vzh_view* view);

// batch.cpp
void insert_vectors(vzh_request* request, const vzh_view* view);
void insert_vectors_into(vzh_request* request, const vzh_view* view);
void qdrant_upsert(vzh_request* request, const vzh_view* view);
void batch_update(vzh_request* request, const vzh_view* view);
void batch_delete(vzh_request* request, const vzh_view* view);

// texts.cpp, embed.cpp, text_search.cpp
void insert_text(vzh_request* request, const vzh_view* view);
void insert_texts(vzh_request* request, const vzh_view* view);
void embed(vzh_request* request, const vzh_view* view);
void search_text(vzh_request* request, const vzh_view* view);
void hybrid_search(vzh_request* request, const vzh_view* view);

// field_indexes.cpp
void list_field_indexes(vzh_request* request, const vzh_view* view);
void add_field_index(vzh_request* request, const vzh_view* view);
void drop_field_index(vzh_request* request, const vzh_view* view);

// reindex.cpp
void reindex(vzh_request* request, const vzh_view* view);
void reencode(vzh_request* request, const vzh_view* view);

// import.cpp
void import_points(vzh_request* request, const vzh_view* view);

// transfer.cpp
void copy_vectors(vzh_request* request, const vzh_view* view);
void move_vectors(vzh_request* request, const vzh_view* view);

// filtered.cpp
void delete_by_filter(vzh_request* request, const vzh_view* view);
void bulk_update_metadata(vzh_request* request, const vzh_view* view);

// expiry.cpp
void set_ttl(vzh_request* request, const vzh_view* view);
void set_expiry(vzh_request* request, const vzh_view* view);

// aliases.cpp
void list_aliases(vzh_request* request, const vzh_view* view);
void set_alias(vzh_request* request, const vzh_view* view);
void delete_alias(vzh_request* request, const vzh_view* view);

// snapshots.cpp
void create_snapshot(vzh_request* request, const vzh_view* view);
void list_snapshots(vzh_request* request, const vzh_view* view);
void restore_snapshot(vzh_request* request, const vzh_view* view);
void delete_snapshot(vzh_request* request, const vzh_view* view);

// points.cpp
void put_vector(vzh_request* request, const vzh_view* view);
void update_vector(vzh_request* request, const vzh_view* view);
void delete_vector(vzh_request* request, const vzh_view* view);
void delete_vector_by_body(vzh_request* request, const vzh_view* view);
void get_vector(vzh_request* request, const vzh_view* view);
void get_vector_by_body(vzh_request* request, const vzh_view* view);

// progress.cpp
void indexing_progress(vzh_request* request, const vzh_view* view);

// pages.cpp
void list_vectors(vzh_request* request, const vzh_view* view);
void scroll(vzh_request* request, const vzh_view* view);
void count(vzh_request* request, const vzh_view* view);

// explain.cpp
void explain(vzh_request* request, const vzh_view* view);

// search.cpp
void search(vzh_request* request, const vzh_view* view);
void search_in(vzh_request* request, const vzh_view* view);

// batch_search.cpp
void batch_search(vzh_request* request, const vzh_view* view);

}  // namespace vz::rest
