// vectorizer.hpp as an application uses it: owners, spans, typed errors, and a class behind the seven functions of a
// frontend.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/abi/wrapper_elsewhere.hpp"
#include "vectorizer/vectorizer.hpp"

namespace {

struct Wrapper : testing::Test {
    Wrapper() {
        char path[] = "/tmp/vz-wrapper-XXXXXX";
        directory = mkdtemp(path);
    }
    ~Wrapper() override { std::filesystem::remove_all(directory); }

    vz::Engine open() const { return vz::Engine::open(directory).value(); }

    std::string directory;
};

const std::vector<float> kVectors = {1, 0, 0, 0, 1, 0};
const vz_str kIds[] = {vz::str("a"), vz::str("7")};
const vz_str kPayloads[] = {vz::str("{\"n\":1}"), {nullptr, 0}};

TEST(Make, ZeroesAndSetsTheSize) {
    const auto request = vz::make<vz_search_request>();
    EXPECT_EQ(request.struct_size, sizeof(vz_search_request));
    EXPECT_EQ(request.k, 0U);
    EXPECT_EQ(request.text, nullptr);
}

TEST_F(Wrapper, WritesAndReadsThroughSpans) {
    const vz::Engine engine = open();
    ASSERT_TRUE(engine.create("docs", 3, VZ_COSINE));
    const auto written = engine.upsert("docs", kIds, kVectors, kPayloads);
    ASSERT_TRUE(written) << written.error().message();
    EXPECT_EQ(written->applied, 2U);
    EXPECT_EQ(engine.count("docs").value(), 2U);
    EXPECT_EQ(engine.count("docs", R"({"must":[{"key":"n","match":{"value":1}}]})").value(), 1U);

    auto parts = vz::make<vz_parts>();
    parts.flags = VZ_PARTS_PAYLOAD | VZ_PARTS_VECTORS;
    const std::vector<float> query = {1, 0, 0};
    const auto hits = engine.search("docs", query, 10, &parts);
    ASSERT_TRUE(hits) << hits.error().message();
    const vz::Rows rows = hits->rows();
    ASSERT_EQ(rows.size(), 2U);
    std::string seen;
    for (const vz::Row row : rows) seen += std::string(row.id()) + std::string(row.payload()) + " ";
    EXPECT_EQ(seen, "a{\"n\":1} 7{} ");
    EXPECT_EQ(rows[0].score(), 1.0F);
    EXPECT_EQ(rows[0].version(), written->lsn);
    EXPECT_EQ(rows[1].id_kind(), VZ_ID_U64);
    ASSERT_EQ(rows[1].vector().size(), 3U);
    EXPECT_EQ(rows[1].vector()[1], 1.0F);
    EXPECT_TRUE(rows[1].vector("other").empty());
    EXPECT_TRUE(hits->check());

    const vz_str wanted[] = {vz::str("none"), vz::str("a")};
    const auto got = engine.get("docs", wanted);
    ASSERT_TRUE(got);
    const vz::Rows points = got->rows();
    EXPECT_FALSE(points[0].exists());
    EXPECT_TRUE(points[1].exists());
    EXPECT_TRUE(points[1].vector().empty()) << "was not asked for";
    EXPECT_EQ(engine.erase("docs", std::span(kIds, 1)).value().applied, 1U);
    EXPECT_EQ(engine.stats("docs").value().points, 1U);
}

TEST_F(Wrapper, ScansPageByPage) {
    const vz::Engine engine = open();
    ASSERT_TRUE(engine.create("docs", 3, VZ_COSINE));
    ASSERT_TRUE(engine.upsert("docs", kIds, kVectors));
    auto request = vz::make<vz_scan_request>();
    request.limit = 1;
    const auto first = engine.scan("docs", request);
    ASSERT_TRUE(first);
    const vz::Rows page = first->rows();
    ASSERT_EQ(page.size(), 1U);
    EXPECT_EQ(page[0].id(), "7");
    request.cursor = vz::str(page.cursor());
    const auto second = engine.scan("docs", request);
    ASSERT_TRUE(second);
    EXPECT_EQ((*second->rows().begin()).id(), "a");
    EXPECT_TRUE(second->rows().cursor().empty());
}

TEST_F(Wrapper, ErrorsAreTyped) {
    const vz::Engine engine = open();
    ASSERT_TRUE(engine.create("docs", 3, VZ_COSINE));
    const auto missing = engine.count("none");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().status(), VZ_NOT_FOUND);
    EXPECT_EQ(missing.error().reason(), VZ_REASON_COLLECTION);
    const std::vector<float> bad = {1, 2};
    const auto refused = engine.search("docs", bad, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status(), VZ_INVALID_ARGUMENT);
    EXPECT_EQ(refused.error().reason(), VZ_REASON_DIMENSION);
    EXPECT_EQ(refused.error().expected(), 3);
    EXPECT_EQ(refused.error().actual(), 2);
    EXPECT_EQ(engine.upsert("docs", kIds, bad).error().reason(), VZ_REASON_DIMENSION);
    EXPECT_EQ(engine.upsert("docs", kIds, std::vector<float>(5)).error().field(), "vectors");
    EXPECT_EQ(engine.upsert("docs", {}, bad).error().field(), "vectors");
    const auto nothing = engine.upsert("docs", {}, {});
    ASSERT_TRUE(nothing);  // as vz_write has it
    EXPECT_EQ(nothing->applied, 0U);
    try {
        static_cast<void>(engine.search("docs", bad, 1).value());
        FAIL() << "value() of a failure";
    } catch (const vz::Failure& failure) {
        EXPECT_EQ(failure.error().status(), VZ_INVALID_ARGUMENT);
    }
}

