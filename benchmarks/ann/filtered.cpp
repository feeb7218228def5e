// Searches under filters beside searches without, through the C ABI: recall against exact filtered searches, and the
// ratio of queries a CPU second.
//   vectorizer-filtered --data FOLDER [--metric M] [--queries N] [--k K] [--index 0|1] [--only NAME]
// The folder's payload.jsonl is the payload; each object gets a member "n" besides, 0 to 999 by a hash of the row:
// filters on it know nothing of the vectors. Filters on the payload's own numbers and classes do. "same": one filter
// again and again. "fresh": each query has a filter of its own.
// --index 1 declares indexes of the fields first.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "benchmarks/ann/data_set.hpp"
#include "benchmarks/ann/options.hpp"
#include "benchmarks/clock.hpp"
#include "vectorizer/engine.h"

namespace vz::ann {
namespace {

struct Options {
    std::string data;
    std::string metric;
    uint32_t queries = 1000;
    uint32_t k = 10;
    bool index = false;
    std::string only;  // cases whose name has it
};

void check(vz_status status, const vz_error& error) {
    if (status == VZ_OK) return;
    std::fprintf(stderr, "vectorizer-filtered: %s: %s: %s\n", vz_status_name(status), error.field, error.message);
    std::exit(1);
}

vz_str text(std::string_view view) { return {view.data(), view.size()}; }

uint64_t hash(uint64_t x) {
    x = (x ^ (x >> 31)) * 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 29)) * 0xBF58476D1CE4E5B9u;
    return x ^ (x >> 32);
}

// The payload of each row; its number under `key`, where it has one, goes to `numbers`.
std::vector<std::string> read_payloads(const Options& options, uint32_t rows, const std::string& key,
                                       std::vector<double>& numbers) {
    std::vector<std::string> payloads;
    std::ifstream file(options.data + "/payload.jsonl");
    for (uint32_t row = 0; row < rows; ++row) {
        std::string line;
        if (!std::getline(file, line) || line.size() < 2) line = "{}";
        const size_t at = line.find("\"" + key + "\":");
        if (at != std::string::npos) numbers.push_back(std::strtod(line.c_str() + at + key.size() + 3, nullptr));
        line.pop_back();
        payloads.push_back(line + (line.size() > 1 ? "," : "") + "\"n\":" + std::to_string(hash(row) % 1000) + "}");
    }
    return payloads;
}

class Store {
 public:
    Store(const Options& options, const DataSet& set, std::string directory)
        : options_(options), set_(set), directory_(std::move(directory)) {
        vz_error error = {};
        check(vz_engine_open(text(directory_), nullptr, &engine_, &error), error);
        vz_vector_field field = {};
        field.struct_size = sizeof field;
        field.dim = set.base.dim;
        field.metric = set.metric;
        vz_field_index indexes[3] = {};
        const std::pair<const char*, uint32_t> kinds[] = {
            {"n", VZ_FIELD_INDEX_INTEGER}, {"brightness", VZ_FIELD_INDEX_FLOAT}, {"class", VZ_FIELD_INDEX_KEYWORD}};
        for (size_t i = 0; i < 3; ++i) indexes[i] = {sizeof(vz_field_index), kinds[i].second, text(kinds[i].first), {}};
        vz_schema schema = {};
        schema.struct_size = sizeof schema;
        schema.vector_fields = &field;
        schema.vector_field_count = 1;
        if (options.index) {
            schema.field_indexes = indexes;
            schema.field_index_count = 3;
        }
        check(vz_collection_create(engine_, text("c"), &schema, nullptr, &error), error);
    }
    ~Store() {
        vz_error error = {};
        check(vz_engine_close(engine_, &error), error);
        std::filesystem::remove_all(directory_);
    }
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    void fill(const std::vector<std::string>& payloads) {
        constexpr uint32_t kBatch = 1000;
        vz_error error = {};
        for (uint32_t at = 0; at < set_.base.rows; at += kBatch) {
            const uint32_t count = std::min(kBatch, set_.base.rows - at);
            std::vector<std::string> names;
            std::vector<vz_str> ids, views;
            for (uint32_t i = at; i < at + count; ++i) names.push_back(std::to_string(i));
            for (uint32_t i = 0; i < count; ++i) {
                ids.push_back(text(names[i]));
                views.push_back(text(payloads[at + i]));
            }
            vz_write_request request = {};
            request.struct_size = sizeof request;
            request.kind = VZ_UPSERT;
            request.count = count;
            request.ids = ids.data();
            request.payloads = views.data();
            request.vectors = {set_.base.row(at), count, 0, set_.base.dim, VZ_F32};
            check(vz_write(engine_, text("c"), &request, nullptr, &error), error);
        }
        check(vz_checkpoint(engine_, text("c"), nullptr, &error), error);
    }

