// Searches of a living collection: whatever its rows went through, the answers are those of brute force, nearly or
// exactly.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "engine/collection/search.hpp"
#include "engine/collection/stats.hpp"
#include "engine/collection/upkeep.hpp"
#include "engine/index/kernels.hpp"
#include "engine/index/score.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

constexpr uint32_t kSearchDim = 40;
constexpr uint32_t kRows = 9'000;
constexpr uint32_t kQueries = 25;
constexpr uint32_t kNeighbours = 10;

Schema fields(vz_metric metric) {
    Schema schema;
    for (const char* name : {"", "second"}) {
        VectorFieldSchema field;
        field.name = name;
        field.dim = kSearchDim;
        field.metric = metric;
        field.id = schema.next_field_id++;
        schema.fields.push_back(field);
    }
    return schema;
}

// Points around a few hundred centres: neighbours mean something. With a tail, around none, of lengths by Pareto's law.
class Points {
 public:
    explicit Points(uint64_t seed, double tail = 0) : random_(1), tail_(tail), centres_(300 * kSearchDim) {
        for (float& value : centres_) value = normal_(random_);
        random_.seed(seed);
    }
    std::vector<float> draw() {
        const size_t centre = random_() % 300;
        std::vector<float> row(kSearchDim);
        if (tail_ > 0) {
            const double length = std::pow(std::uniform_real_distribution<double>(1e-6, 1)(random_), -1 / tail_);
            for (float& value : row) value = normal_(random_);
            const float norm = std::sqrt(kernels().dot(row.data(), row.data(), kSearchDim));
            for (float& value : row) value *= static_cast<float>(length) / norm;
            return row;
        }
        for (uint32_t d = 0; d < kSearchDim; ++d) row[d] = centres_[centre * kSearchDim + d] + 0.4F * normal_(random_);
        return row;
    }

 private:
    std::mt19937_64 random_;
    std::normal_distribution<float> normal_;
    double tail_;
    std::vector<float> centres_;
};

class Living : public EngineOnDisk, public testing::WithParamInterface<vz_metric> {
 protected:
    void SetUp() override {
        open();
        ASSERT_TRUE(engine_->catalogue().create("c", fields(GetParam()), {}).ok());
    }

    void open(uint64_t graph_copy_bytes_max = 0) {
        EngineSettings settings;
        settings.graph_copy_bytes_max = graph_copy_bytes_max;
        settings.growing_bytes_max = 64 << 20;
        settings.settle_after_ms = 3'600'000;  // nothing happens but what the test asks for
        open_engine(settings);
    }
    Collection& collection() {
        held_ = engine_->catalogue().resolve("c").take();
        return *held_;
    }