TEST_F(Wrapper, OwnersReleaseWhatTheyOwn) {
    vz::Engine engine = open();
    EXPECT_EQ(vz::Engine::open(directory).error().reason(), VZ_REASON_IN_USE);
    ASSERT_TRUE(engine.create("docs", 3, VZ_COSINE));
    {
        auto infos = engine.list();
        ASSERT_TRUE(infos);
        ASSERT_EQ(infos->collections().size(), 1U);
        for (const vz_collection_info& info : infos->collections()) EXPECT_EQ(vz::view(info.name), "docs");
        EXPECT_TRUE(infos->values().empty());
        EXPECT_EQ(engine.close().error().reason(), VZ_REASON_RESULTS);
        EXPECT_EQ(engine.stats().value().results_held, 1U);
    }
    EXPECT_EQ(rows_of(engine.search("docs", std::vector<float>{1, 0, 0}, 1).value()), 0U);
    EXPECT_EQ(engine.stats().value().results_held, 0U);
    vz::Engine moved = std::move(engine);
    EXPECT_TRUE(moved.close());
    EXPECT_TRUE(vz::Engine::open(directory)) << "closed for good";
}

TEST_F(Wrapper, AnEngineThatIsReplacedIsClosed) {
    vz::Engine engine = open();
    vz::Engine other = vz::Engine::open(directory + "/other").value();
    ASSERT_TRUE(other.create("docs", 3, VZ_COSINE));
    engine = std::move(other);
    EXPECT_TRUE(vz::Engine::open(directory)) << "while the one that was moved from lives";
    EXPECT_TRUE(engine.count("docs"));
    vz::Engine& itself = engine;
    engine = std::move(itself);
    EXPECT_TRUE(engine.count("docs"));
}

// The C function frees the engine whether or not the last bytes reached the disk: the owner must not close it again.
TEST_F(Wrapper, AnEngineIsClosedOnceWhenTheDiskFails) {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit whole = {};
    ::getrlimit(RLIMIT_FSIZE, &whole);
    const rlimit none = {0, whole.rlim_max};
    bool has_failed = false;
    for (int tries = 0; tries < 50 && !has_failed; ++tries) {
        vz::Engine engine = open();
        static_cast<void>(engine.create("docs", 3, VZ_COSINE));
        ASSERT_TRUE(engine.upsert("docs", kIds, kVectors));
        // So that the log is marked behind the write: a marker that fails leaves nothing for close to fail at.
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        ::setrlimit(RLIMIT_FSIZE, &none);
        has_failed = !engine.close();
        ::setrlimit(RLIMIT_FSIZE, &whole);
        EXPECT_EQ(engine.raw(), nullptr);
    }
    EXPECT_TRUE(has_failed);
    EXPECT_TRUE(vz::Engine::open(directory));
}

