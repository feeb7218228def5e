// Who answers a path: a tree of segments built from the route tables of all mounts of a listener. Immutable once in
// use.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontends/http/http.h"
#include "frontends/http/target.hpp"

struct vzh_mount;
struct vzh_request;

namespace vz::http {

class RouteMeter;
struct StaticFile;

// What answers one method of one path: a mount's handler, one of its files, or the listener itself (`serve`).
struct Endpoint {
    const vzh_route* route = nullptr;
    vzh_mount* mount = nullptr;
    const StaticFile* file = nullptr;
    void (*serve)(vzh_request& request) = nullptr;
    RouteMeter* meter = nullptr;
};

class Router final {
 public:
    struct Node;
    enum class Found { kPath, kNoPath, kBadEscape };
    struct Match {
        Found found = Found::kNoPath;
        const Node* node = nullptr;
        uint32_t param_count = 0;
    };

    Router();
    ~Router();

    // NULL, or the endpoint that has this method and path already.
    const Endpoint* add(const Endpoint& endpoint);
    // Looks `path` up, as sent. Literal segments win over parameters; those are decoded into `params` (kSegmentsMax
    // places), values only.
    Match find(std::string_view path, Arena& arena, vz_kv* params) const;

    // The path with an endpoint that `path` most likely stands for, slashes in excess and up to two slips of the pen
    // aside; empty: none is near.
    std::string nearest(std::string_view path) const;

    // NULL: the path has other methods only. HEAD finds GET.
    static const Endpoint* endpoint(const Node& node, std::string_view method);
    // The value of the Allow field.
    static const std::string& allow(const Node& node);
    // Fills the keys of the parameters that find() left, by the endpoint's own names. `endpoint` is one of the node's.
    static void name_params(const Node& node, const Endpoint& endpoint, vz_kv* params);

 private:
    std::unique_ptr<Node> root_;
};

}  // namespace vz::http
