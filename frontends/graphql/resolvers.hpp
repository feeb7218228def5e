// The table of resolvers: one per field of schema.graphql, no more and no less.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "frontends/graphql/root_call.hpp"
#include "frontends/graphql/schema.hpp"
#include "vectorizer/types.h"

namespace vz::graphql {

struct FieldBinding {
    std::string_view type;
    std::string_view field;
    FieldResolver resolve;
};

// False: `error` names the field without resolver, or the resolver without field.
bool bind_resolvers(Schema& schema, std::string& error);

std::span<const RootResolver> collection_roots();   // resolvers_collections.cpp
std::span<const RootResolver> definition_roots();   // resolvers_definitions.cpp
std::span<const RootResolver> search_roots();       // resolvers_search.cpp
std::span<const RootResolver> read_roots();         // resolvers_reads.cpp
std::span<const RootResolver> write_roots();        // resolvers_writes.cpp
std::span<const RootResolver> text_roots();         // resolvers_texts.cpp
std::span<const RootResolver> server_roots();       // resolvers_server.cpp
std::span<const FieldBinding> collection_fields();  // objects_collection.cpp
std::span<const FieldBinding> point_fields();       // objects_point.cpp
std::span<const FieldBinding> server_fields();      // resolvers_server.cpp

// ---- what the objects of answers are read from ----

// A GqlVector or a GqlSearchResult.
struct PointView {
    std::string_view id;
    std::string_view payload;  // empty: none
    const float* vector;       // NULL: none, or not asked for
    uint64_t given;            // numbers at `vector`
    uint64_t dimension;
    uint64_t version;
    float score;
};

struct PageView {
    std::span<const PointView> points;
    uint64_t total;
    std::string_view cursor;  // data() NULL: the last page
};

struct MutationView {
    bool success;
    std::string_view message;
    int64_t affected;  // negative: does not apply
    uint64_t lsn;      // 0: does not apply
};

FieldValue collection_value(const vz_collection_info* info);
FieldValue points_value(std::span<const PointView> points);

// ---- shared by the root resolvers ----

// A collection with those of its aliases that the request's key may know of.
const vz_collection_info* as_seen(RootCall& call, const vz_collection_info* info);
// The description of a collection, kept until the request ends. NULL: the field has failed.
const vz_collection_info* describe(RootCall& call, std::string_view collection);
// The same without failing the field: `absent` is set where there is no such collection.
const vz_collection_info* describe_if_present(RootCall& call, std::string_view collection, bool& absent);
const vz_vector_field* default_vector(const vz_collection_info& info);

// Points of a row set; with metric: scores. False: the field has failed.
bool read_points(RootCall& call, const EngineCall& from, vz_metric metric, std::span<const PointView>& points);
// What of points a selection asks for.
uint32_t wanted_parts(const PlannedField& points, bool vectors);

// A JSON argument that is a filter, in the engine's spelling; absent or null: none.
vz_str filter_of(RootCall& call, const Input& input);

// An Int argument within [least, most]; absent: `otherwise`. False: the field has failed.
bool read_number(RootCall& call, const Input& input, std::string_view name, int64_t least, int64_t most,
                 int64_t otherwise, int64_t& out);

}  // namespace vz::graphql
