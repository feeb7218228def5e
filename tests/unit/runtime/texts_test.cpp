// Text rankings equal those of a reference computation over what a client has written, wherever the rows lie.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "engine/collection/fusion.hpp"
#include "engine/collection/text_search.hpp"
#include "engine/runtime/schema_check.hpp"
#include "tests/support/point_batch.hpp"
#include "tests/support/schema.hpp"
#include "tests/unit/runtime/engine_on_disk.hpp"

namespace vz {
namespace {

const FieldIndexSchema kIndex = {VZ_FIELD_INDEX_TEXT, "body", {}};
constexpr uint32_t kVocabulary = 60;

std::string word(uint32_t i) { return "w" + std::to_string(i); }

// What a client knows: the words of each point.
using Model = std::map<std::string, std::vector<std::string>>;

Schema with_index(bool indexed) {
    Schema schema = one_field(2);
    if (indexed) schema.field_indexes.push_back(kIndex);
    return schema;
}

class Texts : public EngineOnDisk {
 protected:
    void open() { open_engine(without_background()); }

    void write(uint32_t from, uint32_t to) {
        PointBatch batch;
        for (uint32_t i = from; i < to; ++i) {
            std::vector<std::string> words;
            // Words of low number are common, as in texts.
            for (uint32_t left = random(12); left > 0; --left)
                words.push_back(word(random(kVocabulary) * random(kVocabulary) / kVocabulary));
            std::string text;
            for (const std::string& each : words) text += each + " ";
            batch.ids.push_back(std::to_string(i));
            batch.payloads.push_back(R"({"even":)" + std::string(i % 2 == 0 ? "true" : "false") + R"(,"body":")" +
                                     text + "\"}");
            model_[batch.ids.back()] = std::move(words);
        }
        batch.vectors.assign(batch.ids.size() * 2, 1.0F);
        submit(VZ_UPSERT, batch);
    }

    void remove(uint32_t from, uint32_t to, uint32_t step) {
        PointBatch batch;
        for (uint32_t i = from; i < to; i += step) batch.ids.push_back(std::to_string(i));
        for (const std::string& id : batch.ids) model_.erase(id);
        submit(VZ_DELETE, batch);
    }

    void submit(uint32_t kind, const PointBatch& batch) {
        const Status written = write_points(*engine_, "c", kind, batch);
        ASSERT_TRUE(written.ok()) << written.error().message;
    }

    std::map<std::string, double> reference(const std::vector<std::string>& query, bool even_only) const {
        double texts = 0, words = 0;
        std::map<std::string, double> having;
        for (const auto& [id, all] : model_) {
            texts += all.empty() ? 0 : 1;
            words += static_cast<double>(all.size());
            for (const std::string& each : std::set<std::string>(all.begin(), all.end())) having[each] += 1;
        }
        std::map<std::string, double> scores;
        for (const auto& [id, all] : model_) {
            if (even_only && std::stoul(id) % 2 != 0) continue;
            double score = 0;
            for (const std::string& each : query) {
                const auto count = static_cast<double>(std::count(all.begin(), all.end(), each));
                if (count == 0) continue;
                const double idf = std::log(1 + (texts - having[each] + 0.5) / (having[each] + 0.5));
                score +=
                    idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * static_cast<double>(all.size()) * texts / words));
            }
            if (score > 0) scores[id] = score;
        }
        return scores;
    }

    void expect_reference() {
        const auto collection = engine_->catalogue().resolve("c").take();
        const auto even = RowFilter::read(R"({"must":[{"key":"even","match":{"value":true}}]})").take();
        for (int round = 0; round < 40; ++round) {
            std::vector<std::string> query;
            std::string text;
            for (uint32_t left = 1 + random(4); left > 0; --left) query.push_back(word(random(kVocabulary)));
            for (const std::string& each : query) text += each + ", ";
            const bool even_only = round % 3 == 0;
            TextQuery asked;
            asked.index = &kIndex;
            asked.text = text;
            asked.k = round % 2 == 0 ? 10 : 100000;
            asked.filter = even_only ? even.get() : nullptr;
            const ReadView view = collection->pin();
            const Result<std::vector<Hit>> hits = search_texts(view, asked, {}, nullptr);
            ASSERT_TRUE(hits.ok()) << hits.status().error().message;
            const std::map<std::string, double> scores = reference(query, even_only);
            ASSERT_EQ(hits->size(), std::min<size_t>(asked.k, scores.size())) << text;
            std::vector<double> best;
            for (const auto& [id, score] : scores) best.push_back(score);
            std::sort(best.rbegin(), best.rend());
            for (size_t i = 0; i < hits->size(); ++i) {
                const Hit& hit = (*hits)[i];
                const std::string id = id_text(hit.row.part->id(hit.row.row));
                ASSERT_TRUE(scores.contains(id)) << id << ": " << text;
                EXPECT_NEAR(hit.score, scores.at(id), 1e-4 * scores.at(id));
                EXPECT_NEAR(hit.score, best[i], 1e-4 * best[i]);
            }
        }
    }

    void alter(uint32_t kind) {
        const vz_field_index field = {
            sizeof(vz_field_index), kIndex.kind, {kIndex.path.data(), kIndex.path.size()}, {}};
        vz_alter_change change = {};
        change.struct_size = sizeof change;
        change.kind = kind;
        change.field_index = &field;
        ASSERT_TRUE(engine_->catalogue()
                        .alter("c", [&](Schema& schema) { return apply_change(change, &schema); }, false, {})
                        .ok());
        engine_->maintenance().note_changed(engine_->catalogue().resolve("c").take());
    }

    uint32_t random(uint32_t below) { return static_cast<uint32_t>(random_()) % below; }

    std::mt19937 random_{23};
    Model model_;
};