TEST_F(Wrapper, ValuesAndAliases) {
    const vz::Engine engine = open();
    ASSERT_TRUE(engine.create("docs", 3, VZ_COSINE));
    auto value = vz::make<vz_value>();
    value.key = vz::str("keys/one");
    value.value = vz::str("1");
    ASSERT_TRUE(engine.put_values(std::span(&value, 1)));
    const auto values = engine.list_values("keys/");
    ASSERT_TRUE(values);
    ASSERT_EQ(values->values().size(), 1U);
    EXPECT_EQ(vz::view(values->values()[0].value), "1");
    const vz_alias_change change = {vz::str("current"), vz::str("docs")};
    ASSERT_TRUE(engine.apply_aliases(std::span(&change, 1)));
    EXPECT_EQ(engine.count("current").value(), 0U);
    EXPECT_TRUE(engine.checkpoint());
    EXPECT_EQ(engine.persistence("docs").value().persistence()[0].persisted, 1U);
}

TEST_F(Wrapper, CollectionsInOneFileAreOnDisk) {
    const vz::Engine engine = open();
    for (const char* name : {"one", "two"}) {
        ASSERT_TRUE(engine.create(name, 3, VZ_COSINE));
        ASSERT_TRUE(engine.upsert(name, kIds, kVectors));
    }
    ASSERT_TRUE(engine.checkpoint());
    std::string file;
    for (const char* name : {"one", "two"}) {
        auto result = engine.persistence(name);
        const vz_persistence& report = result.value().persistence()[0];
        ASSERT_EQ(report.segment_count, 1U);
        if (file.empty()) file = vz::view(report.segments[0].file);
        EXPECT_EQ(vz::view(report.segments[0].file), file);
        EXPECT_EQ(report.persisted, 1U);
        EXPECT_EQ(report.problem_count, 0U);
    }
}

TEST_F(Wrapper, SnapshotsAndArchivesAreRestored) {
    vz::Engine engine = open();
    for (const char* name : {"one", "two"}) {
        ASSERT_TRUE(engine.create(name, 3, VZ_COSINE));
        ASSERT_TRUE(engine.upsert(name, kIds, kVectors));
    }
    const vz_str one = vz::str("one");
    {
        const auto made = engine.snapshot("kept", std::span(&one, 1));
        ASSERT_TRUE(made) << made.error().message();
        ASSERT_EQ(made->snapshots().size(), 1U);
        EXPECT_EQ(made->snapshots()[0].collection_count, 1U);
        EXPECT_EQ(vz::view(engine.list_snapshots().value().snapshots()[0].name), "kept");
    }
    ASSERT_TRUE(engine.erase("one", kIds));
    auto restore = vz::make<vz_restore_request>();
    restore.snapshot = vz::str("kept");
    restore.flags = VZ_RESTORE_REPLACE;
    ASSERT_TRUE(engine.restore(restore));
    EXPECT_EQ(engine.count("one").value(), 2U);
    ASSERT_TRUE(engine.drop_snapshot("kept"));
    EXPECT_EQ(engine.drop_snapshot("kept").error().reason(), VZ_REASON_SNAPSHOT);

    const std::string path = directory + "/all.vecdb";
    auto archive = vz::make<vz_archive_request>();
    archive.path = vz::str(path);
    ASSERT_TRUE(engine.export_archive(archive));
    ASSERT_TRUE(engine.drop("two"));
    restore = vz::make<vz_restore_request>();
    restore.archive = vz::str(path);
    restore.from = vz::str("two");
    ASSERT_TRUE(engine.restore(restore));
    EXPECT_EQ(engine.count("two").value(), 2U);
}

