// The example frontend beside REST and GraphQL: three protocols, one engine, one process.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/e2e/support/free_port.hpp"
#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

// One connection that sends a line and reads lines.
class LineClient final {
 public:
    explicit LineClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{20, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("no line frontend");
    }
    ~LineClient() { ::close(socket_); }
    LineClient(const LineClient&) = delete;
    LineClient& operator=(const LineClient&) = delete;

    // Everything up to the line that ends the answer; empty: the connection was closed.
    std::string ask(const std::string& line) {
        send(line + "\n");
        return answer();
    }

    void send(const std::string& text) {
        for (size_t sent = 0; sent < text.size();) {
            const ssize_t now = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
            if (now <= 0) return;  // refused: the answer tells
            sent += static_cast<size_t>(now);
        }
    }

    std::string answer() {
        std::string whole;
        std::string line;
        for (char c = 0; ::recv(socket_, &c, 1, 0) == 1;) {
            line += c;
            if (c != '\n') continue;
            whole += line;
            if (line.rfind("HIT ", 0) != 0) return whole;
            line.clear();
        }
        return "";
    }

 private:
    int socket_;
};

struct Started {
    TemporaryDirectory directory;
    uint16_t line_port = free_port();
    std::string config = directory.path() + "/config.yml";

    std::vector<std::string> arguments() const {
        std::ofstream(config) << "frontends:\n  line: {library: line.so, port: " << line_port << "}\n";
        return {"--config", config};
    }
};

TEST(Example, SharesTheEngineWithRestAndGraphql) {
    const Started started;
    Server server(started.directory.path() + "/data", started.arguments());
    LineClient line(started.line_port);
    EXPECT_EQ(line.ask("PING"), "OK\n");
    EXPECT_EQ(line.ask("CREATE docs 3"), "OK\n");
    EXPECT_EQ(line.ask("PUT docs a {\"n\":1} 1 0 0").rfind("OK ", 0), 0U);
    EXPECT_EQ(line.ask("PUT docs b - 0 1 0").rfind("OK ", 0), 0U);
    EXPECT_EQ(line.ask("SEARCH docs 2 1 0 0"), "HIT a 1 {\"n\":1}\nHIT b 0 {}\nOK 2\n");

    for (const auto& frontend : {rest_frontend(server.port()), graphql_frontend(server.port())}) {
        const Database database = frontend->read();
        ASSERT_EQ(database.size(), 1U);
        const Collection& docs = database.at("docs");
        EXPECT_EQ(docs.dimension, 3U);
        EXPECT_EQ(docs.points.at("a"), (Point{{1, 0, 0}, "{\"n\":1}"}));
        EXPECT_EQ(docs.points.at("b"), (Point{{0, 1, 0}, "{}"}));
    }

    // The other way round, with a payload whose line breaks would end a line.
    ASSERT_EQ(rest_frontend(server.port())->upsert("docs", {{"c", {{0, 0, 1}, "{\n\"n\":2}"}}}),
              Outcome::kAcknowledged);
    EXPECT_EQ(line.ask("SEARCH docs 1 0 0 1"), "HIT c 1 { \"n\":2}\nOK 1\n");
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Example, NamesWhatIsWrong) {
    const Started started;
    Server server(started.directory.path() + "/data", started.arguments());
    LineClient line(started.line_port);
    EXPECT_EQ(line.ask("HELLO").rfind("ERR VZ_INVALID_ARGUMENT line: ", 0), 0U);
    EXPECT_EQ(line.ask("").rfind("ERR VZ_INVALID_ARGUMENT line: ", 0), 0U);
    EXPECT_EQ(line.ask("CREATE").rfind("ERR VZ_INVALID_ARGUMENT ", 0), 0U);
    EXPECT_EQ(line.ask("CREATE docs 0").rfind("ERR VZ_INVALID_ARGUMENT ", 0), 0U);
    EXPECT_EQ(line.ask("CREATE docs 2"), "OK\n");
    EXPECT_EQ(line.ask("CREATE docs 2").rfind("ERR VZ_ALREADY_EXISTS ", 0), 0U);
    for (const char* bad : {"PUT docs a {} 1 2 3", "PUT docs a {} 1 nan", "PUT docs a {} 1 x", "PUT docs a {",
                            "PUT docs a { 1 2", "SEARCH docs 0 1 2", "SEARCH docs -1 1 2", "SEARCH docs 1 1"}) {
        EXPECT_EQ(line.ask(bad).rfind("ERR VZ_INVALID_ARGUMENT ", 0), 0U) << bad;
    }
    EXPECT_EQ(line.ask("SEARCH none 1 1 2").rfind("ERR VZ_NOT_FOUND ", 0), 0U);
    EXPECT_EQ(line.ask("SEARCH docs 1 1 2"), "OK 0\n");
    EXPECT_EQ(line.ask("PUT docs " + std::string(2 << 20, 'a')), "") << "a line beyond the limit closes the connection";
    EXPECT_EQ(server.stop().code, 0) << "with a client that is still connected";
}

TEST(Example, HasAPortOfItsOwn) {
    const TemporaryDirectory directory;
    const std::string port = std::to_string(free_port());
    for (const auto& [library, address] :
         {std::pair("line.so", "127.0.0.1:15050"), std::pair("resp.so", "127.0.0.1:6380")}) {
        // Whether that port is free here or not: it is named.
        Process server({program(), "serve", "--data-dir", directory.path() + "/" + library, "--host", "localhost",
                        "--port", port, "--set", std::string("frontends.mine.library=") + library},
                       {}, directory.path() + "/log");
        const auto is_named = [&] { return server.output().find(address) != std::string::npos; };
        EXPECT_TRUE(comes([&] { return is_named() || server.wait(std::chrono::milliseconds(0)); }));
        EXPECT_TRUE(is_named()) << server.output();
        server.send(SIGTERM);
        ASSERT_TRUE(server.wait(std::chrono::seconds(30)).has_value());
    }
}

TEST(Example, NamesTheAddressThatIsTaken) {
    const Started started;
    Server server(started.directory.path() + "/data", started.arguments());
    const std::string taken = std::to_string(started.line_port);
    for (const char* library : {"line.so", "resp.so"}) {
        const Ran ran =
            run({program(), "serve", "--data-dir", started.directory.path() + "/other", "--port", "0", "--set",
                 std::string("frontends.mine.library=") + library, "--set", "frontends.mine.port=" + taken});
        EXPECT_EQ(ran.exit.code, 3) << ran.output;
        EXPECT_NE(ran.output.find("cannot listen on 127.0.0.1:" + taken), std::string::npos) << ran.output;
    }
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Example, RefusesAPortThatIsNone) {
    const TemporaryDirectory directory;
    const Ran ran =
        run({program(), "serve", "--data-dir", directory.path() + "/data", "--port", std::to_string(free_port()),
             "--set", "frontends.line.library=line.so", "--set", "frontends.line.port=many"});
    EXPECT_EQ(ran.exit.code, 2) << ran.output;
    EXPECT_NE(ran.output.find("'port' must be a number up to 65535"), std::string::npos) << ran.output;
}

}  // namespace
}  // namespace vz::e2e
