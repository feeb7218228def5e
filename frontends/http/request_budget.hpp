// The memory of all requests of a listener: bodies, what is made of them, and answers until they are sent have one
// budget. Any thread; each request on one at a time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "frontends/http/budget.hpp"
#include "frontends/http/request.hpp"
#include "frontends/http/settings.hpp"

namespace vz::http {

class RequestBudget final {
 public:
    explicit RequestBudget(const Limits& limits)
        : answer_bytes_max_(limits.answer_mb * kMebibyte),
          memory_(limits.bodies_mb * kMebibyte),
          answers_(memory_.most() / kAnswersDivisor) {}

    // false: it would be passed.
    [[nodiscard]] bool charge_body(vzh_request& r);
    // Of what a request makes of its body, the first 64 KiB are free.
    [[nodiscard]] bool charge_memory(vzh_request& r, uint64_t bytes);
    // The input of a connection that waits for its turn has `capacity` now, and `charged` of the budget. It is counted
    // either way; false: there was no room.
    bool count_waiting(uint64_t capacity, uint64_t& charged);
    // The answer's memory will be `capacity` in all. Never refused to an answer that is owed.
    [[nodiscard]] bool charge_answer(vzh_request& r, uint64_t capacity);
    // Room for `bytes` more of the answer. false: it would pass its limit, or memory is short (r.starved).
    [[nodiscard]] bool grow_answer(vzh_request& r, uint64_t bytes);
    // The answer is written: what it does not need of its memory goes back.
    void settle_answer(vzh_request& r);
    // Whether answers that are owed have passed the budget already: no more may be promised. Those that may be refused
    // never get it there.
    bool owes_too_much() const { return answers_.held() > answers_.most(); }
    // All answers together have no more than their part of the budget: what is larger would never find room. What is
    // owed is told at any length.
    uint64_t answer_bytes_max(const vzh_request& r) const {
        return r.owed ? UINT64_MAX : std::min(answer_bytes_max_, answers_.most());
    }

    // The request ends: what it held is given back once its memory is free for others.
    struct Held {
        uint64_t all;
        uint64_t answer;  // of it
    };
    static Held take_from(vzh_request& r);
    void give_back(const Held& held);

    uint64_t held() const { return memory_.held(); }
    uint64_t held_by_answers() const { return answers_.held(); }

 private:
    // What is smaller is not counted: limits.requests bounds it, to 64 MiB unless that was raised, and slow readers
    // shall not use up the budget of others with it.
    static constexpr uint64_t kFreeBytes = 64 * 1024;
    // Clients that do not read their answers, which a key that may only read can do, must not keep writers out.
    static constexpr uint64_t kAnswersDivisor = 2;

    const uint64_t answer_bytes_max_;
    Budget memory_;
    Budget answers_;  // their part of it
};

}  // namespace vz::http