    // The second field is there for every other point.
    void upsert(uint32_t begin, uint32_t end) {
        constexpr uint32_t kBatch = 500;
        for (uint32_t first = begin; first < end; first += kBatch) {
            std::vector<std::string> texts;
            std::vector<float> values;
            for (uint32_t id = first; id < std::min(end, first + kBatch); ++id) {
                texts.push_back(std::to_string(id));
                live_[id] = copied_.empty() ? points_.draw() : copied_[id % copied_.size()];
                for (float& value : live_[id]) value = change_ != nullptr ? change_(value) : value;
                values.insert(values.end(), live_[id].begin(), live_[id].end());
            }
            std::vector<vz_str> ids;
            for (const std::string& text : texts) ids.push_back({text.data(), text.size()});
            std::vector<uint64_t> present((texts.size() + 63) / 64, 0x5555'5555'5555'5555ULL);
            vz_vectors second = {};
            second.struct_size = sizeof second;
            second.name = {"second", 6};
            second.matrix = {values.data(), texts.size(), 0, kSearchDim, VZ_F32};
            second.present = present.data();
            vz_write_request request = {};
            request.struct_size = sizeof request;
            request.kind = VZ_UPSERT;
            request.count = texts.size();
            request.ids = ids.data();
            request.vectors = {values.data(), texts.size(), 0, kSearchDim, VZ_F32};
            request.fields = &second;
            request.field_count = 1;
            write(request);
        }
    }
    void erase(const std::vector<uint32_t>& gone) {
        std::vector<std::string> ids;
        for (const uint32_t id : gone) {
            ids.push_back(std::to_string(id));
            live_.erase(id);
        }
        const Status written = write_points(*engine_, "c", VZ_DELETE, {ids});
        ASSERT_TRUE(written.ok()) << written.error().message;
    }
    void write(const vz_write_request& request) {
        vz_write_answer answer = {};
        std::vector<Status> errors;
        const Status written = engine_->write("c", request, &answer, &errors);
        ASSERT_TRUE(written.ok()) << written.error().message;
    }
    void checkpoint() {
        const auto done = engine_->checkpoints().take(collection());
        ASSERT_TRUE(done.ok()) << done.status().error().message;
    }
    void compact() {
        for (;;) {
            const Result<bool> done = engine_->compaction().compact(collection(), true);
            ASSERT_TRUE(done.ok()) << done.status().error().message;
            if (!*done) return;
        }
    }

    NearestQuery query_of(const std::vector<float>& values, uint32_t k, size_t field = 0) {
        schema_ = collection().schema();
        NearestQuery nearest;
        nearest.field = &schema_->fields[field];
        nearest.values = values.data();
        nearest.k = k;
        return nearest;
    }
    std::vector<Hit> search(const ReadView& view, const std::vector<float>& query, uint32_t k, bool exact,
                            size_t field = 0, const RowFilter* filter = nullptr) {
        NearestQuery nearest = query_of(query, k, field);
        nearest.exact = exact;
        nearest.filter = filter;
        report_ = {};
        auto hits = search_nearest(view, nearest, {}, &report_);
        EXPECT_TRUE(hits.ok());
        return hits.take();
    }

    std::vector<std::pair<float, uint32_t>> brute_force(const std::vector<float>& query, bool only_even) {
        const ScoreQuery scored = make_score_query(GetParam(), query.data(), kSearchDim);
        std::vector<std::pair<float, uint32_t>> all;
        for (const auto& [id, row] : live_) {
            if (only_even && !has_second(id)) continue;
            all.emplace_back(score_row(scored, row.data()), id);
        }
        const bool greater = is_similarity(GetParam());
        std::sort(all.begin(), all.end(), [greater](const auto& a, const auto& b) {
            return a.first != b.first ? (greater ? a.first > b.first : a.first < b.first) : a.second < b.second;
        });
        return all;
    }
    static bool has_second(uint32_t id) { return id % 500 % 2 == 0; }

    // Recall at default settings on both fields, and what exact searches answer.
    void expect_good_answers(const char* state) {
        const ReadView view = collection().pin();
        Points queries(99);
        double found[2] = {};
        for (uint32_t q = 0; q < kQueries; ++q) {
            const std::vector<float> query = queries.draw();
            for (const size_t field : {0u, 1u}) {
                const auto truth = brute_force(query, field == 1);
                const auto exact = search(view, query, kNeighbours, true, field);
                ASSERT_EQ(exact.size(), std::min<size_t>(kNeighbours, truth.size())) << state;
                for (size_t i = 0; i < exact.size(); ++i) {
                    ASSERT_EQ(exact[i].row.part->id(exact[i].row.row).high, truth[i].second) << state << " rank " << i;
                    ASSERT_EQ(exact[i].score, truth[i].first) << state;
                }
                const auto hits = search(view, query, kNeighbours, false, field);
                ASSERT_EQ(hits.size(), exact.size()) << state;
                std::set<uint64_t> ids;
                for (const Hit& hit : hits) {
                    const uint64_t id = hit.row.part->id(hit.row.row).high;
                    ASSERT_TRUE(ids.insert(id).second) << state << ": twice " << id;
                    ASSERT_TRUE(live_.contains(static_cast<uint32_t>(id))) << state << ": gone " << id;
                }
                for (const Hit& hit : exact) found[field] += ids.contains(hit.row.part->id(hit.row.row).high) ? 1 : 0;
            }
        }
        for (const double sum : found) EXPECT_GE(sum / (kQueries * kNeighbours), 0.95) << state;
    }
    // Of queries whose nearest rows have been deleted.
    void expect_good_answers_around_ended(const char* state, uint64_t seed) {
        constexpr size_t kAround = 200;
        Points points(seed);
        std::vector<std::vector<float>> queries;
        for (int i = 0; i < 8; ++i) queries.push_back(points.draw());
        for (const std::vector<float>& query : queries) {
            std::vector<uint32_t> gone;
            const auto nearest = brute_force(query, false);
            for (size_t i = 0; i < kAround; ++i) gone.push_back(nearest[i].second);
            erase(gone);
        }
        uint32_t found = 0;
        for (const std::vector<float>& query : queries) {
            std::set<uint64_t> truth;
            for (const Hit& hit : search(collection().pin(), query, kNeighbours, true))
                truth.insert(hit.row.part->id(hit.row.row).high);
            for (const Hit& hit : search(collection().pin(), query, kNeighbours, false))
                found += truth.contains(hit.row.part->id(hit.row.row).high) ? 1 : 0;
        }
        EXPECT_GE(found, queries.size() * kNeighbours * 95 / 100) << state;
    }
    // How far walks have to go for a recall.
    bool is_measured() {
        const ReadView view = collection().pin();
        return std::all_of(view.parts->begin(), view.parts->end(), [&](const auto& part) {
            const FieldGraph graph = part->graph(collection().schema()->fields[0].id);
            return graph.curve != nullptr && !graph.curve->points.empty() && graph.grown <= 1.5F;
        });
    }
    bool walks() {
        search(collection().pin(), live_.begin()->second, kNeighbours, false);
        return std::any_of(report_.parts.begin(), report_.parts.end(),
                           [](const PartReport& part) { return part.plan == VZ_PLAN_GRAPH; });
    }

    std::shared_ptr<Collection> held_;
    std::shared_ptr<const Schema> schema_;
    SearchReport report_;
    Points points_{7};
    std::vector<std::vector<float>> copied_;  // what points have from here on
    float (*change_)(float) = nullptr;        // of every value, from here on
    std::map<uint32_t, std::vector<float>> live_;
};

TEST_P(Living, answers_are_good_in_every_state) {
    upsert(0, 2'000);
    expect_good_answers("few rows");
    upsert(2'000, kRows);
    expect_good_answers("growing");
    EXPECT_TRUE(walks());
    checkpoint();
    expect_good_answers("sealed");
    EXPECT_TRUE(walks());
    upsert(kRows, kRows + 3'000);
    upsert(100, 600);
    expect_good_answers("sealed and growing, rows replaced");
    checkpoint();
    upsert(kRows + 3'000, kRows + 3'100);
    checkpoint();
    expect_good_answers("three segments");
    std::vector<uint32_t> gone;
    for (uint32_t id = 0; id < kRows; ++id) {
        if (id % 10 < 4) gone.push_back(id);
    }
    erase(gone);
    expect_good_answers("forty in a hundred deleted");
    checkpoint();
    compact();
    vz_collection_stats stats = {};
    fill_stats(collection(), &stats);
    EXPECT_EQ(stats.sealed_segments, 1U);
    EXPECT_EQ(stats.deleted_rows, 0U);
    EXPECT_EQ(stats.unindexed_rows, 0U);
    EXPECT_EQ(stats.points, live_.size());
    expect_good_answers("compacted");
    EXPECT_TRUE(walks());
    held_.reset();
    ASSERT_TRUE(engine_->close().ok());
    open();
    expect_good_answers("opened again");
    EXPECT_TRUE(walks());
}

TEST_P(Living, reports_tell_what_was_done) {
    upsert(0, kRows);
    checkpoint();
    EXPECT_TRUE(walks());
    const auto walked = std::find_if(report_.parts.begin(), report_.parts.end(),
                                     [](const PartReport& part) { return part.plan == VZ_PLAN_GRAPH; });
    EXPECT_GE(walked->reranked, kNeighbours + 5U) << "more rows are scored exactly than are answered";
    EXPECT_LE(walked->reranked, 8U * kNeighbours);
    EXPECT_GT(walked->rerank_ns, 0U);
    EXPECT_LT(walked->rerank_ns, walked->ns);
    EXPECT_GE(walked->scored, walked->hops);
    EXPECT_EQ(walked->layout, GetParam() == VZ_MANHATTAN ? Layout::kFp32 : Layout::kSq8);

    // Without its parts a report says the same of the whole.
    const auto outline = [&](bool exact, const std::vector<float>& query) {
        NearestQuery nearest = query_of(query, kNeighbours);
        nearest.exact = exact;
        SearchReport report;
        report.has_parts = false;
        EXPECT_TRUE(search_nearest(collection().pin(), nearest, {}, &report).ok());
        EXPECT_TRUE(report.parts.empty());
        return std::make_pair(report.plan, report.effort);
    };
    const std::vector<float> near = live_.begin()->second;
    EXPECT_EQ(outline(false, near), std::make_pair(report_.plan, report_.effort));
    EXPECT_EQ(report_.plan, VZ_PLAN_GRAPH);
    EXPECT_EQ(report_.effort, walked->effort);
    const uint32_t effort_near = report_.effort;
    std::vector<float> far = near;  // walked for once more
    for (size_t i = 0; i < far.size(); ++i) far[i] = i % 2 == 0 ? 20 : -20;
    search(collection().pin(), far, kNeighbours, false);
    EXPECT_EQ(outline(false, far), std::make_pair(report_.plan, report_.effort));
    EXPECT_GT(report_.effort, effort_near);
    EXPECT_EQ(outline(true, near), std::make_pair(uint32_t{VZ_PLAN_EXACT}, 0U));
    upsert(kRows, kRows + 5);  // too few for a graph
    EXPECT_EQ(outline(false, near).first, VZ_PLAN_MIXED);
}

TEST_P(Living, parts_are_searched_together) {
    constexpr uint32_t kSmall = 1'400;  // too few rows for a graph, alone; and so few that no segments are made one
    constexpr uint32_t kLarge = kRows + 3'000;
    upsert(0, kLarge);
    checkpoint();
    for (uint32_t part = 0; part < 4; ++part) {
        upsert(kLarge + part * kSmall, kLarge + (part + 1) * kSmall);
        checkpoint();
    }
    upsert(0, 200);
    expect_good_answers("one segment, four small ones, growing rows");
    Points queries(99);
    for (uint32_t q = 0; q < kQueries; ++q) {
        constexpr uint32_t kEffort = 200;
        const std::vector<float> query = queries.draw();
        NearestQuery nearest = query_of(query, kNeighbours);
        nearest.effort = kEffort;
        SearchReport report;
        ASSERT_TRUE(search_nearest(collection().pin(), nearest, {}, &report).ok());
        size_t walked = 0;
        uint64_t hops = 0;
        for (const PartReport& part : report.parts) {
            if (part.rows < kSmall) continue;
            ++walked;
            hops += part.hops;
            EXPECT_EQ(part.plan, uint32_t{VZ_PLAN_GRAPH});
            EXPECT_EQ(part.effort, kEffort);
            EXPECT_LT(part.scored, part.rows);
            EXPECT_GT(part.ns, 0U);
        }
        EXPECT_EQ(walked, 5U);
        EXPECT_GE(hops, kEffort);
        EXPECT_LE(hops, 2 * kEffort) << "five walks apart would take five times as many";
    }
}

// Keys of two layouts do not compare: the largest graph decides which are walked as one.
TEST_P(Living, a_small_part_of_another_layout_is_searched_apart) {
    constexpr uint32_t kSmall = 1'400;
    upsert(0, kRows);
    checkpoint();
    upsert(kRows, kRows + kSmall);
    checkpoint();
    change_ = [](float value) { return std::max(0.0F, std::round(value)); };
    upsert(kRows + kSmall, kRows + 2 * kSmall);  // in bytes, but under cosine
    checkpoint();
    expect_good_answers("two segments, and a small one in bytes");
    search(collection().pin(), Points(99).draw(), kNeighbours, false);
    const auto walked = std::count_if(report_.parts.begin(), report_.parts.end(),
                                      [](const PartReport& part) { return part.plan == VZ_PLAN_GRAPH; });
    EXPECT_EQ(walked, GetParam() == VZ_COSINE ? 3 : 2);
}

TEST_P(Living, graphs_leave_the_maps_as_far_as_memory_goes) {
    upsert(0, kRows);
    checkpoint();
    EXPECT_FALSE(has_mapped_graphs(collection()));
    // What is sealed does not grow: no writer waits for it.
    EXPECT_LT(growing_bytes(collection()), 256U << 10);
    expect_good_answers("sealed");
    const auto reopen = [&](uint64_t bytes_max) {
        held_.reset();
        ASSERT_TRUE(engine_->close().ok());
        open(bytes_max);
    };
    reopen(1);
    EXPECT_TRUE(has_mapped_graphs(collection()));
    expect_good_answers("in the maps");
    EXPECT_TRUE(walks());
    EXPECT_TRUE(has_mapped_graphs(collection()));
    reopen(0);
    const ReadView pinned_before = collection().pin();
    for (int tries = 0; tries < 1000 && has_mapped_graphs(collection()); ++tries) {
        search(pinned_before, live_.begin()->second, kNeighbours, false);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_FALSE(has_mapped_graphs(collection()));
    expect_good_answers("in memory of their own");
    EXPECT_TRUE(walks());
}

TEST_P(Living, never_fewer_hits_than_live_rows) {
    upsert(0, kRows);
    checkpoint();
    std::vector<uint32_t> gone;
    for (uint32_t id = 0; id < kRows; ++id) {
        if (id % 150 != 0) gone.push_back(id);
    }
    erase(gone);
    upsert(kRows, kRows + 20);
    const ReadView view = collection().pin();
    Points queries(5);
    for (uint32_t q = 0; q < 20; ++q) {
        const std::vector<float> query = queries.draw();
        EXPECT_EQ(search(view, query, 50, false).size(), 50U);
        EXPECT_EQ(search(view, query, 20'000, false).size(), live_.size());
        EXPECT_EQ(search(view, query, 20'000, false, 1).size(), brute_force(query, true).size());
    }
}

TEST_P(Living, rows_without_the_vector_take_nobodys_place) {
    upsert(0, kRows);
    std::string passing = R"({"must":[{"has_id":[)";
    for (uint32_t id = 0; id < kRows; id += 9) passing += (id == 0 ? "\"" : ",\"") + std::to_string(id) + "\"";
    passing += "]}]}";
    const auto filter = RowFilter::read(passing).take();
    for (const char* state : {"growing", "sealed"}) {
        const ReadView view = collection().pin();
        Points queries(5);
        double found = 0;
        for (uint32_t q = 0; q < kQueries; ++q) {
            const std::vector<float> query = queries.draw();
            std::vector<std::pair<float, uint32_t>> truth = brute_force(query, true);
            std::erase_if(truth, [](const auto& each) { return each.second % 9 != 0; });
            const auto hits = search(view, query, kNeighbours, false, 1, filter.get());
            ASSERT_EQ(hits.size(), kNeighbours) << state;
            for (uint32_t i = 0; i < kNeighbours; ++i) found += hits[i].score == truth[i].first ? 1 : 0;
            EXPECT_EQ(search(view, query, static_cast<uint32_t>(truth.size()) + 1, false, 1, filter.get()).size(),
                      truth.size());
        }
        EXPECT_GE(found / (kQueries * kNeighbours), 0.95) << state;
        checkpoint();
    }
}

TEST_P(Living, answers_are_good_while_most_rows_have_ended) {
    upsert(0, kRows);
    checkpoint();
    std::vector<uint32_t> gone;
    for (uint32_t id = 0; id < kRows; ++id) {
        if (id % 10 != 0 && id % 11 != 0) gone.push_back(id);
    }
    erase(gone);
    expect_good_answers("four in five deleted");
    gone.clear();
    for (const auto& [id, row] : live_) {
        if (id % 10 != 0) gone.push_back(id);
    }
    erase(gone);
    expect_good_answers("nine in ten deleted");
}

// The rows met first are those that may not be answered: ten others are soon found, but no near ones.
TEST_P(Living, answers_are_good_where_the_rows_around_the_query_have_ended) {
    upsert(0, kRows);
    expect_good_answers_around_ended("growing", 99);
    upsert(0, kRows);
    checkpoint();
    expect_good_answers_around_ended("sealed", 199);
}

// Lengths from one to thousands: no walk finds the nearest of the short ones, all over the graph, by way of the long.
TEST_P(Living, answers_are_good_where_no_walk_goes_far_enough) {
    points_ = Points(7, 0.4);
    upsert(0, kRows);
    while (!is_measured()) std::this_thread::yield();
    for (const char* state : {"growing", "sealed"}) {
        Points queries(99, 0.4);
        double found = 0;
        for (uint32_t q = 0; q < kQueries; ++q) {
            const std::vector<float> query = queries.draw();
            const auto truth = brute_force(query, false);
            for (const Hit& hit : search(collection().pin(), query, kNeighbours, false))
                found += is_similarity(GetParam()) ? hit.score >= truth[kNeighbours - 1].first
                                                   : hit.score <= truth[kNeighbours - 1].first;
        }
        EXPECT_GE(found / (kQueries * kNeighbours), 0.97) << state;
        checkpoint();
    }
}

// Between a hundred rows, each there sixty times, walks go far.
TEST_P(Living, rows_are_scored_where_walks_cost_more) {
    for (int i = 0; i < 100; ++i) copied_.push_back(points_.draw());
    upsert(0, 6'000);
    checkpoint();
    uint32_t scans = 0;
    for (uint32_t q = 0; q < kQueries; ++q) {
        const std::vector<float> query = points_.draw();
        const auto truth = search(collection().pin(), query, kNeighbours, true);
        const auto hits = search(collection().pin(), query, kNeighbours, false);
        EXPECT_LE(report_.effort, 500U);
        if (report_.parts.back().plan != VZ_PLAN_EXACT) continue;
        ++scans;
        for (size_t i = 0; i < truth.size(); ++i) EXPECT_EQ(hits[i].score, truth[i].score);
    }
    EXPECT_GT(scans, 0U);
}

// What a graph is built of is chosen by its rows: one that was built right is not built again.
TEST_P(Living, a_graph_stays_as_its_rows_wanted_it) {
    change_ = [](float value) { return std::round(std::clamp(128 + 30 * value, 0.0F, 255.0F)); };
    upsert(0, kRows);
    checkpoint();
    vz_collection_stats stats = {};
    fill_stats(collection(), &stats);
    EXPECT_EQ(stats.unindexed_rows, 0U);
    const Result<bool> done = engine_->compaction().compact(collection(), true);
    EXPECT_TRUE(done.ok() && !*done);
}

TEST_P(Living, rows_that_ended_want_no_graph) {
    upsert(0, kRows);
    checkpoint();
    std::vector<uint32_t> gone;
    for (uint32_t id = 0; id < kRows; id += 10) gone.push_back(id);
    erase(gone);
    const auto double_degree = [](Schema& schema) {
        schema.fields[0].degree = 64;
        return Status();
    };
    ASSERT_TRUE(engine_->catalogue().alter("c", double_degree, false, {}).ok());
    vz_collection_stats stats = {};
    fill_stats(collection(), &stats);
    EXPECT_EQ(stats.unindexed_rows, live_.size());
}

// Pages of one answer must not repeat points or leave some out, however many are equally near.
TEST_P(Living, equal_points_are_answered_in_order_of_their_ids) {
    copied_ = {points_.draw()};
    for (uint32_t end = 1'500; end > 0; end -= 100) upsert(end - 100, end);
    for (const bool is_sealed : {false, true}) {
        if (is_sealed) checkpoint();
        const ReadView view = collection().pin();
        for (const uint32_t k : {1u, 10u, 200u}) {
            const auto hits = search(view, copied_[0], k, true);
            ASSERT_EQ(hits.size(), k);
            for (uint32_t i = 0; i < k; ++i)
                ASSERT_EQ(hits[i].row.part->id(hits[i].row.row).high, i) << k << (is_sealed ? " sealed" : " growing");
        }
    }
}

TEST_P(Living, a_view_pinned_before_compaction_goes_on_answering) {
    upsert(0, kRows);
    checkpoint();
    const ReadView before = collection().pin();
    const std::vector<float> query = points_.draw();
    const auto then = search(before, query, kNeighbours, true);
    std::vector<uint32_t> gone;
    for (const Hit& hit : then) gone.push_back(static_cast<uint32_t>(hit.row.part->id(hit.row.row).high));
    std::vector<std::string> ids;
    erase(gone);
    checkpoint();
    for (uint32_t id = 0; id < 3'000; ++id) gone.push_back(id);
    erase(gone);
    compact();
    const auto still = search(before, query, kNeighbours, true);
    ASSERT_EQ(still.size(), then.size());
    for (size_t i = 0; i < then.size(); ++i)
        EXPECT_EQ(still[i].row.part->id(still[i].row.row), then[i].row.part->id(then[i].row.row));
    expect_good_answers("deleted and compacted");
}

TEST_P(Living, what_ends_while_compaction_runs_stays_ended) {
    upsert(0, 6'000);
    checkpoint();
    upsert(6'000, 8'000);
    checkpoint();
    std::vector<uint32_t> gone;
    for (uint32_t id = 0; id < 2'000; ++id) gone.push_back(id);
    erase(gone);
    // Checkpoints move the line above which records are replayed, in the middle of it all.
    std::thread compaction([this] {
        const auto kept = engine_->catalogue().resolve("c").take();
        EXPECT_TRUE(engine_->compaction().compact(*kept, true).ok());
    });
    for (uint32_t round = 0; round < 20; ++round) {
        std::vector<uint32_t> some;
        for (uint32_t id = 2'000 + round * 100; id < 2'100 + round * 100; ++id) some.push_back(id);
        erase(some);
        upsert(2'000 + round * 100, 2'050 + round * 100);
        if (round % 3 == 0) {
            const auto kept = engine_->catalogue().resolve("c").take();
            ASSERT_TRUE(engine_->checkpoints().take(*kept).ok());
        }
    }
    compaction.join();
    EXPECT_EQ(collection().points(), live_.size());
    expect_good_answers("compacted under writes");
    // As if killed: the logs go over what was sealed.
    held_.reset();
    open();
    EXPECT_EQ(collection().points(), live_.size());
    expect_good_answers("recovered");
}

TEST(Queries, are_finite_wherever_the_one_value_stands) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    constexpr float kGreatest = std::numeric_limits<float>::max();
    for (uint32_t dim = 1; dim <= 130; ++dim) {
        std::vector<float> values(dim, -kGreatest);  // their squares are not finite
        EXPECT_TRUE(are_finite(values.data(), dim));
        for (const float usual : {1.0F, kGreatest}) {
            for (uint32_t at = 0; at < dim; ++at) {
                for (const float bad : {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
                    values.assign(dim, usual);
                    values[at] = bad;
                    EXPECT_FALSE(are_finite(values.data(), dim)) << dim << " values, " << bad << " at " << at;
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Metrics, Living, ::testing::Values(VZ_COSINE, VZ_EUCLIDEAN, VZ_DOT, VZ_MANHATTAN));

}  // namespace
}  // namespace vz
