// Points as tests of the engine write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/engine.hpp"

namespace vz {

struct PointBatch {
    std::vector<std::string> ids;
    std::vector<float> vectors = {};  // one behind the other; empty: none
    std::vector<std::string> payloads = {};
};

// An upsert takes all of the batch, an update its payloads, a deletion the ids alone.
inline Status write_points(Engine& engine, std::string_view collection, uint32_t kind, const PointBatch& batch) {
    const auto views_of = [](const std::vector<std::string>& texts) {
        std::vector<vz_str> views;
        for (const std::string& text : texts) views.push_back({text.data(), text.size()});
        return views;
    };
    const std::vector<vz_str> ids = views_of(batch.ids);
    const std::vector<vz_str> payloads = views_of(batch.payloads);
    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = kind;
    request.count = ids.size();
    request.ids = ids.data();
    if (kind != VZ_DELETE && !payloads.empty()) request.payloads = payloads.data();
    if (kind == VZ_UPSERT && !batch.vectors.empty())
        request.vectors = {batch.vectors.data(), ids.size(), 0,
                           static_cast<uint32_t>(batch.vectors.size() / ids.size()), VZ_F32};
    vz_write_answer answer = {};
    std::vector<Status> errors;
    return engine.write(collection, request, &answer, &errors);
}

}  // namespace vz
