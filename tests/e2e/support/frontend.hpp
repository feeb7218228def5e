// The same steps through either frontend of a running server.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/model.hpp"

namespace vz::e2e {

enum class Outcome {
    kAcknowledged,
    kRefused,  // answered with an error: nothing was done
    kUnknown,  // no answer: done whole, or not at all
};

using NamedPoint = std::pair<std::string, Point>;

// One client of one server. Reading throws std::runtime_error where the answer is an error or has another shape.
class Frontend {
 public:
    virtual ~Frontend() = default;

    virtual Outcome create(const std::string& name, uint32_t dimension, Metric metric) = 0;
    virtual Outcome drop(const std::string& name) = 0;
    // Without leaving an alias.
    virtual Outcome rename(const std::string& name, const std::string& to) = 0;
    virtual Outcome upsert(const std::string& name, const std::vector<NamedPoint>& points) = 0;
    virtual Outcome remove(const std::string& name, const std::vector<std::string>& ids) = 0;

    // All collections with all their points; fails unless each count agrees with the points that come.
    virtual Database read() = 0;
    virtual std::vector<Hit> search(const std::string& name, const std::vector<float>& query, size_t limit) = 0;
    // Nothing if there is no such point.
    virtual std::optional<Point> point(const std::string& name, const std::string& id) = 0;
    // Whether the report says that all of a collection is on disk.
    virtual bool persisted(const std::string& name) = 0;

    // The last answer that was no success, for messages.
    const std::string& complaint() const { return complaint_; }

 protected:
    std::string complaint_;
};

std::unique_ptr<Frontend> rest_frontend(uint16_t port);
std::unique_ptr<Frontend> graphql_frontend(uint16_t port);

}  // namespace vz::e2e
