// What `import` takes and brings back, and what `export` leaves.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/output.hpp"
#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

TEST(Import, NdjsonGoesOnWhereItStoppedAndNamesABadLine) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    const std::string file = directory.path() + "/points.ndjson";
    // As some systems write text: behind a byte order mark.
    std::ofstream(file) << "\xEF\xBB\xBF"
                           R"({"id":"x","vector":[1,2,3],"payload":{"a":1}})"
                           "\n\n"
                           R"({"embedding":[4,5,6]})"
                           "\n";
    const std::vector<std::string> command = {program(), "import",  file, "--collection", "n", "--data-dir",
                                              data,      "--batch", "1"};
    EXPECT_EQ(run(command).exit.code, 0);
    const Ran again = run(command);
    EXPECT_EQ(again.exit.code, 0) << again.output;
    EXPECT_TRUE(contains(again.output, "2 of them were there already")) << again.output;
    const Ran other = run({program(), "import", file, "--collection", "n", "--data-dir", data, "--metric", "dot"});
    EXPECT_EQ(other.exit.code, 2) << other.output;
    EXPECT_TRUE(contains(other.output, "another metric than --metric dot")) << other.output;
    const Ran hidden = run({program(), "import", file, "--collection", "cleanup", "--data-dir", data});
    EXPECT_EQ(hidden.exit.code, 2) << hidden.output;
    EXPECT_TRUE(contains(hidden.output, "is a reserved name")) << hidden.output;
    const std::string bad = directory.path() + "/bad.ndjson";
    std::ofstream(bad) << R"({"vector":[1,2,3]})"
                          "\n"
                          R"({"vector":[1,2,1e39]})"
                          "\n";
    const Ran refused = run({program(), "import", bad, "--collection", "m", "--data-dir", data});
    EXPECT_NE(refused.exit.code, 0);
    EXPECT_TRUE(contains(refused.output, "bad.ndjson:2")) << refused.output;
    Server server(data);
    HttpClient client(server.port());
    const Json point(client.get("/collections/n/vectors/x").body);
    EXPECT_EQ(point.integer("/payload/a"), 1);
    EXPECT_EQ(client.get("/collections/n/vectors/1").status, 200);
    EXPECT_EQ(client.get("/collections/m").status, 404) << "a refused file leaves no collection behind";
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Import, AnArchiveComesAloneAndAsItIs) {
    const TemporaryDirectory directory;
    const std::string file = directory.path() + "/points.ndjson";
    const std::string archive = directory.path() + "/a.vecdb";
    std::ofstream(file) << R"({"id":"x","vector":[1,2,3]})"
                           "\n";
    ASSERT_EQ(run({program(), "import", file, "--collection", "n", "--data-dir", directory.path() + "/from"}).exit.code,
              0);
    ASSERT_EQ(run({program(), "export", archive, "--data-dir", directory.path() + "/from"}).exit.code, 0);
    const std::vector<std::vector<std::string>> wrong = {{archive, file, "--collection", "n"},
                                                         {file, archive, "--collection", "n"},
                                                         {archive, "--metric", "dot"},
                                                         {archive, "--batch", "5"}};
    for (std::vector<std::string> command : wrong) {
        command.insert(command.begin(), {program(), "import", "--data-dir", directory.path() + "/to"});
        const Ran ran = run(command);
        EXPECT_EQ(ran.exit.code, 2) << ran.output;
        EXPECT_TRUE(contains(ran.output, "is an archive")) << ran.output;
    }
    EXPECT_FALSE(std::filesystem::exists(directory.path() + "/to"));
    const Ran good = run({program(), "import", archive, "--data-dir", directory.path() + "/to"});
    EXPECT_EQ(good.exit.code, 0) << good.output;
}

