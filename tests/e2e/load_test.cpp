// Many clients at once, many connections one after the other, many collections.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/json.hpp"
#include "tests/e2e/support/server.hpp"
#include "tests/e2e/support/temporary_directory.hpp"
#include "tests/support/comes.hpp"

namespace vz::e2e {
namespace {

size_t open_descriptors(pid_t process) {
    const std::filesystem::directory_iterator entries("/proc/" + std::to_string(process) + "/fd");
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

size_t kib_of(pid_t process, const std::string& field) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field + ":")) return std::stoul(line.substr(field.size() + 1));
    }
    return 0;
}

template <typename Body>
void in_threads(size_t count, Body body) {
    std::vector<std::thread> threads;
    for (size_t i = 0; i < count; ++i) threads.emplace_back(body, i);
    for (std::thread& thread : threads) thread.join();
}

// A client that asks, and reads only when it is told to.
class SlowReader {
 public:
    SlowReader(uint16_t port, const std::string& request)
        : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const int window = 256 * 1024;
        setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            send(descriptor_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
            throw std::runtime_error("a slow reader cannot ask");
        }
    }
    SlowReader(const SlowReader&) = delete;
    SlowReader& operator=(const SlowReader&) = delete;
    ~SlowReader() { close(descriptor_); }

    // The request must say Connection: close.
    std::string read_to_end() const {
        std::string all;
        std::string part(256 * 1024, '\0');
        for (ssize_t got = 0; (got = recv(descriptor_, part.data(), part.size(), 0)) > 0;)
            all.append(part, 0, static_cast<size_t>(got));
        return all;
    }

 private:
    int descriptor_;
};

// The figure of a series; -1: it is not told.
int64_t figure(uint16_t port, const std::string& series) {
    const std::string metrics = HttpClient(port).get("/metrics").body;
    const size_t at = metrics.find("\n" + series + " ");
    return at == std::string::npos ? -1 : static_cast<int64_t>(std::stod(metrics.substr(at + series.size() + 2)));
}

Point point_of(size_t client, size_t round) {
    return {{static_cast<float>(client), static_cast<float>(round), 1}, "{\"client\":" + std::to_string(client) + "}"};
}

