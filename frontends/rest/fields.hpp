// Query parameters and the option fields that several routes share. Each read function returns false after recording
// what is wrong.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "frontends/codec/points.hpp"
#include "frontends/json/reader.hpp"
#include "frontends/rest/call.hpp"

namespace vz::rest {

// The tables of several option groups as one.
template <size_t... Sizes>
constexpr auto joined(const std::array<json::Field, Sizes>&... parts) {
    std::array<json::Field, (Sizes + ...)> all{};
    size_t place = 0;
    const auto add = [&](const auto& part) {
        for (const json::Field& field : part) all[place++] = field;
    };
    (add(parts), ...);
    return all;
}

// ---- search and scroll options ----

enum OptionId : uint32_t {
    kLimit = 32,
    kThreshold,
    kFilter,
    kWithPayload,
    kWithVector,
    kVectorFormat,
    kEffort,
    kRecall,
    kExact,
};

inline constexpr std::array<json::Field, 9> kPageFields{{
    {"limit", kLimit},
    {"filter", kFilter},
    {"with_payload", kWithPayload},
    {"include_metadata", kWithPayload},
    {"include_payload", kWithPayload},
    {"with_vector", kWithVector},
    {"include_vector", kWithVector},
    {"include_vectors", kWithVector},
    {"vector_format", kVectorFormat},
}};
inline constexpr std::array<json::Field, 7> kRankFields{{
    {"threshold", kThreshold},
    {"score_threshold", kThreshold},
    {"effort", kEffort},
    {"ef", kEffort},
    {"ef_search", kEffort},
    {"recall", kRecall},
    {"exact", kExact},
}};
inline constexpr auto kSearchOptionFields =
    joined(kPageFields, kRankFields, std::array<json::Field, 1>{{{"payload", kWithPayload}}});

struct Options {
    std::string_view filter;       // in the engine's spelling
    std::string_view filter_sent;  // as it stands in the body
    std::string_view limit_field;  // as the request spells it; empty: not sent
    std::string_view effort_field;
    const vz_str* payload_paths;
    uint32_t payload_path_count;
    uint32_t limit;
    uint32_t effort;
    float recall;
    float threshold;
    uint32_t set;  // bit id - kLimit of each option that was sent
    uint8_t exact;
    uint8_t with_payload;
    uint8_t keeps_no_key;  // a list of keys was sent, and is empty
    uint8_t with_vector;
    codec::VectorFormat format;

    bool has(OptionId id) const { return (set >> (id - kLimit) & 1) != 0; }
    codec::VectorFormat vectors() const { return with_vector != 0 ? format : codec::VectorFormat::kNone; }
};

// The defaults of a search or a page, within the configured limits.
Options default_options(const vz_frontend& frontend);
// Reads one of the fields above, null included.
bool read_option(json::Reader& reader, uint32_t id, json::Value value, const vz_frontend& frontend, Options& options);
// An object that is a filter: as it stands in the body, and in the engine's spelling.
bool read_filter(json::Reader& reader, json::Value value, std::string_view& sent, std::string_view& filter);
// What the engine says of the filter from here on is told with its place in the body.
void name_filter(Call& call, std::string_view sent);
// The same, and of the limit with its name in the request.
void name_options(Call& call, const Options& options);
// Takes from `defaults` what was not sent.
void inherit(Options& options, const Options& defaults);
// What excludes each other; to be called once all fields were read.
bool check_options(json::Reader& reader, const Options& options);
// parts.payload_paths borrows from options.
void fill_parts(const Options& options, vz_parts& parts);

// The payload of a row that was asked for with these options.
void write_payload(json::Writer& out, const Options& options, const vz_rows& rows, uint64_t row);

// ---- query parameters ----

// Absent if the parameter was not sent.
std::optional<std::string_view> query(const Call& call, std::string_view name);
// False: the request was answered (400).
bool query_flag(Call& call, std::string_view name, bool& out);
bool query_number(Call& call, std::string_view name, uint64_t least, uint64_t most, uint64_t& out);
bool query_format(Call& call, codec::VectorFormat& out);
// `results` of a batch: "all", or "errors" alone.
bool query_results(Call& call, bool& only_errors);

// Ends the request with what the reader found.
void fail_reading(Call& call, const json::Reader& reader);

}  // namespace vz::rest