TEST(Import, BringsBackWhatWasDeletedDroppedOrReplacedSince) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    const std::string file = directory.path() + "/points.ndjson";
    const std::string other = directory.path() + "/other.ndjson";
    std::ofstream(file) << R"({"id":"x","vector":[1,2]})"
                           "\n"
                           R"({"id":"y","vector":[3,4]})"
                           "\n";
    std::ofstream(other) << R"({"id":"y","vector":[5,6]})"
                            "\n";
    const auto import = [&](const std::string& source) {
        const Ran ran = run({program(), "import", source, "--collection", "n", "--data-dir", data});
        EXPECT_EQ(ran.exit.code, 0) << ran.output;
        EXPECT_FALSE(contains(ran.output, "there already")) << ran.output;
    };
    const auto ask = [&](const std::string& method, const std::string& path) {
        Server server(data);
        const Answer answer = HttpClient(server.port()).request(method, path, "");
        EXPECT_EQ(server.stop().code, 0);
        return answer;
    };
    import(file);
    EXPECT_EQ(ask("DELETE", "/collections/n/vectors/x").status, 200);
    import(file);
    EXPECT_EQ(ask("GET", "/collections/n/vectors/x").status, 200);
    EXPECT_EQ(ask("DELETE", "/collections/n").status, 200);
    import(file);
    EXPECT_EQ(ask("GET", "/collections/n/vectors/x").status, 200);
    import(other);
    import(file);
    EXPECT_EQ(Json(ask("GET", "/collections/n/vectors/y").body).integer("/vector/0"), 3);
}

// Rows of two numbers, as base.fbin of a folder.
std::string make_fbin(const std::string& folder, const std::vector<float>& numbers) {
    std::filesystem::create_directories(folder);
    const uint32_t head[] = {static_cast<uint32_t>(numbers.size() / 2), 2};
    std::ofstream file(folder + "/base.fbin", std::ios::binary);
    file.write(reinterpret_cast<const char*>(head), sizeof head);
    file.write(reinterpret_cast<const char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * 4));
    return folder;
}

struct ImportRun {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";

    Ran operator()(std::vector<std::string> sources) const {
        sources.insert(sources.begin(), {program(), "import", "--collection", "n", "--data-dir", data});
        return run(sources);
    }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(directory.path() + "/" + name) << text;
        return directory.path() + "/" + name;
    }
    void expect_refused(const std::vector<std::string>& sources, const std::string& why) const {
        const Ran ran = (*this)(sources);
        EXPECT_EQ(ran.exit.code, 2) << ran.output;
        EXPECT_TRUE(contains(ran.output, why)) << why << "\n" << ran.output;
        EXPECT_FALSE(std::filesystem::exists(data)) << ran.output;
    }
};

TEST(Import, TakesNoFileForAnotherThatLooksLikeIt) {
    const ImportRun import;
    const std::string one = make_fbin(import.directory.path() + "/one", {1, 2, 3, 4});
    const std::string two = make_fbin(import.directory.path() + "/two", {5, 6, 7, 8});
    const std::string copy = make_fbin(import.directory.path() + "/copy", {5, 6, 7, 8});
    std::filesystem::last_write_time(two + "/base.fbin", std::filesystem::last_write_time(one + "/base.fbin"));
    const Ran first = import({one});
    EXPECT_TRUE(contains(first.output, "2 new, 0 replaced")) << first.output;
    const Ran second = import({two});
    EXPECT_TRUE(contains(second.output, "0 new, 2 replaced")) << second.output;
    const Ran third = import({copy});
    EXPECT_TRUE(contains(third.output, "2 of them were there already")) << third.output;
    Server server(import.data);
    EXPECT_EQ(Json(HttpClient(server.port()).get("/collections/n/vectors/0").body).integer("/vector/0"), 5);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Import, APayloadSaysWhenItsPointExpires) {
    const ImportRun import;
    import.expect_refused({import.write("bad.ndjson",
                                        "{\"vector\":[1,2]}\n"
                                        "{\"vector\":[1,2],\"payload\":{\"__expires_at\":-5}}\n")},
                          "bad.ndjson:2");
    const Ran ran = import(
        {import.write("points.ndjson", R"({"id":"ever","vector":[1,2]})"
                                       "\n"
                                       R"({"id":"later","vector":[1,2],"payload":{"__expires_at":4102444800000}})"
                                       "\n"
                                       R"({"id":"gone","vector":[1,2],"payload":{"__expires_at":1000}})"
                                       "\n")});
    EXPECT_EQ(ran.exit.code, 0) << ran.output;
    Server server(import.data);
    HttpClient client(server.port());
    const std::string of = "/collections/n/vectors/";
    EXPECT_EQ(client.get(of + "ever").status, 200);
    EXPECT_EQ(client.get(of + "later").status, 200);
    EXPECT_EQ(client.get(of + "gone").status, 404);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Import, RefusesWhatIsSurelyAMistake) {
    const ImportRun import;
    const std::string folder = import.directory.path();
    const std::string one = make_fbin(folder + "/one", {1, 2, 3, 4});
    const std::string two = make_fbin(folder + "/two", {5, 6, 7, 8});
    const std::string points = import.write("points.ndjson", "{\"vector\":[1,2]}\n");
    import.expect_refused({one, two}, "rows without ids");
    import.expect_refused({one, points}, "rows without ids");
    import.expect_refused({import.write("twice.ndjson",
                                        "{\"id\":\"a\",\"vector\":[1,2]}\n\n"
                                        "{\"id\":\"a\",\"vector\":[3,4]}\n")},
                          "twice.ndjson:3: the id 'a' stands in line 1 already");
    import.write("one/payload.jsonl", "{}\n{}\n{}\n");
    import.expect_refused({one}, "has 3 lines");
    import.write("one/payload.jsonl", "{}\n");
    import.expect_refused({one}, "has 1 lines");
    import.write("one/payload.jsonl", "{}\n{\"n\":\n");
    import.expect_refused({one}, "payload.jsonl:2");
    import.write("one/payload.jsonl", "{}\n[1]\n");
    import.expect_refused({one}, "payload.jsonl:2");
    import.write("one/payload.jsonl", "{\"n\":1}\n\n\n");
    EXPECT_EQ(import({one}).exit.code, 0) << "a blank line is a row without a payload, and more of them say nothing";
}

