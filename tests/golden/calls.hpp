// The engine as a program of another day calls it: any failure ends the program. Points are drawn from their numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vectorizer/engine.h"

namespace vz::golden {

inline constexpr uint32_t kDim = 4, kImageDim = 3;
inline constexpr int64_t kYear2100 = 4'102'444'800'000;

// Of the call before.
extern vz_error error;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): likewise

inline vz_str str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string text_of(vz_str text) { return text.data == nullptr ? "-" : std::string(text.data, text.size); }
void must(vz_status status, const char* what);

struct Release {
    void operator()(vz_result* result) const { vz_result_release(result); }
};
using Result = std::unique_ptr<vz_result, Release>;

vz_engine* open(const std::string& directory);

// ---- writing ----

vz_vector_field field(const char* name, uint32_t dim, vz_metric metric);
void create(vz_engine* engine, const std::string& name, const std::vector<vz_vector_field>& fields,
            const std::vector<vz_field_index>& indexes, int64_t ttl_ms = 0, vz_change* change = nullptr);

// Integers, UUIDs and texts.
std::string id_of(uint32_t i);
std::string payload_of(uint32_t i);

struct Batch {
    std::vector<std::string> id_texts, payload_texts;
    std::vector<vz_str> ids, payloads;
    std::vector<float> values, images;
    std::vector<int64_t> expires;

    explicit Batch(uint32_t from, uint32_t to);
};

vz_write_request request_of(uint32_t kind, const Batch& batch);
vz_write_answer write(vz_engine* engine, const std::string& collection, const vz_write_request& request);
void remove(vz_engine* engine, const std::string& collection, uint32_t from, uint32_t to);
void patch(vz_engine* engine, const std::string& collection, const std::string& filter, const std::string& payload);
void alter(vz_engine* engine, const std::string& collection, const std::vector<vz_alter_change>& changes);
void checkpoint(vz_engine* engine);
void put_value(vz_engine* engine, const std::string& key, const std::string& text);
void set_alias(vz_engine* engine, const std::string& alias, const std::string& collection);
void make_snapshot(vz_engine* engine, const std::string& name, const std::vector<vz_str>& collections = {});
void restore(vz_engine* engine, const std::string& snapshot, const std::string& from, const std::string& to);
// That it has one is what an archive is for.
void expect_graph(vz_engine* engine, const std::string& collection, const std::string& field,
                  const std::vector<float>& query);

// ---- asking ----

using Lines = std::function<void(const std::string&)>;
using Hits = std::vector<std::pair<std::string, float>>;

std::string number(double value, const char* format = "%.4f");
vz_rows rows_of(const Result& result);
void tell_points(vz_engine* engine, const std::string& collection, const Lines& tell);
void tell_collections(vz_engine* engine, const Lines& tell);
void tell_snapshots(vz_engine* engine, const Lines& tell);
void tell_values(vz_engine* engine, const Lines& tell);
void tell_count(vz_engine* engine, const std::string& collection, const std::string& filter, const Lines& tell);
void tell_answer(const vz_write_answer& answer, const Lines& tell);
vz_search_request search_of(const std::vector<float>& query, uint32_t k, uint32_t flags);
Hits hits_of(vz_engine* engine, const std::string& collection, const vz_search_request& request);
void tell_hits(const std::string& what, const Hits& hits, const Lines& tell);
// What a walk over a graph found, beside what the scan of all finds: the best, and which scores are no worse.
void tell_walk(const std::string& what, const Hits& found, const Hits& exact, const Lines& tell);

}  // namespace vz::golden