    std::vector<float> search(size_t query, const std::string& filter, uint32_t flags, std::string* explain) {
        vz_search_request request = {};
        request.struct_size = sizeof request;
        request.queries = {set_.queries.row(query), 1, 0, set_.base.dim, VZ_F32};
        request.k = options_.k;
        request.flags = flags;
        if (!filter.empty()) request.filter = text(filter);
        vz_result* result = nullptr;
        vz_error error = {};
        check(vz_search(engine_, text("c"), &request, &result, &error), error);
        vz_rows rows = {};
        rows.struct_size = sizeof rows;
        check(vz_result_rows(result, 0, &rows, &error), error);
        std::vector<float> scores(rows.scores, rows.scores + rows.count);
        if (explain != nullptr) {
            vz_profile profile = {};
            profile.struct_size = sizeof profile;
            check(vz_result_profile(result, 0, &profile, &error), error);
            explain->assign(profile.explain.data, profile.explain.size);
        }
        vz_result_release(result);
        return scores;
    }

    uint64_t count(const std::string& filter) {
        vz_count_request request = {};
        request.struct_size = sizeof request;
        request.filter = text(filter);
        uint64_t points = 0;
        vz_error error = {};
        check(vz_count(engine_, text("c"), &request, &points, &error), error);
        return points;
    }

 private:
    const Options& options_;
    const DataSet& set_;
    std::string directory_;
    vz_engine* engine_ = nullptr;
};

struct Case {
    std::string name;
    std::function<std::string(size_t)> filter;  // by query
    double bar;                                 // least ratio; 0: none
};

std::string range(const std::string& key, double low, double high) {
    char bounds[96];
    std::snprintf(bounds, sizeof bounds, "{\"gte\":%.6f,\"lt\":%.6f}", low, high);
    return R"({"must":[{"key":")" + key + R"(","range":)" + bounds + "}]}";
}

// What differs from query to query, so little that the same rows pass.
double jitter(size_t query) { return static_cast<double>(query) * 1e-6; }

void measure(Store& store, const DataSet& set, const Options& options, const Case& each) {
    double recall = 0;
    const size_t judged = std::min<size_t>(set.queries.rows, 200);
    for (size_t query = 0; query < judged; ++query) {
        const std::string filter = each.filter(query);
        const std::vector<float> truth = store.search(query, filter, VZ_SEARCH_EXACT, nullptr);
        const std::vector<float> found = store.search(query, filter, 0, nullptr);
        const auto hits = std::count_if(found.begin(), found.end(), [&](float score) {
            return !truth.empty() && counts_as_hit(set.metric, score, truth.back());
        });
        recall += truth.empty() ? 1 : std::min(1.0, static_cast<double>(hits) / static_cast<double>(truth.size()));
    }
    std::string explain;
    store.search(0, each.filter(0), VZ_SEARCH_EXPLAIN, &explain);
    // In turns, so that both meet the same machine.
    double plain = 0;
    double filtered = 0;
    for (int round = 0; round < 3; ++round) {
        double begin = cpu_seconds();
        for (size_t query = 0; query < set.queries.rows; ++query) store.search(query, "", 0, nullptr);
        plain += cpu_seconds() - begin;
        begin = cpu_seconds();
        for (size_t query = 0; query < set.queries.rows; ++query) store.search(query, each.filter(query), 0, nullptr);
        filtered += cpu_seconds() - begin;
    }
    const double searches = 3.0 * set.queries.rows;
    const double ratio = plain / filtered;
    const bool passes = ratio >= each.bar && recall / static_cast<double>(judged) >= 0.98;
    std::printf("%-22s passing=%6.3f%% recall@%u=%.4f qps=%.0f unfiltered=%.0f ratio=%.2f", each.name.c_str(),
                100.0 * static_cast<double>(store.count(each.filter(0))) / set.base.rows, options.k,
                recall / static_cast<double>(judged), searches / filtered, searches / plain, ratio);
    if (each.bar > 0) std::printf(" bar=%.2f %s", each.bar, passes ? "met" : "MISSED");
    std::printf("\n  %s\n", explain.c_str());
    std::fflush(stdout);
}

