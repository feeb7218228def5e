// The one table of routes: router, permissions, methods and the list of what this release does not have all come from
// it.
#pragma once

#include <span>

#include "frontends/http/http.h"

namespace vz::rest {

// Static.
std::span<const vzh_route> routes();
// Those with a handler.
std::span<const vzh_route> served_routes();
// Enters the handler of the view's route; routes without one are answered with 501.
void dispatch(vzh_request* request, const vzh_view* view) VZ_NOEXCEPT;

}  // namespace vz::rest
