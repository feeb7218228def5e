#include "frontends/rest/routes.hpp"

#include <array>

#include "frontends/rest/call.hpp"
#include "frontends/rest/handlers.hpp"

namespace vz::rest {
namespace {

using Handler = void (*)(vzh_request* request, const vzh_view* view);

struct Row {
    const char* method;
    const char* path;
    uint32_t permission;
    uint32_t body;
    const char* query;
    Handler handler;
};

constexpr const char* kBatchQuery = "atomic results wait";
constexpr const char* kPageQuery = "limit offset cursor with_vector with_payload vector_format min_score";

constexpr Row kRows[] = {
    {"GET", "/health", VZH_OPEN, VZH_BODY_NONE, nullptr, &get_health},
    {"GET", "/stats", VZH_READ | VZH_WHOLE, VZH_BODY_NONE, nullptr, &get_stats},
    {"GET", "/status", VZH_READ | VZH_WHOLE, VZH_BODY_NONE, nullptr, &get_status},
    {"GET", "/", VZH_READ, VZH_BODY_NONE, nullptr, &get_root},
    {"GET", "/openapi.json", VZH_READ, VZH_BODY_NONE, nullptr, &get_openapi},
    {"GET", "/docs", VZH_OPEN, VZH_BODY_NONE, nullptr, &get_docs},

    {"GET", "/collections", VZH_READ, VZH_BODY_NONE, "view", &list_collections},
    {"POST", "/collections", VZH_WRITE, VZH_BODY_JSON, "wait", &create_collection},
    {"GET", "/collections/empty", VZH_READ, VZH_BODY_NONE, nullptr, &list_empty},
    {"DELETE", "/collections/cleanup", VZH_ADMIN | VZH_WHOLE, VZH_BODY_NONE, "dry_run wait", &cleanup},
    {"GET", "/collections/{name}", VZH_READ, VZH_BODY_NONE, "view", &get_collection},
    {"PUT", "/collections/{name}", VZH_WRITE, VZH_BODY_JSON, "view wait", &put_collection},
    {"DELETE", "/collections/{name}", VZH_WRITE, VZH_BODY_NONE, "wait", &delete_collection},
    {"POST", "/collections/{name}/force-save", VZH_WRITE, VZH_BODY_NONE, "wait", &force_save},
    {"GET", "/collections/{name}/persistence", VZH_READ, VZH_BODY_NONE, nullptr, &get_persistence},
    {"GET", "/collections/{name}/field_indexes", VZH_READ, VZH_BODY_NONE, nullptr, &list_field_indexes},
    {"POST", "/collections/{name}/field_indexes", VZH_WRITE, VZH_BODY_JSON, "wait", &add_field_index},
    {"DELETE", "/collections/{name}/field_indexes", VZH_WRITE, VZH_BODY_NONE, "path kind wait", &drop_field_index},
    {"POST", "/collections/{name}/reindex", VZH_WRITE, VZH_BODY_JSON, "wait", &reindex},
    {"POST", "/collections/{name}/reencode", VZH_WRITE, VZH_BODY_JSON, "wait", &reencode},
    {"POST", "/collections/{name}/rename", VZH_WRITE, VZH_BODY_JSON, "wait", &rename_collection},

    {"POST", "/collections/{name}/snapshot", VZH_WRITE, VZH_BODY_NONE, "wait", &create_snapshot},
    {"GET", "/collections/{name}/snapshots", VZH_READ, VZH_BODY_NONE, nullptr, &list_snapshots},
    {"POST", "/collections/{name}/snapshots/{id}/restore", VZH_ADMIN, VZH_BODY_NONE, "wait", &restore_snapshot},
    {"DELETE", "/collections/{name}/snapshots/{id}", VZH_ADMIN, VZH_BODY_NONE, "wait", &delete_snapshot},

    {"GET", "/indexing/progress", VZH_READ, VZH_BODY_NONE, nullptr, &indexing_progress},
    {"GET", "/aliases", VZH_READ, VZH_BODY_NONE, nullptr, &list_aliases},
    {"PUT", "/aliases/{alias}", VZH_WRITE, VZH_BODY_JSON, "wait", &set_alias},
    {"DELETE", "/aliases/{alias}", VZH_WRITE, VZH_BODY_NONE, "wait", &delete_alias},

    {"POST", "/insert_vectors", VZH_WRITE, VZH_BODY_JSON, kBatchQuery, &insert_vectors},
    {"POST", "/collections/{name}/vectors", VZH_WRITE, VZH_BODY_JSON, kBatchQuery, &insert_vectors_into},
    {"PUT", "/qdrant/collections/{name}/points", VZH_WRITE, VZH_BODY_JSON, "wait", &qdrant_upsert},
    {"PUT", "/collections/{name}/vectors/{id}", VZH_WRITE, VZH_BODY_JSON, "wait", &put_vector},
    {"DELETE", "/collections/{name}/vectors/{id}", VZH_WRITE, VZH_BODY_NONE, "wait", &delete_vector},
    {"POST", "/update", VZH_WRITE, VZH_BODY_JSON, "wait", &update_vector},
    {"POST", "/delete", VZH_WRITE, VZH_BODY_JSON, "wait", &delete_vector_by_body},
    {"POST", "/batch_update", VZH_WRITE, VZH_BODY_JSON, kBatchQuery, &batch_update},
    {"POST", "/batch_delete", VZH_WRITE, VZH_BODY_JSON, kBatchQuery, &batch_delete},
    {"POST", "/collections/{name}/import", VZH_WRITE, VZH_BODY_ANY, "atomic id_start wait", &import_points},
    {"POST", "/collections/{name}/vectors/copy", VZH_WRITE, VZH_BODY_JSON, "wait", &copy_vectors},
    {"POST", "/collections/{name}/vectors/move", VZH_WRITE, VZH_BODY_JSON, "wait", &move_vectors},

    {"POST", "/insert", VZH_WRITE, VZH_BODY_JSON, "wait", &insert_text},
    {"POST", "/insert_texts", VZH_WRITE, VZH_BODY_JSON, kBatchQuery, &insert_texts},
    {"POST", "/batch_insert", VZH_WRITE, VZH_BODY_JSON, kBatchQuery, &insert_texts},
    {"POST", "/embed", VZH_READ, VZH_BODY_JSON, nullptr, &embed},

    {"GET", "/collections/{name}/vectors/{id}", VZH_READ, VZH_BODY_NONE, "vector_format", &get_vector},
    {"POST", "/vector", VZH_READ, VZH_BODY_JSON, nullptr, &get_vector_by_body},
    {"GET", "/collections/{name}/vectors", VZH_READ, VZH_BODY_NONE, kPageQuery, &list_vectors},
    {"POST", "/collections/{name}/scroll", VZH_READ, VZH_BODY_JSON, nullptr, &scroll},
    {"POST", "/collections/{name}/vectors/delete_by_filter", VZH_WRITE, VZH_BODY_JSON, "results wait",
     &delete_by_filter},
    {"POST", "/collections/{name}/vectors/bulk_update_metadata", VZH_WRITE, VZH_BODY_JSON, "results wait",
     &bulk_update_metadata},
    {"POST", "/collections/{name}/ttl", VZH_WRITE, VZH_BODY_JSON, "wait", &set_ttl},
    {"PATCH", "/collections/{name}/vectors/{id}/expiry", VZH_WRITE, VZH_BODY_JSON, "wait", &set_expiry},
    {"POST", "/collections/{name}/count", VZH_READ, VZH_BODY_JSON, nullptr, &count},
    {"POST", "/search", VZH_READ, VZH_BODY_JSON, nullptr, &search},
    {"POST", "/collections/{name}/search", VZH_READ, VZH_BODY_JSON, nullptr, &search_in},
    {"POST", "/collections/{name}/search/text", VZH_READ, VZH_BODY_JSON, nullptr, &search_text},
    {"POST", "/collections/{name}/hybrid_search", VZH_READ, VZH_BODY_JSON, nullptr, &hybrid_search},
    {"POST", "/collections/{name}/explain", VZH_READ, VZH_BODY_JSON, nullptr, &explain},
    {"POST", "/batch_search", VZH_READ, VZH_BODY_JSON, nullptr, &batch_search},

    {"GET", "/slow_queries", VZH_READ | VZH_WHOLE, VZH_BODY_NONE, nullptr, &list_slow_queries},
    {"POST", "/slow_queries/config", VZH_ADMIN | VZH_WHOLE, VZH_BODY_JSON, "wait", &set_slow_queries},
    {"POST", "/auth/keys", VZH_ADMIN | VZH_WHOLE, VZH_BODY_JSON, "wait", &create_key},
    {"GET", "/auth/keys", VZH_ADMIN | VZH_WHOLE, VZH_BODY_NONE, nullptr, &list_keys},
    {"DELETE", "/auth/keys/{id}", VZH_ADMIN | VZH_WHOLE, VZH_BODY_NONE, "wait", &revoke_key},
};

// The reference's routes that this release does not have, whatever the method.
struct Missing {
    const char* path;
    const char* feature;
};
constexpr Missing kMissing[] = {
    {"/graph/*", "graph"},
    {"/discover", "discovery"},
    {"/discovery/*", "discovery"},
    {"/file/*", "files"},
    {"/files/*", "files"},
    {"/collections/{name}/search/file", "files"},
    {"/intelligent_search", "smart_search"},
    {"/multi_collection_search", "smart_search"},
    {"/semantic_search", "smart_search"},
    {"/contextual_search", "smart_search"},
    {"/qdrant/*", "qdrant"},
    {"/backups", "backups"},
    {"/backups/*", "backups"},
    {"/hub/*", "hub"},
    {"/cluster/*", "cluster"},
    {"/api/v1/cluster/*", "cluster"},
    {"/replication/*", "replication"},
    {"/workspace/*", "workspace"},
    {"/setup/*", "setup"},
    {"/auth/login", "login"},
    {"/auth/logout", "login"},
    {"/auth/refresh", "login"},
    {"/auth/me", "login"},
    {"/auth/validate-password", "login"},
    {"/auth/introspect", "login"},
    {"/auth/audit", "login"},
    {"/auth/users", "login"},
    {"/auth/users/*", "login"},
    {"/auth/keys/{id}/rotate", "login"},
    {"/auth/keys/{id}/permissions", "login"},
    {"/auth/keys/{id}/usage", "login"},
    {"/config", "admin"},
    {"/admin/restart", "admin"},
    {"/logs", "admin"},
    {"/metrics/runtime", "admin"},
    {"/ws/dashboard", "admin"},
    {"/dashboard", "dashboard"},
    {"/dashboard/*", "dashboard"},
    {"/mcp", "mcp"},
    {"/umicp", "umicp"},
    {"/umicp/*", "umicp"},
};
constexpr const char* kMethods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

// Where one method of a path is served and the others of the reference are not: the same, method by method.
struct MissingMethod {
    const char* method;
    Missing route;
};
constexpr MissingMethod kMissingMethods[] = {
    {"GET", {"/qdrant/collections/{name}/points", "qdrant"}},
    {"POST", {"/qdrant/collections/{name}/points", "qdrant"}},
    {"PATCH", {"/qdrant/collections/{name}/points", "qdrant"}},
    {"DELETE", {"/qdrant/collections/{name}/points", "qdrant"}},
};

constexpr size_t kRowCount = std::size(kRows);
constexpr size_t kMissingEnd = kRowCount + std::size(kMissing);
constexpr size_t kRouteCount = kRowCount + std::size(kMissing) * std::size(kMethods) + std::size(kMissingMethods);

constexpr std::array<vzh_route, kRouteCount> make_routes() {
    std::array<vzh_route, kRouteCount> table{};
    for (size_t i = 0; i < kRowCount; ++i) {
        const Row& row = kRows[i];
        table[i] = {row.method, row.path, row.permission, row.body, static_cast<uint32_t>(i), 0, row.query};
    }
    size_t place = kRowCount;
    for (size_t i = 0; i < std::size(kMissing); ++i) {
        for (const char* method : kMethods) {
            table[place++] = {method, kMissing[i].path, VZH_READ, VZH_BODY_ANY, static_cast<uint32_t>(kRowCount + i),
                              1,      nullptr};
        }
    }
    for (size_t i = 0; i < std::size(kMissingMethods); ++i) {
        const auto& [method, route] = kMissingMethods[i];
        table[place++] = {method, route.path, VZH_READ, VZH_BODY_ANY, static_cast<uint32_t>(kMissingEnd + i),
                          1,      nullptr};
    }
    return table;
}

constexpr std::array<vzh_route, kRouteCount> kRoutes = make_routes();

void refuse(vzh_request* request, const char* feature) {
    const codec::Failure failure = codec::unimplemented(feature);
    vzh_refuse(request, failure.http, failure.error_type.c_str(), borrowed(failure.message), borrowed(failure.details));
}

}  // namespace

std::span<const vzh_route> routes() { return kRoutes; }

std::span<const vzh_route> served_routes() { return std::span<const vzh_route>(kRoutes).first(kRowCount); }

void dispatch(vzh_request* request, const vzh_view* view_in) VZ_NOEXCEPT {
    const uint32_t id = view_in->route->id;
    if (id >= kMissingEnd) return refuse(request, kMissingMethods[id - kMissingEnd].route.feature);
    if (id >= kRowCount) return refuse(request, kMissing[id - kRowCount].feature);
    kRows[id].handler(request, view_in);
}

}  // namespace vz::rest
