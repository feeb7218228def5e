// The Redis frontend: redis-cli and raw bytes against the real program.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/resp_client.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

std::string blob(const std::vector<float>& vector) {
    std::string bytes(vector.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), vector.data(), bytes.size());
    return bytes;
}

struct Resp : testing::Test {
    TemporaryDirectory directory;
    uint16_t port = free_port();
    Server server{directory.path() + "/data",
                  {"--set", "frontends.resp.library=resp.so", "--set", "frontends.resp.port=" + std::to_string(port)}};
};

uint64_t counter(uint16_t http_port, const std::string& name) {
    const std::string text = HttpClient(http_port).get("/metrics").body;
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
}

TEST_F(Resp, TakesNoCommandsFromWebPages) {
    RespClient client(port);
    EXPECT_EQ(client.ask({"VADD", "docs", "VALUES", "2", "1", "0", "a"}), "1");
    for (const char* first : {"POST / HTTP/1.1\r\n", "PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\n"}) {
        RespClient page(port);
        page.send(std::string(first) + "Origin: http://page\r\n\r\n" + resp_request({"DEL", "docs"}));
        std::string last;
        while (is_resp_error(last = page.reply())) {
        }
        EXPECT_EQ(last, "closed");
    }
    EXPECT_EQ(client.ask({"EXISTS", "docs"}), "1");
}

