#include "frontends/json/number.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace vz::json {
namespace {

// Of a valid number whose magnitude is outside the range of a double: whether it is too small rather than too large.
bool underflows(std::string_view token) {
    const auto exponent = token.find_first_of("eE");
    if (exponent != std::string_view::npos) return token[exponent + 1] == '-';
    if (token.front() == '-') token.remove_prefix(1);
    return token.front() == '0';
}

}  // namespace

NumberKind number_kind(std::string_view token) {
    const char* at = token.data();
    const char* end = at + token.size();
    const auto digits = [&] {
        const char* start = at;
        while (at != end && *at >= '0' && *at <= '9') ++at;
        return at - start;
    };
    if (at != end && *at == '-') ++at;
    const bool zero = at != end && *at == '0';
    const auto whole = digits();
    if (whole == 0 || (zero && whole > 1)) return NumberKind::kNone;
    if (at == end) return NumberKind::kInteger;
    if (*at == '.') {
        ++at;
        if (digits() == 0) return NumberKind::kNone;
    }
    if (at != end && (*at == 'e' || *at == 'E')) {
        ++at;
        if (at != end && (*at == '+' || *at == '-')) ++at;
        if (digits() == 0) return NumberKind::kNone;
    }
    return at == end ? NumberKind::kFraction : NumberKind::kNone;
}

double parse_double(std::string_view token) {
    double number = 0;
    const auto [at, error] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (error == std::errc{}) return number;
    return underflows(token) ? 0 : std::numeric_limits<double>::infinity();
}

float parse_float(std::string_view token) {
    float number = 0;
    const auto [at, error] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (error == std::errc{}) return number;
    // Out of float's range: what a double makes of it is far from any rounding boundary but the largest float's, which
    // is infinite too.
    const double wide = parse_double(token);
    return std::fabs(wide) < 1 ? static_cast<float>(wide) : std::numeric_limits<float>::infinity();
}

}  // namespace vz::json