TEST(Import, FindsABadRowBeforeItWritesOne) {
    const ImportRun import;
    for (const std::string& member :
         {std::string(R"("id":"")"), std::string(R"("id":" x")"), std::string(R"("id":"a\u0001b")"),
          "\"id\":\"" + std::string(257, 'x') + '"', std::string(R"("payload":{"a":nothing})"),
          std::string(R"("payload":{"a":"\xFF"})")}) {
        import.expect_refused(
            {import.write("points.ndjson", "{\"vector\":[1,2]}\n{\"vector\":[1,2]," + member + "}\n"), "--batch", "1"},
            "points.ndjson:2");
    }
    const std::string large = "\"payload\":{\"a\":\"" + std::string(1 << 20, 'x') + "\"}";
    import.expect_refused({import.write("points.ndjson", "{\"vector\":[1,2]," + large + "}\n")}, "points.ndjson:1");
    const std::string folder = import.directory.path();
    import.expect_refused({make_fbin(folder + "/nan", {1, 2, 3, NAN}), "--batch", "1"}, "element 1 of row 1");
    import.expect_refused({make_fbin(folder + "/none", {})}, "holds no points");
}

TEST(Import, SaysWhyAFileCannotBeRead) {
    const ImportRun import;
    const std::string folder = import.directory.path();
    import.expect_refused({folder + "/none.vecdb"}, "there is no file " + folder + "/none.vecdb");
    import.expect_refused({folder + "/none.ndjson"}, "there is no file");
    import.expect_refused({folder}, "a folder holds base.fbin or base.u8bin");
    ASSERT_EQ(::mkfifo((folder + "/pipe.ndjson").c_str(), 0600), 0);
    import.expect_refused({folder + "/pipe.ndjson"}, "is no regular file");
    // Opens, and cannot be read.
    std::filesystem::create_symlink("/proc/self/mem", folder + "/memory.ndjson");
    import.expect_refused({folder + "/memory.ndjson"}, "cannot read " + folder + "/memory.ndjson");
    std::filesystem::create_symlink("loop.fbin", folder + "/loop.fbin");
    import.expect_refused({folder + "/loop.fbin"}, "cannot read " + folder + "/loop.fbin");
}