TEST_F(Resp, SpeaksTheVectorSetCommands) {
    RespClient client(port);
    EXPECT_EQ(client.ask({"PING"}), "PONG");
    EXPECT_EQ(client.ask({"VADD", "docs", "VALUES", "3", "1", "0", "0", "a", "SETATTR", "{\"n\":1}"}), "1");
    EXPECT_EQ(client.ask({"VADD", "docs", "FP32", blob({0, 1, 0}), "b"}), "1");
    EXPECT_EQ(client.ask({"vadd", "docs", "fp32", blob({-1, 0, 0}), "42"}), "1");
    EXPECT_EQ(client.ask({"VADD", "docs", "FP32", blob({0, 1, 0}), "b"}), "0") << "not new";
    EXPECT_EQ(client.ask({"VCARD", "docs"}), "3");
    EXPECT_EQ(client.ask({"VDIM", "docs"}), "3");
    EXPECT_EQ(client.ask({"VSIM", "docs", "VALUES", "3", "1", "0", "0"}), "[a b 42]");
    EXPECT_EQ(client.ask({"VSIM", "docs", "ELE", "a", "WITHSCORES", "COUNT", "3"}), "[a 1 b 0.5 42 0]");
    EXPECT_EQ(client.ask({"VSIM", "docs", "ELE", "a", "COUNT", "2", "EF", "100", "WITHATTRIBS"}),
              "[a {\"n\":1} b nil]");
    EXPECT_EQ(client.ask({"VSIM", "docs", "ELE", "a", "EPSILON", "0.6", "TRUTH"}), "[a b]");
    EXPECT_EQ(client.ask({"VSIM", "docs", "ELE", "a", "FILTER", R"({"must":[{"key":"n","match":{"value":1}}]})"}),
              "[a]");
    EXPECT_EQ(client.ask({"VEMB", "docs", "b"}), "[0 1 0]");
    EXPECT_EQ(client.ask({"VGETATTR", "docs", "a"}), "{\"n\":1}");
    EXPECT_EQ(client.ask({"VSETATTR", "docs", "b", "{\"n\":2}"}), "1");
    EXPECT_EQ(client.ask({"VGETATTR", "docs", "b"}), "{\"n\":2}");
    EXPECT_EQ(client.ask({"VEMB", "docs", "b"}), "[0 1 0]") << "attributes alone were set";
    EXPECT_EQ(client.ask({"VISMEMBER", "docs", "b"}), "1");
    EXPECT_EQ(client.ask({"VREM", "docs", "b"}), "1");
    EXPECT_EQ(client.ask({"VREM", "docs", "b"}), "0");
    EXPECT_EQ(client.ask({"VISMEMBER", "docs", "b"}), "0");
    EXPECT_EQ(client.ask({"VINFO", "docs"}).rfind("[quant-type ", 0), 0U);

    Database database = rest_frontend(server.port())->read();
    EXPECT_EQ(database["docs"].points["a"], (Point{{1, 0, 0}, "{\"n\":1}"})) << "one engine behind all frontends";
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Resp, AnswersForWhatIsMissing) {
    RespClient client(port);
    for (const char* name : {".", "..", "empty", "cleanup"})
        EXPECT_TRUE(is_resp_error(client.ask({"VADD", name, "VALUES", "1", "1", "a"}))) << name;
    EXPECT_EQ(client.ask({"VCARD", "none"}), "0");
    EXPECT_TRUE(is_resp_error(client.ask({"VDIM", "none"})));
    EXPECT_EQ(client.ask({"VSIM", "none", "ELE", "a"}), "[]");
    EXPECT_EQ(client.ask({"VEMB", "none", "a"}), "nil");
    EXPECT_EQ(client.ask({"VGETATTR", "none", "a"}), "nil");
    EXPECT_EQ(client.ask({"VINFO", "none"}), "nil");
    EXPECT_EQ(client.ask({"VREM", "none", "a"}), "0");
    EXPECT_EQ(client.ask({"VSETATTR", "none", "a", "{}"}), "0");
    EXPECT_EQ(client.ask({"TYPE", "none"}), "none");
    EXPECT_EQ(client.ask({"DEL", "none"}), "0");
    client.ask({"VADD", "docs", "VALUES", "2", "1", "0", "a"});
    EXPECT_TRUE(is_resp_error(client.ask({"VSIM", "docs", "ELE", "none"})));
    EXPECT_EQ(client.ask({"VEMB", "docs", "none"}), "nil");
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Resp, KnowsKeysAndConnections) {
    RespClient client(port);
    for (const char* name : {"a1", "a2", "b1"})
        EXPECT_EQ(client.ask({"VADD", name, "VALUES", "2", "1", "0", "x"}), "1");
    EXPECT_EQ(client.ask({"KEYS", "a*"}), "[a1 a2]");
    const std::string page = client.ask({"SCAN", "0", "COUNT", "2"});
    const size_t blank = page.find(' ');
    EXPECT_EQ(page.substr(blank), " [a1 a2]]");
    EXPECT_EQ(client.ask({"SCAN", page.substr(1, blank - 1), "COUNT", "2"}), "[0 [b1]]");
    EXPECT_EQ(client.ask({"EXISTS", "a1", "b1", "c1"}), "2");
    EXPECT_EQ(client.ask({"TYPE", "a1"}), "vectorset");
    EXPECT_EQ(client.ask({"DBSIZE"}), "3");
    EXPECT_EQ(client.ask({"DEL", "a1", "a2"}), "2");
    EXPECT_EQ(client.ask({"VADD", "a1", "VALUES", "3", "1", "0", "0", "x"}), "1") << "made anew with another dimension";
    EXPECT_EQ(client.ask({"SELECT", "0"}), "OK");
    EXPECT_TRUE(is_resp_error(client.ask({"SELECT", "1"})));
    EXPECT_EQ(client.ask({"ECHO", "hello"}), "hello");
    EXPECT_NE(client.ask({"INFO"}).find("durable_lsn:"), std::string::npos);
    EXPECT_EQ(client.ask({"HELLO", "3"}).rfind("[server vectorizer version ", 0), 0U);
    EXPECT_EQ(client.ask({"VADD", "a1", "VALUES", "3", "0", "1", "0", "y"}), "true") << "RESP3 has booleans";
    EXPECT_EQ(client.ask({"VSIM", "a1", "ELE", "y", "WITHSCORES"}), "[y 1 x 0.5]");
    EXPECT_EQ(client.ask({"VGETATTR", "a1", "y"}), "nil");
    EXPECT_TRUE(is_resp_error(client.ask({"HELLO", "4"})));
    EXPECT_EQ(client.ask({"QUIT"}), "OK");
    EXPECT_EQ(client.reply(), "closed");
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Resp, RefusesWhatItDoesNotDo) {
    RespClient client(port);
    EXPECT_EQ(client.ask({"VADD", "docs", "VALUES", "2", "1", "0", "a"}), "1");
    for (const std::vector<std::string>& bad :
         std::vector<std::vector<std::string>>{{"GET", "docs"},
                                               {"VADD"},
                                               {"VADD", "docs", "VALUES", "2", "1", "a"},
                                               {"VADD", "docs", "VALUES", "3", "1", "0", "0", "b"},
                                               {"VADD", "docs", "VALUES", "2", "1", "nan", "b"},
                                               {"VADD", "docs", "VALUES", "-1", "1", "0", "b"},
                                               {"VADD", "docs", "FP32", "123", "b"},
                                               {"VADD", "docs", "REDUCE", "1", "VALUES", "2", "1", "0", "b"},
                                               {"VADD", "docs", "VALUES", "2", "1", "0", "b", "BIN"},
                                               {"VADD", "docs", "VALUES", "2", "1", "0", "b", "M", "64"},
                                               {"VADD", "docs", "VALUES", "2", "1", "0", "b", "SETATTR", "[1]"},
                                               {"VADD", "docs", "VALUES", "2", "1", "0", std::string(257, 'i')},
                                               {"VSIM", "docs", "ELE", "a", "FILTER", ".n > 1"},
                                               {"VSIM", "docs", "ELE", "a", "COUNT", "0"},
                                               {"VSIM", "docs", "ELE", "a", "COUNT"},
                                               {"VEMB", "docs", "a", "RAW"},
                                               {"AUTH", "x"}}) {
        EXPECT_TRUE(is_resp_error(client.ask(bad))) << bad.size() << " " << bad[0] << " " << bad.back();
    }
    for (const std::vector<std::string>& bad : std::vector<std::vector<std::string>>{{"COUNT", "0"},
                                                                                     {"COUNT", "ten"},
                                                                                     {"EF", "65537"},
                                                                                     {"EF"},
                                                                                     {"EPSILON", "1.5"},
                                                                                     {"FILTER", ".n > 1"},
                                                                                     {"TRUTH", "EF", "5"},
                                                                                     {"WITHSCORE"},
                                                                                     {"FILTER-EF", "5"},
                                                                                     {"LIM\r\nIT"}}) {
        std::vector<std::string> command{"VSIM", "docs", "ELE", "a"};
        command.insert(command.end(), bad.begin(), bad.end());
        const std::string reply = client.ask(command);
        EXPECT_TRUE(is_resp_error(reply)) << bad[0];
        EXPECT_NE(reply.find(bad[0].substr(0, 3)), std::string::npos) << "names the option: " << reply;
        EXPECT_GT(reply.size(), 20U) << reply;
    }
    // Each with what its error names.
    for (const auto& [bad, named] : std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"VADD", "docs", "VALUES", "2", "1", "0", "b", "BIN"}, "'BIN'"},
             {{"VADD", "docs", "VALUES", "2", "1", "0", "b", "CAS", "Q8", "SETATTRS", "{}"}, "'SETATTRS'"},
             {{"VADD", "docs", "VALUES", "2", "1", "0", "b", "SETATTR"}, "SETATTR takes"},
             {{"VADD", "docs", "VALUES", "2", "1", "0", "b", "EF", "7"}, "EF takes a whole number from 8 to 4096"},
             {{"VADD", "docs", "VALUES", "2", "1", "0", "b", "EF"}, "EF takes a whole number from 8 to 4096"},
             {{"VADD", "docs", "VALUES", "2", "1", "0", "b", "M", "257"}, "M takes a whole number from 4 to 256"},
             {{"VADD", "docs", "VALUES", "2", "1", "0", "b", "M", "64"},
              "M differs from what the vector set was made with: 32"},
             {{"VADD", "docs", "VALUES", "2", "1", "0", "b", "EF", "64"}, "EF differs"},
             {{"VADD", "docs", "VALUES", "2", "1", "0", "b", "NOQUANT"}, "NOQUANT differs"},
             {{"VADD", "docs", "VALUES", "0", "b"}, "VALUES takes a whole number from 1 to 65536"},
             {{"VADD", "docs", "VALUES", "2", "1", "nan", "b"}, "number 2 is 'nan'"},
             {{"VADD", "docs", "VALUES", "3", "1", "0", "b"}, "number 3 is 'b'"},
             {{"VADD", "docs", "FP32", "123", "b"}, "FP32 takes"},
             {{"VADD", "docs", "VALUES", "3", "1", "0", "0"}, "wrong number of arguments"},
             {{"VADD", "docs", "REDUCE", "1", "VALUES", "2", "1", "0", "b"}, "'REDUCE'"},
             {{"VSIM", "docs", "ELEMENT", "a"}, "'ELEMENT'"},
             {{"VSIM", "docs", "VALUES", "2", "1"}, "number 2 is ''"},
             {{"VEMB", "docs", "a", "RAW"}, "'RAW'"}}) {
        const std::string reply = client.ask(bad);
        EXPECT_TRUE(is_resp_error(reply)) << named;
        EXPECT_NE(reply.find(named), std::string::npos) << named << ": " << reply;
    }
    EXPECT_EQ(client.ask({"VCARD", "docs"}), "1") << "nothing of it was done";
    EXPECT_TRUE(is_resp_error(client.ask({"VADD", "docs", "VALUES", "2", "1", "1e50", "tiny"})));
    EXPECT_EQ(client.ask({"VADD", "docs", "VALUES", "2", "1", "-1e-50", "tiny"}), "1")
        << "as over REST, what is nearly zero is zero";
    EXPECT_EQ(client.ask({"VREM", "docs", "tiny"}), "1");
    EXPECT_TRUE(is_resp_error(client.ask({"VADD", "made", "VALUES", "1", "1", "a", "SETATTR", "[1]"})));
    EXPECT_EQ(client.ask({"EXISTS", "made"}), "0") << "a refused point leaves no key behind";
    client.send(resp_request({"VADD", "made", "VALUES", "1", "1", "a", "SETATTR", "[1]"}) +
                resp_request({"VADD", "made", "VALUES", "1", "1", "b"}));
    EXPECT_TRUE(is_resp_error(client.reply()));
    EXPECT_EQ(client.reply(), "1");
    EXPECT_EQ(client.ask({"VCARD", "made"}), "1");
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Resp, RefusesElementsThatNoPathReaches) {
    RespClient client(port);
    EXPECT_EQ(client.ask({"VADD", "docs", "VALUES", "1", "1", "an element"}), "1");
    for (const std::string& id :
         {std::string(" a"), std::string("a "), std::string("a\nb"), std::string("a\0b", 3), std::string("\x7f"),
          std::string("a\xc2\x85"), std::string("\xc2\xa0z"), std::string(), std::string("\xff")}) {
        const std::string reply = client.ask({"VADD", "docs", "VALUES", "1", "1", id});
        EXPECT_TRUE(is_resp_error(reply)) << id;
        EXPECT_NE(reply.find("the element must "), std::string::npos) << reply;
    }
    const std::string reply = client.ask({"VADD", "a\tkey", "VALUES", "1", "1", "a"});
    EXPECT_NE(reply.find("the key must not contain control characters"), std::string::npos) << reply;
    EXPECT_EQ(client.ask({"VCARD", "docs"}), "1");
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Resp, PicksRandomElements) {
    RespClient client(port);
    const auto words = [](std::string list) {
        std::multiset<std::string> found;
        std::istringstream in(list.substr(1, list.size() - 2));
        for (std::string word; in >> word;) found.insert(word);
        return found;
    };
    EXPECT_EQ(client.ask({"VRANDMEMBER", "docs"}), "nil");
    EXPECT_EQ(client.ask({"VRANDMEMBER", "docs", "3"}), "[]");
    std::set<std::string> all;
    for (int i = 0; i < 20; ++i) {
        all.insert("e" + std::to_string(i));
        EXPECT_EQ(client.ask({"VADD", "docs", "VALUES", "1", "1", "e" + std::to_string(i)}), "1");
    }
    std::set<std::string> seen;
    for (int i = 0; i < 400; ++i) seen.insert(client.ask({"VRANDMEMBER", "docs"}));
    EXPECT_EQ(seen, all) << "each comes";
    std::set<std::string> orders;
    for (int i = 0; i < 20; ++i) {
        const std::string reply = client.ask({"VRANDMEMBER", "docs", "5"});
        orders.insert(reply);
        const std::multiset<std::string> five = words(reply);
        EXPECT_EQ(five.size(), 5U);
        EXPECT_EQ(std::set<std::string>(five.begin(), five.end()).size(), 5U) << "no element twice";
        EXPECT_TRUE(std::includes(all.begin(), all.end(), five.begin(), five.end()));
    }
    EXPECT_GT(orders.size(), 10U);
    const std::multiset<std::string> whole = words(client.ask({"VRANDMEMBER", "docs", "100"}));
    EXPECT_EQ(whole, std::multiset<std::string>(all.begin(), all.end())) << "no more than there are";
    const std::multiset<std::string> many = words(client.ask({"VRANDMEMBER", "docs", "-100"}));
    EXPECT_EQ(many.size(), 100U);
    EXPECT_TRUE(std::all_of(many.begin(), many.end(), [&](const std::string& each) { return all.contains(each); }));
    EXPECT_EQ(client.ask({"VRANDMEMBER", "docs", "0"}), "[]");
    EXPECT_TRUE(is_resp_error(client.ask({"VRANDMEMBER", "docs", "ten"})));
    EXPECT_TRUE(is_resp_error(client.ask({"VRANDMEMBER", "docs", "10001"})));
    const std::string links = client.ask({"VLINKS", "docs", "e1"});
    EXPECT_NE(links.find("VLINKS is not supported"), std::string::npos) << links;
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Resp, AttributesSayWhenTheirElementExpires) {
    RespClient client(port);
    EXPECT_EQ(client.ask({"VADD", "e", "VALUES", "1", "1", "a", "SETATTR", R"({"__expires_at":1000})"}), "1");
    EXPECT_EQ(client.ask({"VISMEMBER", "e", "a"}), "0");
    EXPECT_EQ(client.ask({"VINFO", "e"}).find("size 1"), std::string::npos);
    EXPECT_EQ(client.ask({"VADD", "e", "VALUES", "1", "1", "b"}), "1");
    EXPECT_EQ(client.ask({"VSETATTR", "e", "b", R"({"__expires_at":4102444800000})"}), "1");
    const Json point(HttpClient(server.port()).get("/collections/e/vectors/b").body);
    EXPECT_EQ(point.integer("/expires_at"), 4'102'444'800'000);
    EXPECT_TRUE(is_resp_error(client.ask({"VSETATTR", "e", "b", R"({"__expires_at":0})"})));
    EXPECT_EQ(client.ask({"VSETATTR", "e", "b", R"({"__expires_at":1000})"}), "1");
    EXPECT_EQ(client.ask({"VISMEMBER", "e", "b"}), "0");
}