TEST_F(Wrapper, WhatAnOperatorAsksIsAnswered) {
    vz::Engine engine = open();
    ASSERT_TRUE(engine.create("docs", 3, VZ_COSINE));
    ASSERT_TRUE(engine.upsert("docs", kIds, kVectors));
    double points = 0;
    ASSERT_TRUE(engine.samples([&](const vz_sample& sample) {
        if (vz::view(sample.name) == "vectorizer_points") points = sample.value;
    }));
    EXPECT_EQ(points, 2);
    EXPECT_TRUE(engine.verify("docs", VZ_VERIFY_DEEP).value().findings().empty());
    EXPECT_EQ(engine.verify("none").error().status(), VZ_NOT_FOUND);
    auto check = vz::make<vz_directory_request>();
    check.kind = VZ_DIRECTORY_CHECK;
    EXPECT_EQ(vz::Engine::run_tool(directory, check).error().reason(), VZ_REASON_IN_USE);
    ASSERT_TRUE(engine.close());
    const auto findings = vz::Engine::run_tool(directory, check);
    ASSERT_TRUE(findings);
    for (const vz_finding& finding : findings->findings())
        EXPECT_EQ(finding.status, VZ_OK) << vz::view(finding.message);
}

TEST_F(Wrapper, OperationsAreSubmitted) {
    const vz::Engine engine = open();
    ASSERT_TRUE(engine.create("docs", 3, VZ_COSINE));
    auto request = vz::make<vz_write_request>();
    request.kind = VZ_UPSERT;
    request.count = 2;
    request.ids = kIds;
    request.vectors = vz::matrix(kVectors, 2);
    std::promise<vz_status> ended;
    auto op = vz::make<vz_op>();
    op.kind = VZ_OP_WRITE;
    op.collection = vz::str("docs");
    op.request = &request;
    op.user = &ended;
    op.done = [](vz_op* done) noexcept { static_cast<std::promise<vz_status>*>(done->user)->set_value(done->status); };
    ASSERT_EQ(engine.submit(op), VZ_OK);
    EXPECT_EQ(ended.get_future().get(), VZ_OK);
    EXPECT_EQ(engine.count("docs").value(), 2U);
}

// A frontend that fails as its configuration says.
struct Moody {
    static vz::Expected<std::unique_ptr<Moody>> create(vz::Host host) {
        if (host.instance() == "throws") throw std::runtime_error("in create");
        if (host.instance() == "runs-out") throw std::bad_alloc();
        if (host.instance() == "refuses") return vz::Error(VZ_INVALID_ARGUMENT, "mood", "is bad");
        return std::make_unique<Moody>();
    }
    vz::Expected<void> start() { return vz::Error(VZ_IO_ERROR, "port", "is taken"); }
    void drain() { drained = true; }
    bool idle() const { return drained; }
    void stop() {}

    bool drained = false;
};

TEST(FrontendFunctions, TurnExceptionsIntoErrors) {
    using Functions = vz::FrontendFunctions<Moody>;
    vz_host host = vz::make<vz_host>();
    vz_frontend* made = nullptr;
    for (const auto& [instance, status] :
         {std::pair{"throws", VZ_INTERNAL}, {"runs-out", VZ_OUT_OF_MEMORY}, {"refuses", VZ_INVALID_ARGUMENT}}) {
        vz_error error = {};
        host.instance = vz::str(instance);
        EXPECT_EQ(Functions::create(&host, &made, &error), status) << instance;
        EXPECT_EQ(error.status, status) << instance;
        EXPECT_EQ(Functions::create(&host, &made, nullptr), status) << "an error is optional";
    }
    EXPECT_EQ(made, nullptr);
    host.instance = vz::str("good");
    ASSERT_EQ(Functions::create(&host, &made, nullptr), VZ_OK);
    vz_error error = {};
    EXPECT_EQ(Functions::start(made, &error), VZ_IO_ERROR);
    EXPECT_STREQ(error.field, "port");
    EXPECT_EQ(Functions::idle(made), 0U);
    Functions::drain(made);
    EXPECT_EQ(Functions::idle(made), 1U);
    Functions::stop(made);
    Functions::destroy(made);
}

}  // namespace
