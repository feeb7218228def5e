#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/json.hpp"

namespace vz::e2e {
namespace {

constexpr const char* kMetrics[] = {"COSINE", "EUCLIDEAN", "DOT_PRODUCT", "MANHATTAN"};

Metric metric_of_graphql(const std::string& name) {
    for (int metric = 0; metric < 4; ++metric) {
        if (name == kMetrics[metric]) return static_cast<Metric>(metric);
    }
    throw std::runtime_error("metric " + name);
}

class GraphqlFrontend final : public Frontend {
 public:
    explicit GraphqlFrontend(uint16_t port) : client_(port) {}

    Outcome create(const std::string& name, uint32_t dimension, Metric metric) override {
        return outcome(
            send("mutation($input: CreateCollectionInput!) { createCollection(input: $input) { name vectorCount } }",
                 "{\"input\":{\"name\":" + json_string(name) + ",\"dimension\":" + std::to_string(dimension) +
                     ",\"metric\":\"" + kMetrics[static_cast<int>(metric)] + "\"}}"));
    }

    Outcome drop(const std::string& name) override {
        return done(send("mutation($name: String!) { deleteCollection(name: $name) { success } }",
                         "{\"name\":" + json_string(name) + "}"),
                    "/data/deleteCollection/success");
    }

    Outcome rename(const std::string& name, const std::string& to) override {
        return outcome(
            send("mutation($name: String!, $to: String!) { renameCollection(name: $name, newName: $to, retainAlias: "
                 "false) { name } }",
                 "{\"name\":" + json_string(name) + ",\"to\":" + json_string(to) + "}"));
    }

    Outcome upsert(const std::string& name, const std::vector<NamedPoint>& points) override {
        std::string variables = "{\"input\":{\"collection\":" + json_string(name) + ",\"vectors\":[";
        for (const auto& [id, point] : points) {
            if (variables.back() != '[') variables += ',';
            variables += "{\"id\":" + json_string(id) + ",\"data\":" + json_array(point.vector) +
                         ",\"payload\":" + point.payload + "}";
        }
        return done(
            send("mutation($input: UpsertVectorsInput!) { upsertVectors(input: $input) { success affectedCount lsn } }",
                 variables + "]}}"),
            "/data/upsertVectors/success");
    }

    Outcome remove(const std::string& name, const std::vector<std::string>& ids) override {
        std::string variables = "{\"input\":{\"collection\":" + json_string(name) + ",\"ids\":[";
        for (const std::string& id : ids) variables += (variables.back() == '[' ? "" : ",") + json_string(id);
        return done(
            send("mutation($input: DeleteVectorsInput!) { deleteVectors(input: $input) { success affectedCount } }",
                 variables + "]}}"),
            "/data/deleteVectors/success");
    }

    Database read() override {
        const Json list(success(send("{ collections { name vectorCount config { dimension metric } } }", "{}")).body);
        Database database;
        for (const JsonValue item : list.list("/data/collections")) {
            const std::string name = text_of(item, "name");
            Collection& collection = database[name];
            collection.dimension = static_cast<uint32_t>(integer_of(item["config"], "dimension"));
            collection.metric = metric_of_graphql(text_of(item["config"], "metric"));
            read_points(name, collection);
            const auto count = static_cast<int64_t>(collection.points.size());
            const Json counted(success(send("query($name: String!) { countVectors(collection: $name) }",
                                            "{\"name\":" + json_string(name) + "}"))
                                   .body);
            if (integer_of(item, "vectorCount") != count || counted.integer("/data/countVectors") != count) {
                throw std::runtime_error("the count of " + name + " is not that of its points");
            }
        }
        return database;
    }

    std::vector<Hit> search(const std::string& name, const std::vector<float>& query, size_t limit) override {
        const Answer answer =
            success(send("query($input: SearchInput!) { search(input: $input) { id score vector payload } }",
                         "{\"input\":{\"collection\":" + json_string(name) + ",\"vector\":" + json_array(query) +
                             ",\"limit\":" + std::to_string(limit) + "}}"));
        const Json json(answer.body);
        std::vector<Hit> hits;
        for (const JsonValue value : json.list("/data/search")) {
            Hit hit{text_of(value, "id"), number_of(value["score"]), {}};
            hit.point = {floats_of(value["vector"]), payload_text(answer.body, hit.id)};
            hits.push_back(std::move(hit));
        }
        return hits;
    }

    std::optional<Point> point(const std::string& name, const std::string& id) override {
        const Answer answer = success(
            send("query($name: String!, $id: String!) { vector(collection: $name, id: $id) { id data payload } }",
                 "{\"name\":" + json_string(name) + ",\"id\":" + json_string(id) + "}"));
        const Json json(answer.body);
        if (json.at("/data/vector").is_null()) return std::nullopt;
        return Point{floats_of(json.at("/data/vector/data")), payload_text(answer.body, id)};
    }

    bool persisted(const std::string& name) override {
        const Answer answer =
            success(send("query($name: String!) { persistence(collection: $name) { persisted problems } }",
                         "{\"name\":" + json_string(name) + "}"));
        return Json(answer.body).truth("/data/persistence/persisted");
    }

 private:
    Answer send(const std::string& document, const std::string& variables) {
        return client_.post("/graphql", "{\"query\":" + json_string(document) + ",\"variables\":" + variables + "}");
    }

    Outcome outcome(const Answer& answer) {
        if (answer.status == 200 && !Json(answer.body).has("/errors")) return Outcome::kAcknowledged;
        complaint_ = std::to_string(answer.status) + " " + answer.body;
        return answer.status == 0 ? Outcome::kUnknown : Outcome::kRefused;
    }

    Outcome done(const Answer& answer, std::string_view success) {
        const Outcome met = outcome(answer);
        if (met != Outcome::kAcknowledged || Json(answer.body).truth(success)) return met;
        complaint_ = answer.body;
        return Outcome::kRefused;
    }

    Answer success(const Answer& answer) {
        if (outcome(answer) != Outcome::kAcknowledged) throw std::runtime_error("answered " + complaint_);
        return answer;
    }

    void read_points(const std::string& name, Collection& collection) {
        std::string cursor = "null";
        do {
            const Answer answer = success(
                send("query($input: ScrollInput!) { vectors(input: $input) { items { id data payload } hasNextPage "
                     "nextCursor } }",
                     "{\"input\":{\"collection\":" + json_string(name) + ",\"limit\":100,\"cursor\":" + cursor + "}}"));
            const Json page(answer.body);
            for (const JsonValue value : page.list("/data/vectors/items")) {
                const std::string id = text_of(value, "id");
                const Point point{floats_of(value["data"]), payload_text(answer.body, id)};
                if (!collection.points.emplace(id, point).second) throw std::runtime_error("twice in a scan: " + id);
            }
            cursor = page.truth("/data/vectors/hasNextPage") ? json_string(page.text("/data/vectors/nextCursor"))
                                                             : std::string();
        } while (!cursor.empty());
    }

    HttpClient client_;
};

}  // namespace

std::unique_ptr<Frontend> graphql_frontend(uint16_t port) { return std::make_unique<GraphqlFrontend>(port); }

}  // namespace vz::e2e
