// The Redis frontend: redis-cli and raw bytes against the real program.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"

namespace vz::e2e {
namespace {

std::string request(const std::vector<std::string>& arguments) {
    std::string bytes = "*" + std::to_string(arguments.size()) + "\r\n";
    for (const std::string& argument : arguments)
        bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
    return bytes;
}

// Replies as text: "OK", "(error) ...", "1", "nil", "[a b]".
class RespClient final {
 public:
    explicit RespClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{20, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("no RESP frontend");
    }
    ~RespClient() { ::close(socket_); }
    RespClient(const RespClient&) = delete;
    RespClient& operator=(const RespClient&) = delete;

    std::string ask(const std::vector<std::string>& arguments) {
        send(request(arguments));
        return reply();
    }
    void send(const std::string& bytes) {
        for (size_t sent = 0; sent < bytes.size();) {
            const ssize_t now = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (now <= 0) return;
            sent += static_cast<size_t>(now);
        }
    }
    // "closed" at the end of the connection.
    std::string reply() {
        const std::string line = read_line();
        if (line.empty()) return "closed";
        const std::string rest = line.substr(1);
        switch (line[0]) {
            case '-': return "(error) " + rest;
            case '_': return "nil";
            case '#': return rest == "t" ? "true" : "false";
            case '$': return rest == "-1" ? "nil" : read_bytes(std::stoul(rest));
            case '*': return list(std::stoul(rest));
            case '%': return list(2 * std::stoul(rest));
            default: return rest;
        }
    }

 private:
    std::string list(size_t count) {
        std::string text = "[";
        for (size_t i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + reply();
        return text + "]";
    }
    bool fill() {
        char bytes[65536];
        const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
        if (got > 0) buffer_.append(bytes, static_cast<size_t>(got));
        return got > 0;
    }
    std::string read_line() {
        size_t end = 0;
        while ((end = buffer_.find("\r\n")) == std::string::npos) {
            if (!fill()) return "";
        }
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 2);
        return line;
    }
    std::string read_bytes(size_t count) {
        while (buffer_.size() < count + 2) {
            if (!fill()) return "closed";
        }
        std::string bytes = buffer_.substr(0, count);
        buffer_.erase(0, count + 2);
        return bytes;
    }