TEST_F(Resp, AddsToWhatOthersDroppedOrMadeAnew) {
    RespClient one(port);
    RespClient other(port);
    EXPECT_EQ(one.ask({"VADD", "k", "VALUES", "2", "1", "0", "x", "M", "16"}), "1");
    EXPECT_EQ(other.ask({"DEL", "k"}), "1");
    std::string pipeline;
    for (const char* element : {"a", "b", "c"})
        pipeline += resp_request({"VADD", "k", "VALUES", "2", "1", "0", element});
    one.send(pipeline);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(one.reply(), "1");
    EXPECT_EQ(other.ask({"VCARD", "k"}), "3");
    EXPECT_EQ(other.ask({"DEL", "k"}), "1");
    one.send(resp_request({"VADD", "k", "VALUES", "2", "1", "0", "e"}) +
             resp_request({"VSETATTR", "k", "e", "{\"n\":1}"}) +
             resp_request({"VADD", "k", "VALUES", "2", "1", "0", "f"}) + resp_request({"VREM", "k", "f"}));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(one.reply(), "1") << "in their order: " << i;
    EXPECT_EQ(other.ask({"VGETATTR", "k", "e"}), "{\"n\":1}");
    EXPECT_EQ(other.ask({"VISMEMBER", "k", "f"}), "0");
    EXPECT_EQ(other.ask({"DEL", "k"}), "1");
    EXPECT_EQ(other.ask({"VADD", "k", "VALUES", "2", "1", "0", "y", "M", "64", "NOQUANT"}), "1");
    EXPECT_EQ(one.ask({"VADD", "k", "VALUES", "2", "1", "0", "x", "M", "64", "NOQUANT"}), "1");
    EXPECT_TRUE(is_resp_error(one.ask({"VADD", "k", "VALUES", "2", "1", "0", "z", "M", "16"})));
    EXPECT_EQ(other.ask({"VCARD", "k"}), "2");
}

