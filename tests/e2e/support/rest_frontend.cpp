#include "tests/e2e/support/frontend.hpp"
#include "tests/e2e/support/json.hpp"

namespace vz::e2e {
namespace {

const char* name_of(Metric metric) {
    switch (metric) {
        case Metric::kCosine: return "cosine";
        case Metric::kEuclidean: return "euclidean";
        case Metric::kDot: return "dot";
        case Metric::kManhattan: return "manhattan";
    }
    return "";
}

Metric metric_of_rest(const std::string& name) {
    if (name == "Cosine") return Metric::kCosine;
    if (name == "Euclidean") return Metric::kEuclidean;
    if (name == "DotProduct") return Metric::kDot;
    if (name == "Manhattan") return Metric::kManhattan;
    throw std::runtime_error("metric " + name);
}

class RestFrontend final : public Frontend {
 public:
    explicit RestFrontend(uint16_t port) : client_(port) {}

    Outcome create(const std::string& name, uint32_t dimension, Metric metric) override {
        return outcome(client_.post("/collections", "{\"name\":" + json_string(name) +
                                                        ",\"dimension\":" + std::to_string(dimension) +
                                                        ",\"metric\":\"" + name_of(metric) + "\"}"));
    }

    Outcome drop(const std::string& name) override {
        return outcome(client_.request("DELETE", "/collections/" + percent_encoded(name), {}));
    }

    Outcome rename(const std::string& name, const std::string& to) override {
        return outcome(client_.post("/collections/" + percent_encoded(name) + "/rename",
                                    "{\"new_name\":" + json_string(to) + ",\"retain_alias\":false}"));
    }

    Outcome upsert(const std::string& name, const std::vector<NamedPoint>& points) override {
        std::string body = "{\"collection\":" + json_string(name) + ",\"config\":{\"atomic\":true},\"vectors\":[";
        for (const auto& [id, point] : points) {
            if (body.back() != '[') body += ',';
            body += "{\"id\":" + json_string(id) + ",\"embedding\":" + json_array(point.vector) +
                    ",\"payload\":" + point.payload + "}";
        }
        return outcome(client_.post("/insert_vectors", body + "]}"));
    }

    Outcome remove(const std::string& name, const std::vector<std::string>& ids) override {
        std::string body = "{\"collection\":" + json_string(name) + ",\"config\":{\"atomic\":true},\"ids\":[";
        for (const std::string& id : ids) body += (body.back() == '[' ? "" : ",") + json_string(id);
        return outcome(client_.post("/batch_delete", body + "]}"));
    }

    Database read() override {
        const Json list(success(client_.get("/collections")).body);
        Database database;
        for (const JsonValue item : list.list("/collections")) {
            const std::string name = text_of(item, "name");
            Collection& collection = database[name];
            collection.dimension = static_cast<uint32_t>(integer_of(item, "dimension"));
            collection.metric = metric_of_rest(text_of(item, "metric"));
            read_points(name, collection);
            const auto count = static_cast<int64_t>(collection.points.size());
            const Json counted(success(client_.post("/collections/" + percent_encoded(name) + "/count", "{}")).body);
            if (integer_of(item, "vector_count") != count || counted.integer("/count") != count) {
                throw std::runtime_error("the count of " + name + " is not that of its points");
            }
        }
        if (list.integer("/total_collections") != static_cast<int64_t>(database.size()))
            throw std::runtime_error("total_collections");
        return database;
    }

    std::vector<Hit> search(const std::string& name, const std::vector<float>& query, size_t limit) override {
        const Answer answer = success(client_.post("/search", "{\"collection\":" + json_string(name) +
                                                                  ",\"vector\":" + json_array(query) +
                                                                  ",\"limit\":" + std::to_string(limit) + "}"));
        const Json json(answer.body);
        std::vector<Hit> hits;
        for (const JsonValue value : json.list("/results")) {
            Hit hit{text_of(value, "id"), number_of(value["score"]), {}};
            hit.point = {floats_of(value["vector"]), payload_text(answer.body, hit.id)};
            hits.push_back(std::move(hit));
        }
        return hits;
    }

    std::optional<Point> point(const std::string& name, const std::string& id) override {
        const Answer answer = client_.get("/collections/" + percent_encoded(name) + "/vectors/" + percent_encoded(id));
        if (answer.status == 404) return std::nullopt;
        const Json json(success(answer).body);
        return Point{floats_of(json.at("/vector")), payload_text(answer.body, id)};
    }

    bool persisted(const std::string& name) override {
        const Answer answer = success(client_.get("/collections/" + percent_encoded(name) + "/persistence"));
        return Json(answer.body).truth("/persisted");
    }

 private:
    Outcome outcome(const Answer& answer) {
        if (answer.status == 200) return Outcome::kAcknowledged;
        complaint_ = std::to_string(answer.status) + " " + answer.body;
        return answer.status == 0 ? Outcome::kUnknown : Outcome::kRefused;
    }

    const Answer& success(const Answer& answer) {
        if (answer.status != 200)
            throw std::runtime_error("answered " + std::to_string(answer.status) + " " + answer.body);
        return answer;
    }

    void read_points(const std::string& name, Collection& collection) {
        std::string cursor;
        do {
            const Answer answer = success(client_.get("/collections/" + percent_encoded(name) + "/vectors?limit=100" +
                                                      (cursor.empty() ? "" : "&cursor=" + percent_encoded(cursor))));
            const Json page(answer.body);
            for (const JsonValue value : page.list("/vectors")) {
                const std::string id = text_of(value, "id");
                const Point point{floats_of(value["vector"]), payload_text(answer.body, id)};
                if (!collection.points.emplace(id, point).second) throw std::runtime_error("twice in a scan: " + id);
            }
            cursor = page.at("/next_cursor").is_null() ? std::string() : page.text("/next_cursor");
        } while (!cursor.empty());
    }

    HttpClient client_;
};

}  // namespace

std::unique_ptr<Frontend> rest_frontend(uint16_t port) { return std::make_unique<RestFrontend>(port); }

}  // namespace vz::e2e
