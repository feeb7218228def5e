#include "frontends/rest/openapi_notes.hpp"

#include <algorithm>

namespace vz::rest {
namespace {

constexpr RouteNote kNotes[] = {
    {"GET", "/health", "Whether the process is well, for people", "", ""},
    {"GET", "/healthz", "`ok` while the process serves", "", ""},
    {"GET", "/livez", "`ok` while the process serves", "", ""},
    {"GET", "/readyz", "Whether requests will be answered: `ready`, or `degraded` on a full disk", "", ""},
    {"GET", "/metrics", "Figures for Prometheus", "", ""},
    {"GET", "/prometheus/metrics", "The same as /metrics", "", ""},
    {"GET", "/stats", "Figures of the whole server", "", ""},
    {"GET", "/status", "Version, uptime and the number of collections", "", ""},
    {"GET", "/", "Where to go from here", "", ""},
    {"GET", "/openapi.json", "This document", "", ""},
    {"GET", "/docs", "This document as a page", "", ""},
    {"GET", "/slow_queries", "The searches that took longest, by whichever frontend they came", "", ""},
    {"POST", "/slow_queries/config", "What counts as slow at this address, and how many are kept",
     "threshold_ms:i capacity:i", R"({"threshold_ms":0})"},

    {"POST", "/collections", "Make a collection; durable when answered",
     "name!:s dimension:i metric:s similarity_metric:s config:o hnsw_config:o quantization:x description:s metadata:o "
     "embedding_provider:s text:o lexical:x field_indexes:a ttl_secs:i graph:o",
     R"({"name":"docs","dimension":3,"metric":"cosine"})"},
    {"GET", "/collections", "All collections the key may see", "", ""},
    {"GET", "/collections/empty", "The collections without points", "", ""},
    {"DELETE", "/collections/cleanup", "Delete the collections without points", "", ""},
    {"GET", "/collections/{name}", "One collection", "", ""},
    {"PUT", "/collections/{name}", "Change a collection",
     "description:s metadata:o hnsw_config:o metric:s similarity_metric:s dimension:i", R"({"description":"pages"})"},
    {"DELETE", "/collections/{name}", "Delete a collection; durable when answered", "", ""},
    {"POST", "/collections/{name}/force-save", "Write a checkpoint of the collection", "", ""},
    {"GET", "/collections/{name}/persistence", "What of the collection lies where on disk", "", ""},
    {"POST", "/collections/{name}/rename",
     "Rename a collection, keeping the old name as an alias unless told otherwise", "new_name!:s retain_alias:b", ""},
    {"GET", "/collections/{name}/field_indexes", "The indexes over payload fields", "", ""},
    {"POST", "/collections/{name}/field_indexes", "Index a payload field, while the collection is in use",
     "path!:s kind!:s language:s", R"({"path":"topic","kind":"keyword"})"},
    {"DELETE", "/collections/{name}/field_indexes", "Drop the index named by `path` and `kind`", "", ""},
    {"POST", "/collections/{name}/reindex",
     "Build the graphs anew with other parameters; answers when they are there, or that they are under way when the "
     "time is up, four requests wait already, or `?wait=false` says so",
     "m:i ef_construction:i ef_construct:i ef_search:i", R"({"m":24})"},
    {"POST", "/collections/{name}/reencode", "Build the graphs anew over other codes", "target_encoding!:s",
     R"({"target_encoding":"sq8"})"},
    {"POST", "/collections/{name}/ttl", "How long points live that are written from now on", "ttl_secs:i",
     R"({"ttl_secs":86400})"},
    {"POST", "/collections/{name}/snapshot", "Make a snapshot, consistent at one moment", "", ""},
    {"GET", "/collections/{name}/snapshots", "The snapshots of a collection, newest first", "", ""},
    {"POST", "/collections/{name}/snapshots/{id}/restore", "Put the collection back to a snapshot", "", ""},
    {"DELETE", "/collections/{name}/snapshots/{id}", "Delete a snapshot", "", ""},
    {"GET", "/indexing/progress", "How far the graphs of all collections are", "", ""},
    {"PUT", "/aliases/{alias}", "Set or move an alias", "collection!:s", R"({"collection":"docs"})"},
    {"GET", "/aliases", "All aliases", "", ""},
    {"DELETE", "/aliases/{alias}", "Delete an alias", "", ""},

    {"POST", "/insert_vectors", "Insert or replace points; makes the collection if it is missing",
     "collection!:s vectors!:a config:o public_key:s",
     R"({"collection":"docs","vectors":[{"id":"a","embedding":[1,0,0],"payload":{"topic":"sea"}},{"id":"b","embedding":[0,1,0]}]})"},
    {"POST", "/collections/{name}/vectors", "Insert or replace points", "vectors!:a collection:s config:o public_key:s",
     R"({"vectors":[{"id":"c","embedding":[0,0,1]}]})"},
    {"PUT", "/qdrant/collections/{name}/points", "Insert points as the TypeScript client does",
     "points!:a public_key:s", R"({"points":[{"id":7,"vector":[1,1,0]}]})"},
    {"PUT", "/collections/{name}/vectors/{id}", "Replace the vector, the payload or both of one point",
     "id:f vector:v data:v payload:o metadata:o public_key:s", ""},
    {"POST", "/update", "Change one point", "collection!:s id!:f vector:v data:v payload:o metadata:o",
     R"({"collection":"docs","id":"b","payload":{"topic":"land"}})"},
    {"POST", "/batch_update", "Change many points", "collection!:s updates!:a config:o",
     R"({"collection":"docs","updates":[{"id":"b","payload":{"topic":"air"}}]})"},
    {"POST", "/collections/{name}/import", "Many points as NDJSON or as binary float32", "", ""},
    {"POST", "/collections/{name}/vectors/copy", "Copy points to another collection", "destination!:s ids!:a", ""},
    {"POST", "/collections/{name}/vectors/move", "Move points to another collection", "destination!:s ids!:a", ""},
    {"POST", "/collections/{name}/vectors/bulk_update_metadata", "Patch the payloads of all points that pass a filter",
     "filter!:o patch!:o", R"({"filter":{"must":[{"key":"topic","match":{"value":"air"}}]},"patch":{"seen":true}})"},
    {"PATCH", "/collections/{name}/vectors/{id}/expiry", "When a point expires", "expires_at!:i", ""},

    {"POST", "/insert", "Embed and store a text; long ones become chunks",
     "collection!:s text!:s id:f metadata:o auto_chunk:b chunk_size:i chunk_overlap:i public_key:s",
     R"({"collection":"texts","id":"t1","text":"The whale swims in the sea","metadata":{"topic":"sea"}})"},
    {"POST", "/insert_texts", "Embed and store texts",
     "collection!:s texts!:a auto_chunk:b chunk_size:i chunk_overlap:i config:o public_key:s",
     R"({"collection":"texts","texts":[{"id":"t2","text":"A forest of birches"},{"text":"Ships cross the sea"}]})"},
    {"POST", "/batch_insert", "The same as /insert_texts",
     "collection!:s texts!:a auto_chunk:b chunk_size:i chunk_overlap:i config:o public_key:s",
     R"({"collection":"texts","texts":[{"id":"t2","text":"A forest of old birches"}]})"},
    {"POST", "/embed", "The vector of a text", "text!:s model:s collection:s kind:s dimension:i parameters:o",
     R"({"text":"The sea","dimension":64})"},

    {"GET", "/collections/{name}/vectors/{id}", "One point", "", ""},
    {"POST", "/vector", "One point", "collection!:s id!:f vector_format:s", R"({"collection":"docs","id":"a"})"},
    {"GET", "/collections/{name}/vectors", "A page of points", "", ""},
    {"POST", "/collections/{name}/scroll", "A page of the points that pass a filter", "cursor:s +page",
     R"({"limit":2})"},
    {"POST", "/collections/{name}/count", "How many points pass a filter", "filter:o", R"({})"},
    {"POST", "/search", "The nearest points of a collection", "collection!:s model:s +query +search",
     R"({"collection":"docs","vector":[1,0,0],"limit":2})"},
    {"POST", "/collections/{name}/search", "The nearest points", "collection:s model:s +query +search",
     R"({"vector":[1,0,0],"filter":{"must":[{"key":"topic","match":{"value":"sea"}}]}})"},
    {"POST", "/collections/{name}/search/text", "The points nearest to a text", "query!:s collection:s model:s +search",
     ""},
    {"POST", "/collections/{name}/hybrid_search",
     "A ranking by vector and one by words made one; over a lexical field `query` has at most 64 KiB and 1,024 "
     "different words",
     "query!:s vector:v query_vector:v collection:s model:s alpha:n algorithm:s dense_k:i sparse_k:i final_k:i "
     "query_sparse:x +search",
     ""},
    {"POST", "/collections/{name}/explain", "A search and how it was done", "collection:s k:i +query +search",
     R"({"vector":[1,0,0],"k":2})"},
    {"POST", "/batch_search", "Many searches at once", "collection!:s queries!:a +search",
     R"({"collection":"docs","queries":[{"vector":[1,0,0]},{"vector":[0,1,0],"limit":1}]})"},

    {"POST", "/delete", "Delete one point", "collection!:s id!:f", R"({"collection":"docs","id":"c"})"},
    {"DELETE", "/collections/{name}/vectors/{id}", "Delete one point", "", ""},
    {"POST", "/batch_delete", "Delete many points", "collection!:s ids:a vector_ids:a config:o",
     R"({"collection":"docs","ids":["7"]})"},
    {"POST", "/collections/{name}/vectors/delete_by_filter", "Delete all points that pass a filter", "filter!:o",
     R"({"filter":{"must":[{"key":"topic","match":{"value":"sea"}}]}})"},

    {"POST", "/auth/keys", "Make an API key", "name!:s permissions!:a expires_in:i scopes:a", ""},
    {"GET", "/auth/keys", "All API keys, without what opens the door", "", ""},
    {"DELETE", "/auth/keys/{id}", "Revoke an API key", "", ""},
};

}  // namespace

std::span<const RouteNote> route_notes() { return kNotes; }

const RouteNote* note_of(std::string_view method, std::string_view path) {
    const auto found = std::find_if(std::begin(kNotes), std::end(kNotes),
                                    [&](const RouteNote& note) { return note.method == method && note.path == path; });
    return found == std::end(kNotes) ? nullptr : found;
}

}  // namespace vz::rest