TEST_F(Resp, AScanSeesEveryKeyThatStays) {
    RespClient client(port);
    constexpr int kKeys = 40;
    for (int i = 0; i < kKeys; ++i)
        EXPECT_EQ(client.ask({"VADD", "s" + std::to_string(i), "VALUES", "1", "1", "a"}), "1");
    std::string cursor = "0";
    int deleted = 0;
    do {
        std::string page = client.ask({"SCAN", cursor, "MATCH", "s*", "COUNT", "7"});
        std::replace_if(
            page.begin(), page.end(), [](char c) { return c == '[' || c == ']'; }, ' ');
        std::istringstream words(page);
        words >> cursor;
        for (std::string key; words >> key;) deleted += client.ask({"DEL", key}) == "1" ? 1 : 0;
    } while (cursor != "0");
    EXPECT_EQ(deleted, kKeys);
    EXPECT_EQ(client.ask({"DBSIZE"}), "0");
}

// Those of one edit are at one place.
TEST(RespArchive, AScanSeesAllThatWereImported) {
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    const std::string archive = directory.path() + "/all.vecdb";
    const uint16_t port = free_port();
    const std::vector<std::string> with_resp = {"--set", "frontends.resp.library=resp.so", "--set",
                                                "frontends.resp.port=" + std::to_string(port)};
    {
        Server server(data, with_resp);
        RespClient client(port);
        for (int i = 0; i < 12; ++i)
            EXPECT_EQ(client.ask({"VADD", "s" + std::to_string(i), "VALUES", "1", "1", "a"}), "1");
        server.stop();
    }
    EXPECT_EQ(run({program(), "export", archive, "--data-dir", data}).exit.code, 0);
    EXPECT_EQ(run({program(), "import", archive, "--data-dir", data + "-2"}).exit.code, 0);
    Server server(data + "-2", with_resp);
    RespClient client(port);
    std::string page = client.ask({"SCAN", "0", "COUNT", "5"});
    const auto names = static_cast<size_t>(std::count(page.begin(), page.end(), 's'));
    EXPECT_EQ(names, 12U) << page;
    EXPECT_EQ(page.rfind("[0 ", 0), 0U) << page;
}

