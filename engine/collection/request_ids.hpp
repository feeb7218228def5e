// The last request ids, by LSN, and their first outcomes, so that a request delivered again is answered and not applied
// again.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/manifest/state.hpp"

namespace vz {

// Any thread.
class RequestIds {
 public:
    static bool is_set(const vz_uuid& id);
    std::optional<RequestOutcome> find(const vz_uuid& id) const;
    // How a request of this id ended, if there was one. VZ_BUSY: what it did is not durable yet.
    Result<std::optional<RequestOutcome>> first_outcome(const vz_uuid& id, Lsn durable) const;
    // The log has the request by now: memory that runs out here ends the process.
    void remember(const vz_uuid& id, Lsn lsn, uint32_t applied, uint32_t created) noexcept;
    // Outcomes with begin <= LSN <= end, oldest first.
    std::vector<RequestOutcome> between(Lsn begin, Lsn end) const;

 private:
    struct Hash {
        size_t operator()(const RequestId& id) const;
    };
    mutable std::mutex mutex_;
    std::unordered_map<RequestId, RequestOutcome, Hash> outcomes_;
    std::deque<std::pair<Lsn, RequestId>> order_;  // oldest first
};

}  // namespace vz