TEST_F(Texts, rank_as_a_reference_computation_does) {
    open();
    ASSERT_TRUE(engine_->catalogue().create("c", with_index(true), {}).ok());
    write(0, 700);
    expect_reference();  // growing
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    expect_reference();  // sealed
    write(500, 1000);
    remove(0, 400, 3);
    expect_reference();  // both, rows replaced and deleted in either
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    write(900, 1100);
    remove(600, 700, 2);
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    open();  // read from files, and replayed
    expect_reference();
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    ASSERT_TRUE(engine_->compaction().compact(*engine_->catalogue().resolve("c").take(), true).ok());
    expect_reference();
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Texts, an_index_comes_and_goes_while_in_use) {
    open();
    ASSERT_TRUE(engine_->catalogue().create("c", with_index(false), {}).ok());
    write(0, 300);
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    write(300, 400);
    alter(VZ_ALTER_ADD_FIELD_INDEX);
    expect_reference();
    write(350, 450);
    expect_reference();
    ASSERT_TRUE(engine_->checkpoints().take_all().ok());
    expect_reference();
    alter(VZ_ALTER_DROP_FIELD_INDEX);
    alter(VZ_ALTER_ADD_FIELD_INDEX);
    expect_reference();
    ASSERT_TRUE(engine_->close().ok());
    engine_.reset();
    open();
    expect_reference();
    ASSERT_TRUE(engine_->close().ok());
}

TEST_F(Texts, fused_ranks_and_scores) {
    open();
    ASSERT_TRUE(engine_->catalogue().create("c", with_index(true), {}).ok());
    write(0, 4);
    const ReadView view = engine_->catalogue().resolve("c").take()->pin();
    Part* const part = view.parts->front().get();
    const auto hit = [&](uint32_t row, float score) { return Hit{{part, row}, score}; };
    const std::vector<Hit> dense = {hit(0, 1), hit(1, 2), hit(2, 4)};  // distances
    const std::vector<Hit> text = {hit(2, 9), hit(3, 3)};
    const std::vector<Hit> by_rank = fuse_by_rank(dense, text);
    ASSERT_EQ(by_rank.size(), 4U);
    EXPECT_EQ(by_rank[0].row.row, 2U);
    EXPECT_FLOAT_EQ(by_rank[0].score, 1.0F / 63 + 1.0F / 61);
    EXPECT_EQ(by_rank[1].row.row, 0U);
    EXPECT_FLOAT_EQ(by_rank[1].score, 1.0F / 61);
    const std::vector<Hit> weighted = fuse_weighted(VZ_MANHATTAN, dense, text, 0.75F);
    ASSERT_EQ(weighted.size(), 4U);
    EXPECT_EQ(weighted[0].row.row, 0U);
    EXPECT_FLOAT_EQ(weighted[0].score, 0.75F);
    EXPECT_EQ(weighted[1].row.row, 1U);
    EXPECT_FLOAT_EQ(weighted[1].score, 0.75F * (1 / 3.0F - 1 / 5.0F) / (1 / 2.0F - 1 / 5.0F));
    EXPECT_EQ(weighted[2].row.row, 2U);
    EXPECT_FLOAT_EQ(weighted[2].score, 0.25F);
    EXPECT_FLOAT_EQ(weighted[3].score, 0.0F);
    const std::vector<Hit> similar = {hit(2, 4), hit(1, 2), hit(0, 1)};
    const std::vector<Hit> as_it_is = fuse_weighted(VZ_DOT, similar, {}, 0.75F);
    ASSERT_EQ(as_it_is.size(), 3U);
    EXPECT_FLOAT_EQ(as_it_is[1].score, 0.25F);
    EXPECT_TRUE(fuse_by_rank({}, {}).empty());
    ASSERT_TRUE(engine_->close().ok());
}

}  // namespace
}  // namespace vz
