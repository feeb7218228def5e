// Operations of one request that are with the engine, a series of them at a time: submitted in parts, counted down and,
// where nobody waits for the answer any more, cancelled.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "frontends/http/http.h"

namespace vz::graphql {

enum class WhenAbandoned : uint8_t { kCancel, kGoOn };

// Driven by one thread at a time; must not end while its operations are with the engine.
class Flight final {
 public:
    using Landed = void (*)(void* user) VZ_NOEXCEPT;

    // `landed` is told, inside the last completion, that all operations of a series have ended. It may end the flight.
    Flight(vz_engine* engine, vzh_request* request, Landed landed, void* user)
        : engine_(engine), request_(request), landed_(landed), user_(user) {}
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;

    // True: landed() is called, perhaps before this returns. False: there is nothing to wait for.
    bool begin(std::vector<vz_op*> ops, WhenAbandoned when_abandoned);

 private:
    bool submit_part();

    static void op_done(vz_op* op) VZ_NOEXCEPT;
    static void abandoned(vzh_request* request, void* user) VZ_NOEXCEPT;

    vz_engine* const engine_;
    vzh_request* const request_;
    const Landed landed_;
    void* const user_;
    WhenAbandoned when_abandoned_ = WhenAbandoned::kGoOn;
    std::vector<vz_op*> ops_;   // with the engine, were last, or will be
    size_t submitted_ = 0;      // of them
    int64_t submitted_ns_ = 0;  // the last part
    std::atomic<uint32_t> pending_{0};
};

}  // namespace vz::graphql