TEST(Import, ThatStopsHalfWaySaysWhatIsStored) {
    const ImportRun import;
    const std::string file = import.write("points.ndjson", R"({"id":"x","vector":[1,2]})"
                                                           "\n"
                                                           R"({"id":"y","vector":[1,2]})"
                                                           "\n\n"
                                                           R"({"id":"z","vector":[1,2],"payload":{"a":1e999}})"
                                                           "\n");
    const Ran ran = import({file, "--batch", "1"});
    EXPECT_EQ(ran.exit.code, 2) << ran.output;
    EXPECT_TRUE(contains(ran.output, "points.ndjson:4, id 'z'")) << ran.output;
    EXPECT_TRUE(contains(ran.output, "The first 2 of 3 points")) << ran.output;
    import.write("points.ndjson",
                 "{\"id\":\"x\",\"vector\":[1,2]}\n{\"id\":\"y\",\"vector\":[1,2]}\n\n"
                 "{\"id\":\"z\",\"vector\":[1,2]}\n");
    const Ran mended = import({file, "--batch", "1"});
    EXPECT_EQ(mended.exit.code, 0) << mended.output;
    EXPECT_TRUE(contains(mended.output, "1 new, 0 replaced")) << mended.output;
    EXPECT_TRUE(contains(mended.output, "2 of them were there already")) << mended.output;
}

struct Exporter : ImportRun {
    const std::string archive = directory.path() + "/n.vecdb";

    Exporter() {
        const Ran ran = (*this)({write("points.ndjson", "{\"id\":\"x\",\"vector\":[1,2]}\n")});
        EXPECT_EQ(ran.exit.code, 0) << ran.output;
    }
    Ran to(const std::string& path, const std::vector<std::string>& before = {}) const {
        std::vector<std::string> command = before;
        command.insert(command.end(), {program(), "export", path, "--data-dir", data});
        return run(command);
    }
    bool is_there(const std::string& name) const { return std::filesystem::exists(directory.path() + "/" + name); }
};

TEST(Export, ThatIsStoppedLeavesNothingAndRefusesNoOther) {
    const Exporter exporter;
    // A SIGINT that waits from before the program began.
    const Ran stopped = exporter.to(
        exporter.archive, {"/usr/bin/env", "--block-signal=INT", "/bin/sh", "-c", "kill -INT $$; exec \"$@\"", "sh"});
    EXPECT_EQ(stopped.exit.code, 130) << stopped.output;
    EXPECT_TRUE(contains(stopped.output, "no archive was made")) << stopped.output;
    EXPECT_FALSE(exporter.is_there("n.vecdb"));
    EXPECT_FALSE(exporter.is_there("n.vecdb.part"));
    // As of one that was killed.
    exporter.write("n.vecdb.part", "half of an archive");
    const Ran ran = exporter.to(exporter.archive);
    EXPECT_EQ(ran.exit.code, 0) << ran.output;
    EXPECT_FALSE(exporter.is_there("n.vecdb.part"));
    const Ran taken = exporter.to(exporter.archive);
    EXPECT_EQ(taken.exit.code, 2) << taken.output;
    EXPECT_TRUE(contains(taken.output, exporter.archive + " could not be written: File exists")) << taken.output;
    const Ran imported =
        run({program(), "import", exporter.archive, "--data-dir", exporter.directory.path() + "/other"});
    EXPECT_EQ(imported.exit.code, 0) << imported.output;
}

TEST(Export, SaysWhatStaysBehind) {
    const Exporter exporter;
    const std::string archive = exporter.directory.path() + "/";
    EXPECT_FALSE(contains(exporter.to(archive + "plain.vecdb").output, "aliases"));
    {
        Server server(exporter.data);
        HttpClient client(server.port());
        EXPECT_EQ(client.request("PUT", "/aliases/other", R"({"collection":"n"})").status, 200);
        EXPECT_EQ(server.stop().code, 0);
    }
    const Ran ran = exporter.to(archive + "aliased.vecdb");
    EXPECT_EQ(ran.exit.code, 0) << ran.output;
    EXPECT_TRUE(contains(ran.output, "holds no aliases (1 here)")) << ran.output;
}

TEST(Export, OfAFolderThatHoldsNoDatabaseLeavesItAsItIs) {
    const TemporaryDirectory directory;
    const std::string folder = directory.path() + "/letters";
    std::filesystem::create_directory(folder);
    const Ran ran = run({program(), "export", directory.path() + "/n.vecdb", "--data-dir", folder});
    EXPECT_NE(ran.exit.code, 0) << ran.output;
    EXPECT_TRUE(contains(ran.output, "holds no database")) << ran.output;
    const Ran repaired = run({program(), "repair", folder, "--accept-loss"});
    EXPECT_EQ(repaired.exit.code, 3) << repaired.output;
    EXPECT_FALSE(contains(repaired.output, "clean")) << repaired.output;
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace vz::e2e
