// Decimal text as numbers, by the grammar of JSON.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string_view>

namespace vz::json {

enum class NumberKind : uint8_t { kNone, kInteger, kFraction };

// What the whole token is.
NumberKind number_kind(std::string_view token);

// Of a valid number: correctly rounded, infinite beyond the type's range.
double parse_double(std::string_view token);
float parse_float(std::string_view token);

// Narrowing rounds a second time. That matters where `number`, which is up to two of its own steps away from what it
// stands for, lies at the middle between two floats; below the normal range the place of that middle differs.
inline bool may_round_twice(double number) {
    constexpr int64_t kLowMask = (int64_t{1} << 29) - 1;
    constexpr int64_t kMiddle = int64_t{1} << 28;
    constexpr int64_t kSteps = 2;
    const int64_t from_middle = (std::bit_cast<int64_t>(number) & kLowMask) - kMiddle;
    return (from_middle >= -kSteps && from_middle <= kSteps) || number < std::numeric_limits<float>::min();
}

// A whole number of up to seven digits, followed by a comma or a bracket, as elements of vectors of bytes are: exact as
// a float. Its end; nullptr: it is not of that kind.
inline const char* read_small_whole(const char* at, float& out) {
    constexpr int kDigitsMax = 7;
    int32_t sum = 0;
    int digits = 0;
    for (; digits < kDigitsMax && at[digits] >= '0' && at[digits] <= '9'; ++digits) sum = sum * 10 + (at[digits] - '0');
    out = static_cast<float>(sum);
    const bool is_all = digits != 0 && (at[digits] == ',' || at[digits] == ']') && (at[0] != '0' || digits == 1);
    return is_all ? at + digits : nullptr;
}

// The number that begins at `at`, correctly rounded, and its end; nullptr: there is none, or it is not finite.
// Something that is no part of a number follows it.
inline const char* read_float(const char* at, float& out) {
    static constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                              1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    constexpr int64_t kDigitsMax = std::size(kPowersOfTen);  // that 64 bits hold
    const char* const start = at;
    uint64_t digits = 0;
    const auto take_digits = [&] {
        const char* const begin = at;
        for (; *at >= '0' && *at <= '9'; ++at) digits = digits * 10 + static_cast<uint64_t>(*at - '0');
        return at - begin;
    };
    if (*at == '-') ++at;
    const bool starts_with_zero = *at == '0';
    const int64_t whole = take_digits();
    if (whole == 0 || (starts_with_zero && whole > 1)) return nullptr;
    int64_t decimals = 0;
    if (*at == '.') {
        ++at;
        decimals = take_digits();
        if (decimals == 0) return nullptr;
    }
    if (*at == 'e' || *at == 'E') {
        ++at;
        if (*at == '+' || *at == '-') ++at;
        if (take_digits() == 0) return nullptr;
    } else if (whole + decimals <= kDigitsMax) {
        // The conversion and the division are off by half a step each at most: the power of ten is exact.
        const double number = static_cast<double>(digits) / kPowersOfTen[decimals];
        if (digits == 0 || !may_round_twice(number)) {
            out = static_cast<float>(*start == '-' ? -number : number);
            return at;
        }
    }
    out = parse_float({start, static_cast<size_t>(at - start)});
    return std::isfinite(out) ? at : nullptr;
}

}  // namespace vz::json