void run(const Options& options) {
    const DataSet set = load(options.data, options.metric, options.queries);
    std::vector<double> numbers;
    const std::vector<std::string> payloads = read_payloads(options, set.base.rows, "brightness", numbers);
    std::string directory = std::filesystem::temp_directory_path() / "vectorizer-filtered-XXXXXX";
    if (::mkdtemp(directory.data()) == nullptr) std::exit(1);
    Store store(options, set, directory);
    store.fill(payloads);
    std::printf("data=%s rows=%u dim=%u queries=%u index=%d\n", set.name.c_str(), set.base.rows, set.base.dim,
                set.queries.rows, options.index ? 1 : 0);

    struct Share {
        double share;
        double bar;
    };
    std::vector<Case> cases;
    for (const Share& share : {Share{0.5, 0.5}, Share{0.1, 0.2}, Share{0.01, 0.3}, Share{0.001, 1.0}}) {
        char name[32];
        std::snprintf(name, sizeof name, "%g%%", share.share * 100);
        const double until = share.share * 1000;
        cases.push_back({std::string("same n ") + name, [=](size_t) { return range("n", 0, until); }, share.bar});
        cases.push_back(
            {std::string("fresh n ") + name, [=](size_t query) { return range("n", -jitter(query + 1), until); }, 0});
    }
    if (numbers.size() == set.base.rows) {
        std::sort(numbers.begin(), numbers.end());
        const auto quantile = [&](double share) {
            return numbers[std::min(numbers.size() - 1,
                                    static_cast<size_t>(share * static_cast<double>(numbers.size())))];
        };
        for (const Share& share : {Share{0.5, 0.5}, Share{0.1, 0.2}, Share{0.01, 0.3}, Share{0.001, 1.0}}) {
            char name[32];
            std::snprintf(name, sizeof name, "%g%%", share.share * 100);
            const double low = quantile(0.4);
            const double high = quantile(0.4 + share.share);
            cases.push_back({std::string("same brightness ") + name,
                             [=](size_t) { return range("brightness", low, high); }, share.bar});
            cases.push_back({std::string("fresh brightness ") + name,
                             [=](size_t query) { return range("brightness", low, high + jitter(query)); }, 0});
        }
        cases.push_back(
            {"same class 10%",
             [](size_t) { return std::string(R"({"must":[{"key":"class","match":{"value":"Sneaker"}}]})"); }, 0.2});
    }
    for (const Case& each : cases) {
        if (each.name.find(options.only) != std::string::npos) measure(store, set, options, each);
    }
}

}  // namespace
}  // namespace vz::ann

int main(int count, char** arguments) {
    vz::ann::Options options;
    const bool is_good = vz::ann::read_options(count, arguments,
                                               {{"--data", &options.data},
                                                {"--metric", &options.metric},
                                                {"--queries", &options.queries},
                                                {"--k", &options.k},
                                                {"--only", &options.only},
                                                {"--index", &options.index}});
    if (!is_good || options.data.empty()) {
        std::fprintf(stderr,
                     "usage: vectorizer-filtered --data FOLDER [--metric M] [--queries N] [--k K] [--index 0|1] "
                     "[--only NAME]\n");
        return 2;
    }
    vz::ann::run(options);
    return 0;
}