TEST(Load, SixtyFourClientsOfBothFrontendsMeetNoError) {
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    ASSERT_EQ(rest_frontend(server.port())->create("shared", 3, Metric::kEuclidean), Outcome::kAcknowledged);
    std::mutex mutex;
    std::vector<std::string> errors;
    in_threads(64, [&](size_t client) {
        const std::unique_ptr<Frontend> frontend =
            client % 2 == 0 ? rest_frontend(server.port()) : graphql_frontend(server.port());
        std::string error;
        try {
            for (size_t round = 0; round < 12 && error.empty(); ++round) {
                const std::string id = std::to_string(client) + "-" + std::to_string(round);
                const Point point = point_of(client, round);
                if (frontend->upsert("shared", {{id, point}, {id + "-gone", point}}) != Outcome::kAcknowledged)
                    error = frontend->complaint();
                if (frontend->point("shared", id) != std::optional(point)) error += " a write is not read back: " + id;
                if (frontend->remove("shared", {id + "-gone"}) != Outcome::kAcknowledged)
                    error += frontend->complaint();
                const std::vector<Hit> hits = frontend->search("shared", point.vector, 1);
                if (hits.size() != 1 || hits[0].score < 0.9999) error += " not its own nearest: " + id;
            }
        } catch (const std::exception& exception) {
            error += exception.what();
        }
        const std::lock_guard lock(mutex);
        if (!error.empty()) errors.push_back(error);
    });
    EXPECT_TRUE(errors.empty()) << errors.size() << " clients, the first: " << errors.front();
    const Database found = graphql_frontend(server.port())->read();
    EXPECT_EQ(found.at("shared").points.size(), 64U * 12U);
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Load, ConnectionsLeaveNothingBehind) {
    constexpr size_t kConnections = 2000;
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    ASSERT_EQ(rest_frontend(server.port())->create("points", 3, Metric::kDot), Outcome::kAcknowledged);
    const auto one_by_one = [&](size_t count) {
        in_threads(4, [&](size_t) {
            for (size_t i = 0; i < count / 4; ++i) {
                EXPECT_EQ(HttpClient(server.port()).get("/collections/points").status, 200);
            }
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    };
    one_by_one(400);
    const size_t descriptors = open_descriptors(server.process().id());
    const size_t kib = kib_of(server.process().id(), "VmRSS");
    one_by_one(kConnections);
    EXPECT_LE(open_descriptors(server.process().id()), descriptors + 2);
    EXPECT_LE(kib_of(server.process().id(), "VmRSS"), kib + 4096);
    EXPECT_EQ(server.stop().code, 0);
}

// Many bulk requests at once, each many times smaller than the body limit and together many times larger than the
// budget: the memory of the server stays within the budget, requests that find no room are told to come back, and all
// that is accepted is there.
TEST(Load, BulkRequestsShareOneBudgetOfMemory) {
    constexpr size_t kBudgetMib = 48;
    constexpr size_t kClients = 24;
    constexpr size_t kRounds = 3;
    constexpr size_t kPoints = 1000;
    constexpr size_t kDimension = 1024;
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.limits.bodies_mb=" + std::to_string(kBudgetMib)});
    ASSERT_EQ(HttpClient(server.port()).post("/collections", R"({"name":"bulk","dimension":1024})").status, 200);
    // About 6 MB as JSON, 4 MB as floats. All but one point are of another length, so that what is stored does not
    // count.
    std::string numbers(2 * (kDimension - 1), '0');
    for (size_t i = 1; i < numbers.size(); i += 2) numbers[i] = ',';
    numbers.pop_back();
    const std::string padded = numbers + std::string(3 * kDimension, ' ');
    const auto body_of = [&](const std::string& id, bool lines) {
        std::string body = lines ? "" : "{\"vectors\":[";
        for (size_t i = 0; i < kPoints; ++i) {
            body += (lines || i == 0 ? "" : ",") + (R"({"id":")" + id + "-" + std::to_string(i)) + R"(","vector":[)" +
                    padded + (i == 0 ? ",1" : "") + "]}" + (lines ? "\n" : "");
        }
        return lines ? body : body + "]}";
    };
    std::mutex mutex;
    size_t accepted = 0;
    size_t refused = 0;
    size_t cut = 0;  // the server closed while the body was on its way; the answer may be lost with it
    std::vector<std::string> wrong;
    const size_t before = kib_of(server.process().id(), "VmRSS");
    in_threads(kClients, [&](size_t client) {
        HttpClient http(server.port());
        for (size_t round = 0; round < kRounds; ++round) {
            const std::string id = std::to_string(client) + "-" + std::to_string(round);
            const bool lines = client % 2 == 0;
            const std::string path = lines ? "/collections/bulk/import" : "/collections/bulk/vectors?results=errors";
            const std::string body = body_of(id, lines);
            for (size_t tries = 0;; ++tries) {
                const Answer answer = http.request(
                    "POST", path, body,
                    {std::string("Content-Type: ") + (lines ? "application/x-ndjson" : "application/json")});
                const bool is_overloaded = answer.status == 503 || answer.status == 429;
                {
                    const std::lock_guard lock(mutex);
                    if (answer.status == 200) {
                        ++accepted;
                        if (Json(answer.body).integer("/inserted") != 1) wrong.push_back(answer.body.substr(0, 300));
                    } else if (is_overloaded) {
                        ++refused;
                        if (answer.header("Retry-After").empty()) wrong.push_back(answer.headers);
                        if (Json(answer.body).text("/details/reason") != "overloaded") wrong.push_back(answer.body);
                    } else if (answer.status == 0) {
                        ++cut;
                    } else {
                        wrong.push_back(answer.body);
                    }
                }
                if ((!is_overloaded && answer.status != 0) || tries == 1000) break;
                std::this_thread::sleep_for(std::chrono::milliseconds(20 + 7 * client));
            }
        }
    });
    const size_t peak = kib_of(server.process().id(), "VmHWM");
    EXPECT_TRUE(wrong.empty()) << wrong.size() << ", the first: " << wrong.front();
    EXPECT_EQ(accepted, kClients * kRounds);  // each in the end: room is given back
    EXPECT_GE(refused, 1U);
    // Beside the budget: what a worker keeps to read JSON with, five times the largest body each, and the log.
    const size_t growth_mib = (peak - before) / 1024;
    EXPECT_LE(growth_mib, kBudgetMib + 64);
    EXPECT_EQ(Json(HttpClient(server.port()).post("/collections/bulk/count", "{}").body).integer("/count"),
              static_cast<int64_t>(kClients * kRounds));
    // A client has its answer a moment before the room is given back.
    const auto holds_nothing = [&] {
        return HttpClient(server.port()).get("/metrics").body.find("vectorizer_http_body_bytes 0") != std::string::npos;
    };
    EXPECT_TRUE(comes(holds_nothing));
    EXPECT_EQ(server.stop().code, 0);
    std::printf("figure bulk.memory budget_mib=%zu growth_mib=%zu asked_mib=%zu accepted=%zu refused=%zu cut=%zu\n",
                kBudgetMib, growth_mib, kClients * kRounds * kPoints * padded.size() >> 20, accepted, refused, cut);
}

// A mutation in variables: so many points of 64 numbers.
std::string batch_over_graphql(size_t points) {
    std::string numbers = "0.00001";
    for (int i = 1; i < 64; ++i) numbers += ",0.00001";
    std::string body =
        R"({"query":"mutation($v: [UpsertVectorInput!]!) { upsertVectors(input: {collection: \"bulk\", vectors: $v}) { affectedCount } }","variables":{"v":[)";
    for (size_t i = 0; i < points; ++i)
        body += (i == 0 ? R"({"id":")" : R"(,{"id":")") + std::to_string(i) + R"(","data":[)" + numbers + "]}";
    return body + "]}}";
}

TEST(Load, ABatchOverGraphqlTakesAFewTimesItsSize) {
    constexpr size_t kPoints = 20000;
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data");
    HttpClient http(server.port());
    ASSERT_EQ(http.post("/collections", R"({"name":"bulk","dimension":64})").status, 200);
    const std::string body = batch_over_graphql(kPoints);
    const size_t before = kib_of(server.process().id(), "VmHWM");
    const Answer answer = http.post("/graphql", body);
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(Json(answer.body).integer("/data/upsertVectors/affectedCount"), static_cast<int64_t>(kPoints));
    // Five times its size to read it with; the points as floats on their way, in the log and in the collection.
    EXPECT_LT((kib_of(server.process().id(), "VmHWM") - before) * 1024, 10 * body.size());
    EXPECT_EQ(server.stop().code, 0);
}

TEST(Load, MemoryThatRunsOutEndsTheRequestAndNotTheServer) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers end the process themselves";
#endif
    constexpr size_t kMib = 1 << 20;
    const TemporaryDirectory directory;
    // Else each thread takes addresses for 64 MiB when it wants its first bytes.
    ASSERT_EQ(setenv("MALLOC_ARENA_MAX", "1", 1), 0);
    Server server(directory.path() + "/data");
    ASSERT_EQ(unsetenv("MALLOC_ARENA_MAX"), 0);
    ASSERT_EQ(HttpClient(server.port()).post("/collections", R"({"name":"bulk","dimension":64})").status, 200);
    const std::string body = batch_over_graphql(20000);
    size_t refused = 0;
    for (size_t mib = 8; mib <= 104; mib += 8) {
        const rlim_t most = kib_of(server.process().id(), "VmSize") * 1024 + mib * kMib;
        const rlimit limit{most, RLIM_INFINITY};
        ASSERT_EQ(prlimit(server.process().id(), RLIMIT_AS, &limit, nullptr), 0);
        const Answer answer = HttpClient(server.port()).post("/graphql", body);
        const Json told(answer.body);
        if (answer.status == 200 && !told.has("/errors")) continue;
        ++refused;
        const bool whole = answer.status == 503;  // before or in the field
        EXPECT_EQ(told.text(whole ? "/details/reason" : "/errors/0/extensions/details/reason"), "overloaded")
            << mib << ' ' << answer.body;
    }
    EXPECT_GE(refused, 3U);
    const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    ASSERT_EQ(prlimit(server.process().id(), RLIMIT_AS, &none, nullptr), 0);
    EXPECT_FALSE(Json(HttpClient(server.port()).post("/graphql", body).body).has("/errors"));
    EXPECT_EQ(server.stop().code, 0);
}

// A hundred clients of both frontends ask for large answers and do not read them: the server holds what the answers'
// half of the budget has room for, tells the others to come back, and serves whoever reads. No answer is cut short.
TEST(Load, SlowReadersShareOneBudgetOfMemory) {
    constexpr size_t kBudgetMib = 64;
    constexpr size_t kReaders = 100;
    constexpr size_t kPoints = 1500;
    const TemporaryDirectory directory;
    Server server(directory.path() + "/data", {"--set", "server.limits.bodies_mb=" + std::to_string(kBudgetMib)});
    HttpClient http(server.port());
    ASSERT_EQ(http.post("/collections", R"({"name":"large","dimension":1})").status, 200);
    ASSERT_EQ(http.post("/collections", R"({"name":"small","dimension":1})").status, 200);
    std::string points;
    for (size_t i = 0; i < kPoints; ++i) {
        points += (i == 0 ? R"({"vectors":[{"id":")" : R"(,{"id":")") + std::to_string(i) +
                  R"(","vector":[1],"payload":{"text":")" + std::string(5000, 't') + R"("}})";
    }
    ASSERT_EQ(http.post("/collections/large/vectors?results=errors", points + "]}").status, 200);

    const std::string document =
        R"({"query":"{ vectors(input: {collection: \"large\", limit: 1500}) { items { id payload } } }"})";
    const std::string head =
        " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\nConnection: close\r\n";
    const std::string rest = "GET /collections/large/vectors?limit=1500" + head + "\r\n";
    const std::string graphql = "POST /graphql" + head +
                                "Content-Type: application/json\r\nContent-Length: " + std::to_string(document.size()) +
                                "\r\n\r\n" + document;
    const std::string whole_rest = SlowReader(server.port(), rest).read_to_end();
    const std::string whole_graphql = SlowReader(server.port(), graphql).read_to_end();
    ASSERT_GT(whole_rest.size(), kPoints * 5000);
    ASSERT_GT(whole_graphql.size(), kPoints * 5000);
    const auto body_of = [](const std::string& answer) {
        return answer.substr(std::min(answer.find("\r\n\r\n"), answer.size()));
    };
    ASSERT_TRUE(comes([&] { return figure(server.port(), "vectorizer_http_unsent_bytes") == 0; }));

    const size_t before = kib_of(server.process().id(), "VmRSS");
    std::vector<std::unique_ptr<SlowReader>> readers;
    for (size_t i = 0; i < kReaders; ++i)
        readers.push_back(std::make_unique<SlowReader>(server.port(), i % 2 == 0 ? rest : graphql));
    // All but those that wait to be sent have been answered.
    const auto in_flight = [&](const std::string& frontend) {
        return figure(server.port(), "vectorizer_http_in_flight{frontend=\"" + frontend + "\"}");
    };
    ASSERT_TRUE(comes([&] { return in_flight("rest") + in_flight("graphql") <= 8; }));
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(http.get("/collections/large/vectors/" + std::to_string(i)).status, 200);
        ASSERT_EQ(Json(http.post("/graphql", R"({"query":"{ countVectors(collection: \"large\") }"})").body)
                      .integer("/data/countVectors"),
                  static_cast<int64_t>(kPoints));
        ASSERT_EQ(
            http.post("/collections/small/vectors?results=errors", R"({"vectors":[{"id":"new","vector":[2]}]})").status,
            200);
    }
    const size_t growth_mib = (std::max(kib_of(server.process().id(), "VmRSS"), before) - before) / 1024;
    const int64_t unsent = figure(server.port(), "vectorizer_http_unsent_bytes");
    EXPECT_GT(unsent, static_cast<int64_t>(kPoints * 5000));
    EXPECT_LE(unsent, static_cast<int64_t>(kBudgetMib << 19));
    EXPECT_LE(growth_mib, kBudgetMib / 2 + 40);

    size_t answered = 0;
    for (size_t i = 0; i < kReaders; ++i) {
        const std::string answer = readers[i]->read_to_end();
        if (answer.starts_with("HTTP/1.1 200 ")) {
            ++answered;
            EXPECT_EQ(body_of(answer).size(), body_of(i % 2 == 0 ? whole_rest : whole_graphql).size()) << i;
        } else {
            EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer.substr(0, 300);
            EXPECT_NE(answer.find("Retry-After: "), std::string::npos) << answer;
            EXPECT_NE(answer.find(R"("reason":"overloaded")"), std::string::npos) << answer;
        }
    }
    EXPECT_GE(answered, 1U);
    EXPECT_LE(answered, (kBudgetMib << 19) / (kPoints * 5000));
    EXPECT_TRUE(comes([&] { return figure(server.port(), "vectorizer_http_unsent_bytes") == 0; }));
    EXPECT_EQ(figure(server.port(), "vectorizer_http_body_bytes"), 0);
    EXPECT_EQ(SlowReader(server.port(), graphql).read_to_end().size(), whole_graphql.size());
    EXPECT_EQ(server.stop().code, 0);
    std::printf("figure slow_readers.memory budget_mib=%zu growth_mib=%zu asked_mib=%zu answered=%zu refused=%zu\n",
                kBudgetMib / 2, growth_mib, kReaders * whole_rest.size() >> 20, answered, kReaders - answered);
}

TEST(Load, AThousandEmptyCollectionsAreThereAfterAKill) {
    constexpr size_t kCollections = 1000;
    const TemporaryDirectory directory;
    const std::string data = directory.path() + "/data";
    {
        Server server(data);
        in_threads(8, [&](size_t client) {
            const std::unique_ptr<Frontend> rest = rest_frontend(server.port());
            for (size_t i = client; i < kCollections; i += 8) {
                EXPECT_EQ(
                    rest->create("collection-" + std::to_string(i), 1 + static_cast<uint32_t>(i), Metric::kCosine),
                    Outcome::kAcknowledged)
                    << rest->complaint();
            }
        });
        server.kill();
    }
    Server server(data);
    const Json list(HttpClient(server.port()).get("/collections").body);
    EXPECT_EQ(list.list("/collections").size(), kCollections);
    for (const JsonValue item : list.list("/collections")) {
        const int64_t number = std::stol(text_of(item, "name").substr(11));
        EXPECT_EQ(integer_of(item, "dimension"), number + 1);
    }
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace vz::e2e
