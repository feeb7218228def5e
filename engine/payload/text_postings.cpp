#include "engine/payload/text_postings.hpp"

#include "engine/base/limits.hpp"

namespace vz {

TextReader::TextReader(const FieldIndexSchema& declared)
    : path_(*parse_path(declared.path)), tokenizer_(Tokenizer::make(declared.language)) {}

const std::vector<std::string>& TextReader::read(std::string_view payload) {
    words_.clear();
    const char* const end = payload.data() + payload.size();
    const char* const begin = json::skip_space(payload.data(), end);
    if (begin == end) return words_;
    json::any_at(path_, 0, begin, end, [&](const char* at) {
        take(at, end, 0);
        return false;
    });
    return words_;
}

void TextReader::take(const char* at, const char* end, uint32_t depth) {
    if (*at == '[' && depth < kJsonDepthMax) {
        json::any_element(at, end, [&](const char* element) {
            take(element, end, depth + 1);
            return false;
        });
    } else if (*at == '"') {
        json::RawString raw;
        json::read_string(at, end, &raw);
        tokenizer_->append(json::unescape(raw, &space_), &words_);
    }
}

}  // namespace vz
