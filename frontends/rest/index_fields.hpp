// What a request says of text embedding and of indexes over payload fields.
#pragma once

#include <optional>
#include <string_view>

#include "frontends/codec/text_collection.hpp"
#include "frontends/rest/list.hpp"

namespace vz::rest {

// `text`: {"stemmer": name}.
bool read_text_settings(json::Reader& reader, json::Value value, std::string_view& stemmer);

// `lexical`: true, or {"dimension","stemmer","source"}; false: none.
bool read_lexical(json::Reader& reader, json::Value value, std::optional<codec::Lexical>& lexical);

// Members of {"path","kind","language"?}, by the ids 0 to 2; the engine judges path and language.
bool read_field_index_member(json::Reader& reader, uint32_t id, json::Value value, vz_field_index& index);
bool check_field_index(json::Reader& reader, const vz_field_index& index);
// `field_indexes`: a list of them.
bool read_field_indexes(json::Reader& reader, json::Value value, List<vz_field_index>& indexes);

}  // namespace vz::rest
