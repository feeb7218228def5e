#include "frontends/graphql/error.hpp"

namespace vz::graphql {

std::string_view error_code_name(ErrorCode code) {
    switch (code) {
        case ErrorCode::kParseFailed: return "GRAPHQL_PARSE_FAILED";
        case ErrorCode::kValidationFailed: return "GRAPHQL_VALIDATION_FAILED";
        case ErrorCode::kBadUserInput: return "BAD_USER_INPUT";
        case ErrorCode::kLimitExceeded: return "LIMIT_EXCEEDED";
    }
    return "INTERNAL_ERROR";
}

Location locate(std::string_view text, uint32_t position) {
    Location where;
    for (size_t i = 0; i < position && i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool pair = byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        if (byte == '\n' || (byte == '\r' && !pair)) {
            ++where.line;
            where.column = 1;
        } else if (byte >= 0xF0) {
            where.column += 2;  // outside the basic plane: a surrogate pair
        } else if ((byte & 0xC0) != 0x80) {
            ++where.column;
        }
    }
    return where;
}

}  // namespace vz::graphql
