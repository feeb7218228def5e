// The plugin's state: what create() read and start() built. Immutable while requests are served, except where a member
// says otherwise.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "frontends/graphql/document_cache.hpp"
#include "frontends/graphql/meter.hpp"
#include "frontends/graphql/plan.hpp"
#include "frontends/http/http.h"

struct vz_frontend {
    const vz_host* host = nullptr;
    vz_engine* engine = nullptr;
    vzh_mount* mount = nullptr;
    const vz_health_service* health = nullptr;
    std::string path = "/graphql";
    std::vector<std::string> route_paths;  // what the routes point at
    std::vector<vzh_route> routes;
    bool page = true;
    std::string page_text;  // the page, with the path of this instance
    bool introspection = true;
    vz::graphql::PlanLimits limits;
    uint64_t items_max = 20000;
    uint64_t results_max = 10000;
    uint64_t batch_points_max = 65536;
    uint64_t default_timeout_ms = 60000;
    int64_t started_ms = 0;
    std::unique_ptr<vz::graphql::Schema> schema;
    std::string schema_text;                                // of `schema`
    std::unique_ptr<vz::graphql::DocumentCache> documents;  // any thread
    std::unique_ptr<vz::graphql::Meter> meter;              // any thread
    std::atomic<uint64_t> in_flight{0};                     // exchanges that exist
};