TEST_F(Resp, DeletesAllKeysOrNone) {
    RespClient client(port);
    for (const char* key : {"a", "b", "c"}) EXPECT_EQ(client.ask({"VADD", key, "VALUES", "1", "1", "x"}), "1");
    HttpClient http(server.port());
    EXPECT_EQ(http.request("PUT", "/aliases/nick", R"({"collection":"b"})").status, 200);
    const std::string refused = client.ask({"DEL", "a", "nick", "c"});
    EXPECT_TRUE(is_resp_error(refused)) << refused;
    EXPECT_EQ(client.ask({"EXISTS", "a", "b", "c"}), "3");
    EXPECT_EQ(client.ask({"DEL", "a", "none", "c"}), "2");
}

TEST_F(Resp, FiltersHaveBothSpellings) {
    RespClient client(port);
    for (const char* n : {"1", "2"})
        EXPECT_EQ(client.ask({"VADD", "f", "VALUES", "1", "1", n, "SETATTR", "{\"n\":" + std::string(n) + "}"}), "1");
    EXPECT_EQ(client.ask({"VSIM", "f", "VALUES", "1", "1", "FILTER",
                          R"( {"must":[{"type":"match","key":"n","match_value":2}]})"}),
              "[2]");
    EXPECT_TRUE(is_resp_error(client.ask({"VSIM", "f", "VALUES", "1", "1", "FILTER", ".n == 2"})));
}

