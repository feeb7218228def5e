// What a request needs to know of its collection before it can ask the engine: looked up on the handler's thread, which
// may not wait.
#pragma once

#include "frontends/rest/call.hpp"

namespace vz::rest {

// The default vector field's metric: scores cannot be told without it. False: the request was answered.
bool find_metric(Call& call, std::string_view collection, vz_metric& metric);
// The collection's description in call.result, released with the answer. False: the request was answered.
bool describe(Call& call, std::string_view collection, const vz_collection_info*& info);

// Whether the request was made before, to a collection that is not there any more: that was answered then. On a worker.
bool is_told_gone(Call& call);

}  // namespace vz::rest
