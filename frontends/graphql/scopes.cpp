#include "frontends/graphql/scopes.hpp"

#include <string>

#include "frontends/codec/own_name.hpp"
#include "frontends/text/abi_text.hpp"

namespace vz::graphql {
namespace {

// The names of collections that a root field is about, by RootResolver::scope, each with that of its field.
template <typename Visit>
bool each_collection(const Input& arguments, std::string_view scope, Visit visit) {
    const size_t dot = scope.find('.');
    const std::string_view head = scope.substr(0, dot);
    if (dot == std::string_view::npos) return visit(arguments[head].text, head);
    const std::string_view tail = scope.substr(dot + 1);
    if (!head.ends_with("[]")) return each_collection(arguments[head], tail, visit);
    for (const Input& item : arguments[head.substr(0, head.size() - 2)].items) {
        if (!each_collection(item, tail, visit)) return false;
    }
    return true;
}

template <typename Visit>
bool each_scope(const Input& arguments, std::string_view scopes, Visit visit) {
    while (!scopes.empty()) {
        const size_t blank = scopes.find(' ');
        if (!each_collection(arguments, scopes.substr(0, blank), visit)) return false;
        scopes = blank == std::string_view::npos ? std::string_view() : scopes.substr(blank + 1);
    }
    return true;
}

bool sees_all(const RootCall& call, uint32_t permission) { return vzh_sees(call.request, vz_str{}, permission) != 0; }

// An alias inside the scope of a limited key opens nothing outside of it.
bool reaches(const RootCall& call, std::string_view collection, uint32_t permission) {
    if (!call.sees(collection, permission)) return false;
    if (sees_all(call, permission)) return true;
    const std::string own = codec::own_name(call.engine(), collection);
    return own.empty() || call.sees(own, permission);
}

}  // namespace

bool enter_scopes(RootCall& call, uint32_t permission) {
    const bool writes = permission == VZH_WRITE;
    const auto refuse_field = [&](const char* message) {
        codec::Failure failure;
        failure.error_type = "authorization_error";
        failure.message = message;
        failure.details = writes ? R"({"required":"write"})" : R"({"required":"read"})";
        call.fail(failure);
        return true;
    };
    if (vzh_has_permission(call.request, permission) == 0)
        return refuse_field(writes ? "the key may not write" : "the key may not read");
    const std::string_view scope = call.resolver->scope;
    if (scope == kWholeServer)
        return sees_all(call, permission) || refuse_field("the key is limited to some collections");
    bool seen = true;
    each_scope(call.planned->arguments, scope, [&](std::string_view collection, std::string_view field) {
        // None has a longer name, and it would stand in logs, in tables and in the answer.
        if (collection.size() > VZ_NAME_BYTES_MAX) call.fail(codec::validation(field, "must have at most 255 bytes"));
        if (call.failure != nullptr) return false;
        call.names.collection = collection;
        seen = reaches(call, collection, permission);
        return seen;
    });
    if (call.failure != nullptr) return true;
    if (!seen) return refuse_field("the key lacks this permission for this collection");
    return each_scope(call.planned->arguments, scope, [&](std::string_view collection, std::string_view) {
        return vzh_allowed(call.request, text::borrowed(collection), permission) != 0;
    });
}

}  // namespace vz::graphql
