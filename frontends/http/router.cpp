#include "frontends/http/router.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "frontends/http/settings.hpp"
#include "frontends/text/spelling.hpp"

namespace vz::http {

struct Router::Node {
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;  // sorted
    std::unique_ptr<Node> parameter;
    std::unique_ptr<Node> rest;
    std::vector<Endpoint> endpoints;
    std::vector<std::vector<std::string>> parameter_names;  // of each endpoint
    bool takes_rest = false;
    std::string allow;
};

namespace {

// The decoded segments of a path, and for the rest-of-path routes where each began.
struct Path {
    std::array<std::string_view, kSegmentsMax> segments;
    std::array<std::string_view, kSegmentsMax> rests;
    uint32_t count = 0;
};

Router::Found split_path(std::string_view path, Arena& arena, Path& out) {
    path.remove_prefix(1);
    if (path.empty()) return Router::Found::kPath;
    bool exact = true;
    for (bool more = true; more;) {
        if (out.count == kSegmentsMax) return Router::Found::kNoPath;
        const auto end = path.find('/');
        more = end != std::string_view::npos;
        const auto segment = path.substr(0, end);
        const auto decoded = percent_decode(segment, Plus::kItself, arena);
        if (!decoded) return Router::Found::kBadEscape;
        exact &= !decoded->empty();
        out.rests[out.count] = path;
        out.segments[out.count++] = *decoded;
        if (more) path.remove_prefix(end + 1);
    }
    return exact ? Router::Found::kPath : Router::Found::kNoPath;
}

const Router::Node* literal_child(const Router::Node& node, std::string_view segment) {
    const auto at = std::lower_bound(node.literals.begin(), node.literals.end(), segment,
                                     [](const auto& entry, std::string_view text) { return entry.first < text; });
    return at != node.literals.end() && at->first == segment ? at->second.get() : nullptr;
}

// Depth-first: a literal branch that leads nowhere gives way to the parameter beside it.
const Router::Node* descend(const Router::Node& node, const Path& path, uint32_t depth, vz_kv* params,
                            uint32_t& count) {
    if (depth == path.count) return node.endpoints.empty() ? nullptr : &node;
    if (const auto* child = literal_child(node, path.segments[depth])) {
        if (const auto* found = descend(*child, path, depth + 1, params, count)) return found;
    }
    if (node.parameter) {
        const auto before = count;
        params[count++] = {{}, to_str(path.segments[depth])};
        if (const auto* found = descend(*node.parameter, path, depth + 1, params, count)) return found;
        count = before;
    }
    if (node.rest) {
        params[count++] = {{}, to_str(path.rests[depth])};
        return node.rest.get();
    }
    return nullptr;
}

constexpr size_t kNearPathBytesMax = 256;  // a longer path is no slip of the pen
constexpr size_t kSlipsMax = 2;

// The best of what was found below the root: its path, and how many slips lead to it.
struct Near {
    std::string path;
    size_t slips = kSlipsMax + 1;
};

void look_near(const Router::Node& node, std::span<const std::string_view> segments, const std::string& so_far,
               size_t slips, Near& best) {
    if (slips >= best.slips) return;
    if (segments.empty()) {
        if (!node.endpoints.empty()) best = {so_far, slips};
        return;
    }
    const auto segment = segments.front();
    for (const auto& [literal, child] : node.literals) {
        const size_t apart = segment == literal ? 0 : text::edit_distance(segment, literal);
        if (apart < std::min(segment.size(), literal.size()))
            look_near(*child, segments.subspan(1), so_far + "/" + literal, slips + apart, best);
    }
    if (node.parameter)
        look_near(*node.parameter, segments.subspan(1), so_far + "/" + std::string(segment), slips, best);
}

std::vector<std::string_view> template_segments(std::string_view path) {
    std::vector<std::string_view> parts;
    path.remove_prefix(1);
    while (!path.empty()) {
        const auto end = path.find('/');
        parts.push_back(path.substr(0, end));
        path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
    }
    return parts;
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

const Endpoint* Router::add(const Endpoint& endpoint) {
    Node* node = root_.get();
    std::vector<std::string> names;
    for (const auto part : template_segments(endpoint.route->path)) {
        if (part == "*") {
            names.emplace_back("*");
            if (!node->rest) node->rest = std::make_unique<Node>();
            node = node->rest.get();
        } else if (part.front() == '{') {
            names.emplace_back(part.substr(1, part.size() - 2));
            if (!node->parameter) node->parameter = std::make_unique<Node>();
            node = node->parameter.get();
        } else {
            auto at = std::lower_bound(node->literals.begin(), node->literals.end(), part,
                                       [](const auto& entry, std::string_view text) { return entry.first < text; });
            if (at == node->literals.end() || at->first != part)
                at = node->literals.emplace(at, part, std::make_unique<Node>());
            node = at->second.get();
        }
    }
    const std::string_view method = endpoint.route->method;
    for (const auto& other : node->endpoints) {
        if (method == other.route->method) return &other;
    }
    node->endpoints.push_back(endpoint);
    node->takes_rest = !names.empty() && names.back() == "*";
    node->parameter_names.push_back(std::move(names));
    node->allow = "OPTIONS";
    for (const auto& each : node->endpoints) {
        node->allow.append(", ").append(each.route->method);
        if (std::string_view(each.route->method) == "GET") node->allow.append(", HEAD");
    }
    return nullptr;
}

Router::Match Router::find(std::string_view path, Arena& arena, vz_kv* params) const {
    Match match;
    Path parts;
    match.found = split_path(path, arena, parts);
    if (match.found != Found::kPath) return match;
    match.node = descend(*root_, parts, 0, params, match.param_count);
    if (match.node == nullptr) {
        match.found = Found::kNoPath;
        return match;
    }
    if (match.node->takes_rest) {
        // Its escapes were checked segment by segment.
        auto& last = params[match.param_count - 1].value;
        last = to_str(percent_decode(to_view(last), Plus::kItself, arena).value_or(std::string_view()));
    }
    return match;
}

std::string Router::nearest(std::string_view path) const {
    if (path.size() > kNearPathBytesMax) return {};
    std::vector<std::string_view> segments;
    for (const auto segment : template_segments(path)) {
        if (!segment.empty()) segments.push_back(segment);
    }
    Near best;
    if (!segments.empty()) look_near(*root_, segments, "", 0, best);
    return best.path == path ? std::string() : best.path;
}

const Endpoint* Router::endpoint(const Node& node, std::string_view method) {
    if (method == "HEAD") method = "GET";
    for (const auto& each : node.endpoints) {
        if (method == each.route->method) return &each;
    }
    return nullptr;
}

void Router::name_params(const Node& node, const Endpoint& endpoint, vz_kv* params) {
    const auto& names = node.parameter_names[static_cast<size_t>(&endpoint - node.endpoints.data())];
    for (size_t i = 0; i < names.size(); ++i) params[i].key = to_str(names[i]);
}

const std::string& Router::allow(const Node& node) { return node.allow; }

}  // namespace vz::http
