// The keys made over the API, on their way from the database to the listeners. Inline, for frontends:
// libvectorizer_http itself knows no engine.
#pragma once

#include "frontends/http/http.h"
#include "frontends/text/abi_text.hpp"
#include "vectorizer/engine.h"

namespace vz::http {

// They come into force for all listeners of the process, also where the frontend that made them is off.
inline vz_status load_stored_keys(vz_engine* engine, vz_error* error) {
    vz_result* result = nullptr;
    vz_status status = vz_value_list(engine, text::borrowed(VZH_STORED_KEYS), &result, error);
    if (status != VZ_OK) return status;
    uint64_t count = 0;
    const auto* values = static_cast<const vz_value*>(vz_result_items(result, VZ_RESULT_VALUES, &count));
    status = vzh_store_keys(values, values == nullptr ? 0 : count, error);
    vz_result_release(result);
    return status;
}

}  // namespace vz::http
