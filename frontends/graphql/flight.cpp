#include "frontends/graphql/flight.hpp"

#include <algorithm>
#include <utility>

#include "frontends/graphql/clock.hpp"

namespace vz::graphql {
namespace {

// Operations of a request that are with the engine at once. It takes 16,384 of all requests together: large ones find
// room beside each other.
constexpr size_t kOpsAtOnce = 4096;

}  // namespace

bool Flight::begin(std::vector<vz_op*> ops, WhenAbandoned when_abandoned) {
    if (ops.empty()) return false;
    for (vz_op* op : ops) {
        op->done = &op_done;
        op->user = this;
    }
    ops_ = std::move(ops);
    when_abandoned_ = when_abandoned;
    submitted_ = 0;
    return submit_part();
}

// begin(), for the next of the operations.
bool Flight::submit_part() {
    const size_t first = submitted_;
    const auto count = static_cast<uint32_t>(std::min(ops_.size() - first, kOpsAtOnce));
    submitted_ = first + count;
    pending_.store(count, std::memory_order_relaxed);
    vz_status status = VZ_CANCELLED;
    if (when_abandoned_ == WhenAbandoned::kGoOn || vzh_on_abandoned(request_, &abandoned, this) == 0) {
        submitted_ns_ = steady_ns();
        status = vz_submit(engine_, &ops_[first], count);
    }
    if (status == VZ_OK) return true;
    vzh_on_abandoned(request_, nullptr, nullptr);
    submitted_ = ops_.size();
    for (size_t i = first; i < ops_.size(); ++i) ops_[i]->status = status;
    return false;
}

void Flight::op_done(vz_op* op) VZ_NOEXCEPT {
    Flight& flight = *static_cast<Flight*>(op->user);
    if (flight.pending_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    vzh_on_abandoned(flight.request_, nullptr, nullptr);
    vzh_engine_took(flight.request_, steady_ns() - flight.submitted_ns_);
    if (flight.submitted_ < flight.ops_.size() && flight.submit_part()) return;
    flight.landed_(flight.user_);
}

// VZ_BUSY: the op is over already.
void Flight::abandoned(vzh_request*, void* user) VZ_NOEXCEPT {
    const Flight& flight = *static_cast<Flight*>(user);
    for (vz_op* op : flight.ops_) static_cast<void>(vz_cancel(flight.engine_, op));
}

}  // namespace vz::graphql
