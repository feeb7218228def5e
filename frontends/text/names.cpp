#include "frontends/text/names.hpp"

#include "frontends/text/utf8.hpp"
#include "vectorizer/types.h"

namespace vz::text {
namespace {

bool starts_with_space(std::string_view text) {
    return text.front() == ' ' || text.starts_with("\xC2\xA0") || text.starts_with("\xE3\x80\x80");
}
bool ends_with_space(std::string_view text) {
    return text.back() == ' ' || text.ends_with("\xC2\xA0") || text.ends_with("\xE3\x80\x80");
}

}  // namespace

bool is_reserved_name(std::string_view name) {
    return name == "." || name == ".." || name == "empty" || name == "cleanup";
}

const char* refuse_collection_name(std::string_view name) {
    if (name.empty()) return "must not be empty";
    if (name.size() > VZ_NAME_BYTES_MAX) return "must have at most 255 bytes";
    if (name.find('/') != std::string_view::npos) return "must not contain '/'";
    if (has_control(name)) return "must not contain control characters";
    if (!is_utf8(name)) return "must be UTF-8";
    if (is_reserved_name(name)) return "is a reserved name";
    return nullptr;
}

const char* refuse_id(std::string_view id) {
    if (id.empty()) return "must not be empty";
    if (id.size() > VZ_ID_BYTES_MAX) return "must have at most 256 bytes";
    if (has_control(id)) return "must not contain control characters";
    if (!is_utf8(id)) return "must be UTF-8";
    if (starts_with_space(id) || ends_with_space(id)) return "must not begin or end with white space";
    return nullptr;
}

}  // namespace vz::text
