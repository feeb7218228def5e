// One frontend's place on a listener: what hides behind vzh_mount.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>

#include "frontends/http/http.h"
#include "frontends/http/settings.hpp"

namespace vz::http {

class Listener;

// Gzipped bytes that live as long as the process.
struct StaticFile {
    std::string path;
    vzh_route route{};
    std::string_view gzip;
    std::string content_type;
    std::string etag;
};

enum class MountState : uint32_t { kDeclared, kServing, kDraining, kStopped };

}  // namespace vz::http

struct vzh_mount {
    vz::http::Listener* listener = nullptr;
    const vz_host* host = nullptr;
    const vzh_route* routes = nullptr;
    uint32_t route_count = 0;
    vzh_handler handler = nullptr;
    void* user = nullptr;
    std::deque<vz::http::StaticFile> files;  // endpoints point into it
    std::string url;
    std::atomic<vz::http::MountState> state{vz::http::MountState::kDeclared};
    std::atomic<int64_t> in_flight{0};
    std::atomic<int64_t> held{0};  // requests that lead here, those that are refused among them

    std::string_view instance() const { return vz::http::to_view(host->instance); }
};
