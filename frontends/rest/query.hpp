// One vector query with its options: read from a request, asked of the engine, written as hits.
#pragma once

#include <array>

#include "frontends/codec/text_collection.hpp"
#include "frontends/rest/fields.hpp"

namespace vz::rest {

enum QueryId : uint32_t { kQueryCollection, kQueryVector, kQueryText, kQueryList };

inline constexpr std::array<json::Field, 3> kQueryMembers{
    {{"vector", kQueryVector}, {"query_vector", kQueryVector}, {"query", kQueryText}}};

struct Query {
    Options options;
    uint64_t first;          // of its floats
    uint64_t dimension;      // 0: no vector
    std::string_view field;  // of the vector, as the request spells it
    std::string_view text;
    const float* embedded;  // the text's vector, once it is made; nullptr: the query has a vector of its own

    bool is_text() const { return dimension == 0 && text.data() != nullptr; }
};

// Reads a member of kQueryMembers or an option.
bool read_query_member(json::Reader& reader, uint32_t id, json::Value value, const vz_frontend& frontend,
                       json::Floats& floats, Query& query);

void fill_search(const Query& query, const float* floats, vz_metric metric, int64_t deadline_ns, vz_parts& parts,
                 vz_search_request& request);

// The provider that is to embed a text; absent: the collection's.
codec::Failure check_model(std::string_view model);

// The query's text becomes its vector. On a worker; a failure is told by the caller. `texts` has been read.
codec::Failure embed_query(const Call& call, codec::TextCollection& texts, Query& query);
// The same for the call's collection, which is read, and whose metric is told. False: the request was answered.
bool embed_query(Call& call, Query& query, vz_metric& metric);

// Member "results", an array; returns how many hits it has. Hits of text queries have the names of either kind of
// client.
uint64_t write_hit_list(json::Writer& out, const vz_rows& rows, const Query& query, vz_metric metric);
// Members "results" to "total" of an answer.
void write_hits(json::Writer& out, const vz_rows& rows, const Query& query, vz_metric metric,
                std::string_view collection);

}  // namespace vz::rest