    int socket_;
    std::string buffer_;
};

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

bool is_error(const std::string& reply) { return reply.rfind("(error) ", 0) == 0; }

TEST_F(Resp, TakesNoCommandsFromWebPages) {
    RespClient client(port);
    EXPECT_EQ(client.ask({"VADD", "docs", "VALUES", "2", "1", "0", "a"}), "1");
    for (const char* first : {"POST / HTTP/1.1\r\n", "PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\n"}) {
        RespClient page(port);
        page.send(std::string(first) + "Origin: http://page\r\n\r\n" + request({"DEL", "docs"}));
        std::string last;
        while (is_error(last = page.reply())) {
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
        EXPECT_TRUE(is_error(client.ask({"VADD", name, "VALUES", "1", "1", "a"}))) << name;
    EXPECT_EQ(client.ask({"VCARD", "none"}), "0");
    EXPECT_TRUE(is_error(client.ask({"VDIM", "none"})));
    EXPECT_EQ(client.ask({"VSIM", "none", "ELE", "a"}), "[]");
    EXPECT_EQ(client.ask({"VEMB", "none", "a"}), "nil");
    EXPECT_EQ(client.ask({"VGETATTR", "none", "a"}), "nil");
    EXPECT_EQ(client.ask({"VINFO", "none"}), "nil");
    EXPECT_EQ(client.ask({"VREM", "none", "a"}), "0");
    EXPECT_EQ(client.ask({"VSETATTR", "none", "a", "{}"}), "0");
    EXPECT_EQ(client.ask({"TYPE", "none"}), "none");
    EXPECT_EQ(client.ask({"DEL", "none"}), "0");
    client.ask({"VADD", "docs", "VALUES", "2", "1", "0", "a"});
    EXPECT_TRUE(is_error(client.ask({"VSIM", "docs", "ELE", "none"})));
    EXPECT_EQ(client.ask({"VEMB", "docs", "none"}), "nil");
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Resp, KnowsKeysAndConnections) {
    RespClient client(port);
    for (const char* name : {"a1", "a2", "b1"})
        EXPECT_EQ(client.ask({"VADD", name, "VALUES", "2", "1", "0", "x"}), "1");
    EXPECT_EQ(client.ask({"KEYS", "a*"}), "[a1 a2]");
    EXPECT_EQ(client.ask({"SCAN", "0", "COUNT", "2"}), "[2 [a1 a2]]");
    EXPECT_EQ(client.ask({"SCAN", "2", "COUNT", "2"}), "[0 [b1]]");
    EXPECT_EQ(client.ask({"EXISTS", "a1", "b1", "c1"}), "2");
    EXPECT_EQ(client.ask({"TYPE", "a1"}), "vectorset");
    EXPECT_EQ(client.ask({"DBSIZE"}), "3");
    EXPECT_EQ(client.ask({"DEL", "a1", "a2"}), "2");
    EXPECT_EQ(client.ask({"VADD", "a1", "VALUES", "3", "1", "0", "0", "x"}), "1") << "made anew with another dimension";
    EXPECT_EQ(client.ask({"SELECT", "0"}), "OK");
    EXPECT_TRUE(is_error(client.ask({"SELECT", "1"})));
    EXPECT_EQ(client.ask({"ECHO", "hello"}), "hello");
    EXPECT_NE(client.ask({"INFO"}).find("durable_lsn:"), std::string::npos);
    EXPECT_EQ(client.ask({"HELLO", "3"}).rfind("[server vectorizer version ", 0), 0U);
    EXPECT_EQ(client.ask({"VADD", "a1", "VALUES", "3", "0", "1", "0", "y"}), "true") << "RESP3 has booleans";
    EXPECT_EQ(client.ask({"VSIM", "a1", "ELE", "y", "WITHSCORES"}), "[y 1 x 0.5]");
    EXPECT_EQ(client.ask({"VGETATTR", "a1", "y"}), "nil");
    EXPECT_TRUE(is_error(client.ask({"HELLO", "4"})));
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
        EXPECT_TRUE(is_error(client.ask(bad))) << bad.size() << " " << bad[0] << " " << bad.back();
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
        EXPECT_TRUE(is_error(reply)) << bad[0];
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
             {{"VADD", "docs", "REDUCE", "1", "VALUES", "2", "1", "0", "b"}, "'REDUCE'"},
             {{"VSIM", "docs", "ELEMENT", "a"}, "'ELEMENT'"},
             {{"VSIM", "docs", "VALUES", "2", "1"}, "number 2 is ''"},
             {{"VEMB", "docs", "a", "RAW"}, "'RAW'"}}) {
        const std::string reply = client.ask(bad);
        EXPECT_TRUE(is_error(reply)) << named;
        EXPECT_NE(reply.find(named), std::string::npos) << named << ": " << reply;
    }
    EXPECT_EQ(client.ask({"VCARD", "docs"}), "1") << "nothing of it was done";
    EXPECT_TRUE(is_error(client.ask({"VADD", "docs", "VALUES", "2", "1", "1e50", "tiny"})));
    EXPECT_EQ(client.ask({"VADD", "docs", "VALUES", "2", "1", "-1e-50", "tiny"}), "1")
        << "as over REST, what is nearly zero is zero";
    EXPECT_EQ(client.ask({"VREM", "docs", "tiny"}), "1");
    EXPECT_TRUE(is_error(client.ask({"VADD", "made", "VALUES", "1", "1", "a", "SETATTR", "[1]"})));
    EXPECT_EQ(client.ask({"EXISTS", "made"}), "0") << "a refused point leaves no key behind";
    client.send(request({"VADD", "made", "VALUES", "1", "1", "a", "SETATTR", "[1]"}) +
                request({"VADD", "made", "VALUES", "1", "1", "b"}));
    EXPECT_TRUE(is_error(client.reply()));
    EXPECT_EQ(client.reply(), "1");
    EXPECT_EQ(client.ask({"VCARD", "made"}), "1");
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Resp, PipelinedWritesShareCommitsAndKeepTheirOrder) {
    RespClient client(port);
    constexpr int kWrites = 500;
    client.ask({"VADD", "docs", "VALUES", "2", "1", "0", "first"});
    std::string pipeline;
    for (int i = 0; i < kWrites; ++i)
        pipeline += request({"VADD", "docs", "VALUES", "2", "1", std::to_string(i), "p" + std::to_string(i % 250)});
    pipeline += request({"VCARD", "docs"}) + request({"VEMB", "docs", "p7"}) + request({"VREM", "docs", "p7"}) +
                request({"VCARD", "docs"});
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
          "*" + std::string(100, '1'), std::string("*2\r\n$4\r\nPING\r\n$x\r\n")}) {
        RespClient client(port);
        client.send(bytes);
        EXPECT_TRUE(is_error(client.reply())) << bytes.substr(0, 40);
        EXPECT_EQ(client.reply(), "closed");
    }
    RespClient endless(port);
    std::string many = "*65000\r\n";
    for (int i = 0; i < 20; ++i) many += "$1000000\r\n" + std::string(1'000'000, 'x') + "\r\n";
    endless.send(many);
    const std::string ended = endless.reply();
    EXPECT_TRUE(is_error(ended) || ended == "closed") << ended.substr(0, 40);
    RespClient in_words(port);
    in_words.send("PING\r\n\r\nECHO  word\r\n");
    EXPECT_EQ(in_words.reply(), "PONG");
    EXPECT_EQ(in_words.reply(), "word");
    for (const char c : request({"PING"})) in_words.send(std::string(1, c));
    EXPECT_EQ(in_words.reply(), "PONG") << "byte by byte";
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

int main(int count, char** arguments) {
    testing::InitGoogleTest(&count, arguments);
    const int failed = RUN_ALL_TESTS();
    std::printf("GATE e2e.resp %s tests=%d\n", failed == 0 ? "PASS" : "FAIL",
                testing::UnitTest::GetInstance()->test_to_run_count());
    return failed;
}