TEST(RespDamage, IsToldWithoutPathsOfThisMachine) {
    const TemporaryDirectory directory;
    const uint16_t port = free_port();
    const std::vector<std::string> with_resp = {"--set", "frontends.resp.library=resp.so", "--set",
                                                "frontends.resp.port=" + std::to_string(port)};
    {
        Server server(directory.path() + "/data", with_resp);
        RespClient client(port);
        EXPECT_EQ(client.ask({"VADD", "q", "VALUES", "1", "1", "x"}), "1");
        EXPECT_EQ(HttpClient(server.port()).request("POST", "/collections/q/force-save", "").status, 200);
        server.stop();
    }
    for (const auto& file : std::filesystem::directory_iterator(directory.path() + "/data/seg"))
        std::filesystem::resize_file(file.path(), 100);
    Server server(directory.path() + "/data", with_resp);
    RespClient client(port);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"VCARD", "q"}, {"VADD", "q", "VALUES", "1", "1", "y"}, {"VREM", "q", "x"}}) {
        const std::string told = client.ask(command);
        EXPECT_TRUE(is_resp_error(told)) << told;
        EXPECT_EQ(told.find('/'), std::string::npos) << told;
    }
}

TEST_F(Resp, TakesQuotesInLines) {
    RespClient client(port);
    client.send("ECHO \"a b\"\r\nECHO 'it\\'s \\n'\r\nECHO \"\\x41\\t\\\"\\\\\"\nECHO \"\"\r\nECHO x\"y z\"\r\n");
    for (const char* expected : {"a b", "it's \\n", "A\t\"\\", "", "xy z"}) EXPECT_EQ(client.reply(), expected);
    client.send("VADD docs VALUES 2 1 0 \"an element\" SETATTR '{\"n\":1}'\r\nVGETATTR docs 'an element'\r\n");
    EXPECT_EQ(client.reply(), "1");
    EXPECT_EQ(client.reply(), "{\"n\":1}");
    client.send("VADD docs FP32 \"\\x00\\x00\\x80\\x3f\\x00\\x00\\x00\\x00\" b\r\n");
    EXPECT_EQ(client.reply(), "1");
    EXPECT_EQ(client.ask({"VEMB", "docs", "b"}), "[1 0]");
    for (const char* bad : {"ECHO \"a\r\n", "ECHO 'a\r\n", "ECHO \"a\"b\r\n", "ECHO 'a'\"b\"\r\n", "ECHO \"a\\\r\n"}) {
        RespClient other(port);
        other.send(bad);
        EXPECT_EQ(other.reply(), "(error) ERR Protocol error: unbalanced quotes in request") << bad;
        EXPECT_EQ(other.reply(), "closed");
    }
    EXPECT_EQ(server.stop().code, 0);
}

