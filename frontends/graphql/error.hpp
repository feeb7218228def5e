// Errors of documents and of fields, and where they stand in the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vz::graphql {

enum class ErrorCode : uint8_t {
    kParseFailed,       // GRAPHQL_PARSE_FAILED
    kValidationFailed,  // GRAPHQL_VALIDATION_FAILED
    kBadUserInput,      // BAD_USER_INPUT: variables
    kLimitExceeded,     // LIMIT_EXCEEDED: size, depth, fields
};

std::string_view error_code_name(ErrorCode code);

// An error found before execution. Positions are byte offsets into the document.
struct DocumentError {
    ErrorCode code = ErrorCode::kParseFailed;
    std::string message;
    std::vector<uint32_t> positions;
};

struct Location {
    uint32_t line = 1;
    uint32_t column = 1;  // in UTF-16 units, as editors and the JavaScript tools count

    bool operator==(const Location&) const = default;
};

Location locate(std::string_view text, uint32_t position);

}  // namespace vz::graphql
