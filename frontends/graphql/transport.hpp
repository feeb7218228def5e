// GraphQL over HTTP: routes, media types, parameters.
#pragma once

#include "frontends/graphql/frontend.hpp"

namespace vz::graphql {

// The route table of an instance: its path, the page, the schema's text. Fills routes and route_paths.
void make_routes(vz_frontend& frontend);

// The vzh_handler of all routes. [io, worker]
void handle(vzh_request* request, const vzh_view* view) VZ_NOEXCEPT;

}  // namespace vz::graphql