// What the libraries of Redis clients send before a user's first command, in both versions of the protocol.
TEST_F(Resp, AnswersWhatClientLibrariesAskFirst) {
    for (const char* version : {"2", "3"}) {
        RespClient client(port);
        EXPECT_EQ(client.ask({"HELLO", version, "SETNAME", "app"}).rfind("[server vectorizer version 8.0.0 proto ", 0),
                  0U);
        EXPECT_EQ(client.ask({"CLIENT", "SETINFO", "LIB-NAME", "a-library"}), "OK");
        EXPECT_EQ(client.ask({"CLIENT", "SETINFO", "LIB-VER", "1.0"}), "OK");
        EXPECT_EQ(client.ask({"CLIENT", "GETNAME"}), "app");
        EXPECT_EQ(client.ask({"CLIENT", "SETNAME", "other"}), "OK");
        EXPECT_EQ(client.ask({"CLIENT", "GETNAME"}), "other");
        EXPECT_TRUE(is_resp_error(client.ask({"CLIENT", "SETNAME", "two words"})));
        const std::string id = client.ask({"CLIENT", "ID"});
        EXPECT_NE(RespClient(port).ask({"CLIENT", "ID"}), id);
        EXPECT_EQ(client.ask({"CLIENT", "INFO"}), "id=" + id + " name=other db=0 user=default resp=" + version + "\n");
        EXPECT_TRUE(is_resp_error(client.ask({"CLIENT", "KILL", id})));
        EXPECT_EQ(client.ask({"SELECT", "0"}), "OK");
        EXPECT_EQ(client.ask({"COMMAND", "DOCS"}), "[]");
        EXPECT_EQ(client.ask({"COMMAND", "INFO", "VADD", "get"}), "[[vadd -5 [write] 1 1 1 [] [] [] []] nil]");
        EXPECT_EQ(client.ask({"COMMAND", "INFO", "del", "ping", "auth"}),
                  "[[del -2 [write] 1 -1 1 [] [] [] []] [ping -1 [readonly] 0 0 0 [] [] [] []] [auth -2 [no_auth] 0 0 "
                  "0 [] [] [] []]]");
        const std::string all = client.ask({"COMMAND", "LIST"});
        EXPECT_NE(all.find(" vrandmember "), std::string::npos) << all;
        EXPECT_EQ(std::to_string(1 + std::count(all.begin(), all.end(), ' ')), client.ask({"COMMAND", "COUNT"}));
        const std::string info = client.ask({"INFO"});
        for (const char* line : {"redis_version:8.0.0\r\n", "redis_mode:standalone\r\n", "role:master\r\n",
                                 "loading:0\r\n", "db0:keys=0,points=0\r\n"})
            EXPECT_NE(info.find(line), std::string::npos) << info;
        EXPECT_EQ(client.ask({"INFO", "replication"}), "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n");
        EXPECT_TRUE(is_resp_error(client.ask({"AUTH", "anything"}))) << "there are no keys here";
        EXPECT_EQ(client.ask({"PING", "hi"}), "hi");
    }
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Resp, PipelinedWritesShareCommitsAndKeepTheirOrder) {
    RespClient client(port);
    constexpr int kWrites = 500;
    client.ask({"VADD", "docs", "VALUES", "2", "1", "0", "first"});
    std::string pipeline;
    for (int i = 0; i < kWrites; ++i)
        pipeline +=
            resp_request({"VADD", "docs", "VALUES", "2", "1", std::to_string(i), "p" + std::to_string(i % 250)});
    pipeline += resp_request({"VCARD", "docs"}) + resp_request({"VEMB", "docs", "p7"}) +
                resp_request({"VREM", "docs", "p7"}) + resp_request({"VCARD", "docs"});
    const uint64_t syncs = counter(server.port(), "vectorizer_commit_syncs_total");
    ASSERT_GT(syncs, 0U);
    client.send(pipeline);
    for (int i = 0; i < kWrites; ++i) ASSERT_EQ(client.reply(), i < 250 ? "1" : "0") << i;
    EXPECT_EQ(client.reply(), "251");
    EXPECT_EQ(client.reply(), "[1 257]") << "the later write of an element wins";
    EXPECT_EQ(client.reply(), "1");
    EXPECT_EQ(client.reply(), "250");
    EXPECT_LE(counter(server.port(), "vectorizer_commit_syncs_total") - syncs, kWrites / 5)
        << "writes of a pipeline share syncs";
    EXPECT_EQ(server.stop().code, 0);

    // What was answered is on disk.
    Server again(directory.path() + "/data");
    EXPECT_EQ(rest_frontend(again.port())->read()["docs"].points.size(), 250U);
}

