#include "frontends/rest/openapi_answers.hpp"

#include <algorithm>

namespace vz::rest {
namespace {

constexpr AnswerShape kShapes[] = {
    {"Cache", "size:i capacity:i hits:i misses:i evictions:i hit_rate:n"},
    {"Provider", "name:s dimension:i default:b"},
    {"Size", "total:s total_bytes:i index:s index_bytes:i payload:s payload_bytes:i"},
    {"Quantization", "enabled:b type:s bits:i"},
    {"Normalization", "enabled:b level:s"},
    {"IndexingStatus", "status:s progress:n total_documents:i processed_documents:i errors:i start_time:s end_time:s?"},
    {"HnswConfig", "m:i ef_construction:i ef_search:i?"},
    {"Item",
     "name:s vector_count:i document_count:i dimension:i metric:s embedding_provider:s size:@Size "
     "quantization:@Quantization normalization:@Normalization "
     "created_at:s updated_at:s status:s indexing_status:@IndexingStatus similarity_metric?:s description?:s "
     "metadata?:o aliases?:[s] "
     "hnsw_config?:@HnswConfig quantization_config?:o text?:o? ttl_secs?:i? size_bytes?:i lsn?:i"},
    {"Segment", "file:s rows:i bytes:i hash:s verified_at:s?"},
    {"Snapshot", "id:s collection:s created_at:s size_bytes:i status:s"},
    {"Progress",
     "name:s collection_name:s status:s progress:n vector_count:i total_documents:i processed_documents:i errors:i "
     "last_updated:s"},
    {"Alias", "alias:s collection:s"},
    {"FieldIndex", "path:s kind:s language?:s"},
    {"SlowQuery", "timestamp:s collection:s route:s k:i plan?:s effort?:i duration_ms:n request_id:s"},
    {"SlowQueryConfig", "threshold_ms:i capacity:i"},
    {"InsertResult",
     "index:i client_id:s? status:s vector_ids?:[s] vectors_created?:i chunked?:b error?:s error_type?:s"},
    {"ItemResult", "index:i id:s? status:s error?:s error_type?:s"},
    {"PointResult", "id:s status:s error?:s error_type?:s"},
    {"ImportError", "index:i id:s? error:s error_type:s"},
    {"Operation", "operation_id:i status:s"},
    // What a PUT wrote without sending it is null where the point has gone before it could be read.
    {"Point",
     "id:s vector:@Vector? data:@Vector? payload:o? metadata:o? collection:s dimension:i version:i expires_at:i?"},
    {"PagePoint", "id:s vector:@Vector? payload:o?"},
    {"Page", "vectors:[@PagePoint] total:i limit:i offset:i message:s? next_cursor:s?"},
    {"Hit", "id:s score:n vector:@Vector? data?:@Vector? payload:o? metadata?:o?"},
    {"Search", "results:[@Hit] query_type:s limit:i collection:s total_results:i total:i"},
    {"BatchSearchResult",
     "index:i status:s query:s? results?:[@Hit] query_type?:s limit?:i collection?:s total_results?:i total?:i "
     "error?:s error_type?:s"},
    {"ExplainHit", "id:s score:n payload:o? vector?:@Vector"},
    {"Trace",
     "visited_nodes:i ef_search:i hnsw_search_ms:n payload_filter_evals:i quantization_score_ms:n total_ms:n plan:s "
     "segments:i scored:i reranked:i"},
    {"Scope", "collection:s permissions:[s]"},
    {"Key",
     "id:s name:s permissions:[s] scopes:[@Scope] created_at:i last_used:i? expires_at:i? active:b usage_count:i "
     "source:s"},
    {"Done", "message:s success:b"},
    {"Inserted", "collection:s count:i inserted:i failed:i results:[@InsertResult] collection_created?:b"},
};

struct Answer {
    std::string_view method;
    std::string_view path;
    std::string_view members;
};

constexpr Answer kAnswers[] = {
    {"GET", "/health", "status:s ready:b timestamp:s version:s cache:@Cache"},
    {"GET", "/healthz", "text/plain"},
    {"GET", "/livez", "text/plain"},
    {"GET", "/readyz", "text/plain"},
    {"GET", "/metrics", "text/plain"},
    {"GET", "/prometheus/metrics", "text/plain"},
    {"GET", "/docs", "text/html"},
    {"GET", "/stats",
     "collections:i total_collections:i total_vectors:i total_size_bytes:i memory_usage_bytes:i uptime_seconds:i "
     "version:s default_quantization:s "
     "compression_ratio:n providers:[@Provider] default_provider:s"},
    {"GET", "/status", "online:b version:s uptime_seconds:i collections_count:i"},
    {"GET", "/", "title:s version:s links:o"},
    {"GET", "/openapi.json", "openapi:s info:o security:[o] components:o paths:o"},
    {"GET", "/slow_queries", "entries:[@SlowQuery] total:i config:@SlowQueryConfig"},
    {"POST", "/slow_queries/config", "@SlowQueryConfig"},

    {"GET", "/collections", "collections:[@Item] total_collections:i"},
    {"POST", "/collections", "message:s collection:s name:s dimension:i metric:s"},
    {"GET", "/collections/{name}", "@Item"},
    {"PUT", "/collections/{name}", "@Item"},
    {"DELETE", "/collections/{name}", "message:s"},
    {"GET", "/collections/empty", "status:s empty_collections:[s] count:i"},
    {"DELETE", "/collections/cleanup",
     "status:s success:b message:s deleted_count:i removed:i collections:[s] dry_run:b"},
    {"POST", "/collections/{name}/force-save", "success:b message:s flushed:b lsn:i"},
    {"GET", "/collections/{name}/persistence",
     "name:s state:s persisted:b last_lsn:i durable_lsn:i checkpoint_lsn:i points:i points_in_wal_only:i "
     "wal_bytes_to_replay:i segments:[@Segment] "
     "snapshots:[s] problems:[s]"},
    {"POST", "/collections/{name}/rename", "old_name:s new_name:s alias_retained:s? status:s"},
    {"GET", "/collections/{name}/field_indexes", "collection:s field_indexes:[@FieldIndex] total:i"},
    {"POST", "/collections/{name}/field_indexes", "collection:s field_index:@FieldIndex status:s"},
    {"DELETE", "/collections/{name}/field_indexes", "collection:s field_index:@FieldIndex status:s"},
    {"POST", "/collections/{name}/reindex", "job_id:s collection:s state:s params:@HnswConfig progress:n"},
    {"POST", "/collections/{name}/reencode", "job_id:s collection:s state:s target_encoding:s progress:n"},
    {"POST", "/collections/{name}/ttl", "collection:s ttl_secs:i? status:s"},
    {"POST", "/collections/{name}/snapshot", "@Snapshot"},
    {"GET", "/collections/{name}/snapshots", "collection:s snapshots:[@Snapshot] total:i"},
    {"POST", "/collections/{name}/snapshots/{id}/restore", "collection:s snapshot_id:s status:s"},
    {"DELETE", "/collections/{name}/snapshots/{id}", "@Done"},
    {"GET", "/indexing/progress",
     "overall_status:s is_indexing:b collections:[@Progress] total_collections:i completed_collections:i "
     "processing_collections:i"},
    {"GET", "/aliases", "aliases:[@Alias] total:i"},
    {"PUT", "/aliases/{alias}", "alias:s collection:s? status:s"},
    {"DELETE", "/aliases/{alias}", "alias:s collection:s? status:s"},

    {"POST", "/insert_vectors", "@Inserted"},
    {"POST", "/collections/{name}/vectors", "@Inserted"},
    {"PUT", "/qdrant/collections/{name}/points", "status:s operation_id:i result:@Operation time:n"},
    {"PUT", "/collections/{name}/vectors/{id}", "@Point"},
    {"POST", "/update", "message:s id:s collection:s"},
    {"POST", "/batch_update", "collection:s count:i updated:i failed:i results:[@ItemResult]"},
    {"POST", "/collections/{name}/import", "collection:s count:i inserted:i failed:i errors:[@ImportError] lsn:i"},
    {"POST", "/collections/{name}/vectors/copy", "src:s dst:s requested:i copied:i failed:i results:[@PointResult]"},
    {"POST", "/collections/{name}/vectors/move", "src:s dst:s requested:i moved:i failed:i results:[@PointResult]"},
    {"POST", "/collections/{name}/vectors/bulk_update_metadata",
     "scanned?:i matched:i updated:i results:[@PointResult]"},
    {"PATCH", "/collections/{name}/vectors/{id}/expiry", "id:s collection:s expires_at:i? status:s"},
    {"POST", "/insert", "message:s vectors_created:i vector_ids:[s] collection:s chunked:b collection_created?:b"},
    {"POST", "/insert_texts", "@Inserted"},
    {"POST", "/batch_insert", "@Inserted"},
    {"POST", "/embed", "embedding:[n] text:s dimension:i model:s"},

    {"GET", "/collections/{name}/vectors/{id}", "@Point"},
    {"POST", "/vector", "@Point"},
    {"GET", "/collections/{name}/vectors", "@Page"},
    {"POST", "/collections/{name}/scroll", "@Page"},
    {"POST", "/collections/{name}/count", "collection:s count:i"},
    {"POST", "/search", "@Search"},
    {"POST", "/collections/{name}/search", "@Search"},
    {"POST", "/collections/{name}/search/text", "results:[@Hit] query:s limit:i collection:s total_results:i total:i"},
    {"POST", "/collections/{name}/hybrid_search",
     "results:[@Hit] query:s query_sparse:x limit:i collection:s alpha:n algorithm:s total_results:i total:i"},
    {"POST", "/collections/{name}/explain", "collection:s k:i results:[@ExplainHit] trace:@Trace explain:o"},
    {"POST", "/batch_search", "collection:s count:i succeeded:i failed:i results:[@BatchSearchResult]"},

    {"POST", "/delete", "@Done"},
    {"DELETE", "/collections/{name}/vectors/{id}", "@Done"},
    {"POST", "/batch_delete", "collection:s count:i deleted:i failed:i results:[@ItemResult]"},
    {"POST", "/collections/{name}/vectors/delete_by_filter", "scanned?:i matched:i deleted:i results:[@PointResult]"},

    {"POST", "/auth/keys",
     "api_key:s id:s name:s permissions:[s] scopes:[@Scope] created_at:i expires_at:i? warning:s"},
    {"GET", "/auth/keys", "keys:[@Key]"},
    {"DELETE", "/auth/keys/{id}", "@Done"},
};

}  // namespace

std::span<const AnswerShape> answer_shapes() { return kShapes; }

std::string_view answer_of(std::string_view method, std::string_view path) {
    const auto* const found = std::find_if(std::begin(kAnswers), std::end(kAnswers), [&](const Answer& each) {
        return each.method == method && each.path == path;
    });
    return found == std::end(kAnswers) ? std::string_view() : found->members;
}

}  // namespace vz::rest
