#include "benchmarks/ann/collection.hpp"

#include <chrono>
#include <cstdio>
#include <string_view>
#include <thread>

#include "benchmarks/clock.hpp"

namespace vz::ann {
namespace {

void check(vz_status status, const vz_error& error) {
    if (status != VZ_OK) quit(std::string(vz_status_name(status)) + ": " + error.message);
}

vz_str text(std::string_view view) { return {view.data(), view.size()}; }

const vz_str kName = text("live");

}  // namespace

Collection::Collection(const std::string& directory, const DataSet& set, uint32_t k) : set_(set), k_(k) {
    vz_error error = {};
    check(vz_engine_open(text(directory), nullptr, &engine_, &error), error);
}

Collection::~Collection() {
    vz_error error = {};
    check(vz_engine_close(engine_, &error), error);
}

void Collection::create() {
    vz_vector_field field = {};
    field.struct_size = sizeof field;
    field.dim = set_.base.dim;
    field.metric = set_.metric;
    vz_schema schema = {};
    schema.struct_size = sizeof schema;
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    vz_error error = {};
    check(vz_collection_create(engine_, kName, &schema, nullptr, &error), error);
}

void Collection::write(const uint32_t* ids, const uint32_t* rows, uint32_t count) {
    std::vector<std::string> names;
    std::vector<vz_str> views;
    std::vector<float> values;
    for (uint32_t i = 0; i < count; ++i) {
        names.push_back(std::to_string(ids[i]));
        const float* row = set_.base.row(rows[i]);
        values.insert(values.end(), row, row + set_.base.dim);
    }
    for (const std::string& name : names) views.push_back(text(name));
    vz_write_request request = {};
    request.struct_size = sizeof request;
    request.kind = VZ_UPSERT;
    request.count = count;
    request.ids = views.data();
    request.vectors = {values.data(), count, 0, set_.base.dim, VZ_F32};
    vz_error error = {};
    check(vz_write(engine_, kName, &request, nullptr, &error), error);
}

void Collection::settle(double seconds_max) {
    const double begin = wall_seconds();
    vz_error error = {};
    check(vz_checkpoint(engine_, kName, nullptr, &error), error);
    for (;;) {
        const vz_collection_stats now = stats();
        if (now.sealed_segments <= 1 && now.deleted_rows == 0 && now.unindexed_rows == 0) break;
        if (wall_seconds() - begin > seconds_max) {
            std::printf("settle gave_up=1 segments=%llu deleted=%llu unindexed=%llu\n",
                        static_cast<unsigned long long>(now.sealed_segments),
                        static_cast<unsigned long long>(now.deleted_rows),
                        static_cast<unsigned long long>(now.unindexed_rows));
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    std::printf("settle seconds=%.1f\n", wall_seconds() - begin);
}

std::vector<float> Collection::search(const float* query, bool exact) {
    vz_search_request request = request_of(query, 1);
    if (exact) {
        request.flags = VZ_SEARCH_EXACT;
        request.recall_target = 0;
    }
    vz_result* result = nullptr;
    vz_error error = {};
    check(vz_search(engine_, kName, &request, &result, &error), error);
    vz_rows rows = {};
    rows.struct_size = sizeof rows;
    check(vz_result_rows(result, 0, &rows, &error), error);
    std::vector<float> scores(rows.scores, rows.scores + rows.count);
    vz_result_release(result);
    return scores;
}

vz_profile Collection::explain(const float* query) {
    vz_search_request request = request_of(query, 1);
    request.flags = VZ_SEARCH_EXPLAIN;
    vz_result* result = nullptr;
    vz_error error = {};
    check(vz_search(engine_, kName, &request, &result, &error), error);
    vz_profile profile = {};
    profile.struct_size = sizeof profile;
    check(vz_result_profile(result, 0, &profile, &error), error);
    vz_result_release(result);
    return profile;
}

double Collection::search_batch(const float* queries, uint32_t count) {
    const vz_search_request request = request_of(queries, count);
    vz_result* result = nullptr;
    vz_error error = {};
    const double begin = wall_seconds();
    check(vz_search(engine_, kName, &request, &result, &error), error);
    const double took = wall_seconds() - begin;
    vz_result_release(result);
    return took;
}

vz_collection_stats Collection::stats() {
    vz_collection_stats stats = {};
    stats.struct_size = sizeof stats;
    vz_error error = {};
    check(vz_collection_stats_read(engine_, kName, &stats, &error), error);
    return stats;
}

vz_search_request Collection::request_of(const float* queries, uint32_t count) const {
    vz_search_request request = {};
    request.struct_size = sizeof request;
    request.queries = {queries, count, 0, set_.base.dim, VZ_F32};
    request.k = k_;
    request.recall_target = recall_;
    return request;
}

}  // namespace vz::ann