TEST_F(Resp, SurvivesHostileBytes) {
    for (const std::string& bytes :
         {std::string("*-1\r\n"), std::string("*99999999\r\n"), std::string("*1\r\n$99999999\r\n"),
          std::string("*1\r\n:1\r\n"), std::string("*1\r\n$1\r\nab\r\n"), std::string(200'000, 'x'),
          "ECHO " + std::string(65'536, 'x') + "\n", "*" + std::string(100, '1'),
          std::string("*2\r\n$4\r\nPING\r\n$x\r\n")}) {
        RespClient client(port);
        client.send(bytes);
        EXPECT_TRUE(is_resp_error(client.reply())) << bytes.substr(0, 40);
        EXPECT_EQ(client.reply(), "closed");
    }
    RespClient endless(port);
    std::string many = "*65000\r\n";
    for (int i = 0; i < 20; ++i) many += "$1000000\r\n" + std::string(1'000'000, 'x') + "\r\n";
    endless.send(many);
    const std::string ended = endless.reply();
    EXPECT_TRUE(is_resp_error(ended) || ended == "closed") << ended.substr(0, 40);
    RespClient in_words(port);
    in_words.send("PING\r\n\r\nECHO  word\r\n");
    EXPECT_EQ(in_words.reply(), "PONG");
    EXPECT_EQ(in_words.reply(), "word");
    in_words.send("ECHO " + std::string(65'500, 'x') + "\n");
    EXPECT_EQ(in_words.reply(), std::string(65'500, 'x'));
    for (const char c : resp_request({"PING"})) in_words.send(std::string(1, c));
    EXPECT_EQ(in_words.reply(), "PONG") << "byte by byte";
    EXPECT_EQ(server.stop().code, 0);
}

void add_large(RespClient& client, int count) {
    const std::string attributes = R"({"a":")" + std::string(1'000'000, 'x') + "\"}";
    for (int i = 0; i < count; ++i) {
        const std::vector<std::string> add = {"VADD", "large", "VALUES", "1", "1", std::to_string(i)};
        std::vector<std::string> whole = add;
        whole.insert(whole.end(), {"SETATTR", attributes});
        ASSERT_EQ(client.ask(whole), "1");
    }
}

std::vector<std::string> all_large(int count) {
    return {"VSIM", "large", "ELE", "0", "COUNT", std::to_string(count), "WITHATTRIBS"};
}

TEST_F(Resp, RepliesHaveALimitEachAndTogether) {
    RespClient client(port);
    add_large(client, 70);
    EXPECT_TRUE(is_resp_error(client.ask(all_large(70)))) << "beyond 64 MiB";
    EXPECT_GE(client.ask(all_large(60)).size(), 60'000'000U);
    EXPECT_EQ(client.ask({"PING"}), "PONG");
    // Four fit. One that is read early makes room for another, so it may take more than one attempt to see a refusal.
    bool is_full = false;
    for (int attempt = 0; attempt < 20 && !is_full; ++attempt) {
        std::vector<std::unique_ptr<RespClient>> readers;
        for (int i = 0; i < 8; ++i) {
            readers.push_back(std::make_unique<RespClient>(port));
            readers.back()->send(resp_request(all_large(60)));
        }
        EXPECT_FALSE(is_resp_error(client.ask({"VSIM", "large", "ELE", "0"}))) << "a small one needs no room";
        for (const auto& reader : readers) is_full |= reader->reply().starts_with("(error) TRYAGAIN ");
    }
    EXPECT_TRUE(is_full);
    EXPECT_GE(client.ask(all_large(60)).size(), 60'000'000U);
}

TEST(RespTimes, WhoAsksNothingOrTakesNothingIsShownOut) {
    const TemporaryDirectory directory;
    const uint16_t port = free_port();
    Server server(directory.path() + "/data",
                  {"--set", "frontends.resp.library=resp.so", "--set", "frontends.resp.port=" + std::to_string(port),
                   "--set", "frontends.resp.clients=1", "--set", "frontends.resp.write_timeout_ms=300", "--set",
                   "frontends.resp.idle_timeout_ms=2000"});
    const auto is_free = [&] { return RespClient(port).ask({"PING"}) == "PONG"; };
    {
        RespClient idle(port);
        EXPECT_EQ(idle.ask({"PING"}), "PONG");
        EXPECT_FALSE(is_free());
        EXPECT_EQ(idle.reply(), "closed");
    }
    ASSERT_TRUE(comes(is_free));
    std::unique_ptr<RespClient> stuck;
    for (int i = 0; i < 1000 && (stuck == nullptr || stuck->ask({"PING"}) != "PONG"); ++i)
        stuck = std::make_unique<RespClient>(port);
    add_large(*stuck, 20);
    stuck->send(resp_request(all_large(20)));
    EXPECT_TRUE(comes(is_free));
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Resp, RedisCliWorksAgainstIt) {
    if (run({"/bin/sh", "-c", "command -v redis-cli"}).exit.code != 0) GTEST_SKIP() << "redis-cli is not installed";
    const auto cli = [&](const std::string& arguments) {
        return run({"/bin/sh", "-c", "redis-cli -p " + std::to_string(port) + " " + arguments}).output;
    };
    EXPECT_EQ(cli("PING"), "PONG\n");
    EXPECT_EQ(cli("VADD docs VALUES 3 1 0 0 a SETATTR '{\"n\":1}'"), "1\n");
    EXPECT_EQ(cli("VADD docs VALUES 3 0 1 0 b"), "1\n");
    EXPECT_EQ(cli("VSIM docs ELE a WITHSCORES"), "a\n1\nb\n0.5\n");
    EXPECT_EQ(cli("-3 VSIM docs ELE a"), "a\nb\n");
    EXPECT_EQ(cli("--scan"), "docs\n");
    EXPECT_EQ(cli("VGETATTR docs a"), "{\"n\":1}\n");
    const std::string session =
        run({"/bin/sh", "-c", "printf 'ECHO \"a b\"\\nVCARD docs\\n' | redis-cli -3 -p " + std::to_string(port)})
            .output;
    EXPECT_EQ(session, "a b\n2\n");
    const std::string piped = run({"/bin/sh", "-c",
                                   "for i in $(seq 1000); do echo VADD docs VALUES 3 0 1 $i e$i; done | redis-cli -p " +
                                       std::to_string(port) + " --pipe"})
                                  .output;
    EXPECT_NE(piped.find("errors: 0, replies: 1000"), std::string::npos) << piped;
    EXPECT_EQ(cli("VCARD docs"), "1002\n");
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e
