#include "frontends/http/request_budget.hpp"

#include <utility>

namespace vz::http {

bool RequestBudget::charge_body(vzh_request& r) {
    const auto capacity = r.body.capacity() + r.inflated.capacity();
    if (capacity <= kFreeBytes || capacity <= r.body_charged) return true;
    const auto more = capacity - r.body_charged;
    r.body_charged = capacity;
    return memory_.take_beyond(more);
}

bool RequestBudget::charge_memory(vzh_request& r, uint64_t bytes) {
    if (bytes > UINT64_MAX - r.memory_taken) return false;
    const auto taken = r.memory_taken + bytes;
    const auto counted = taken > kFreeBytes ? taken - kFreeBytes : 0;
    if (counted > r.memory_charged && !memory_.take(counted - r.memory_charged)) return false;
    r.memory_taken = taken;
    r.memory_charged = counted;
    return true;
}

bool RequestBudget::count_waiting(uint64_t capacity, uint64_t& charged) {
    const auto before = std::exchange(charged, capacity > kFreeBytes ? capacity : 0);
    if (before >= charged) {
        if (before > charged) memory_.give(before - charged);
        return true;
    }
    return memory_.take_beyond(charged - before);
}

bool RequestBudget::charge_answer(vzh_request& r, uint64_t capacity) {
    if (capacity <= kFreeBytes || capacity <= r.answer_charged) return true;
    const auto more = capacity - r.answer_charged;
    if (r.owed) {
        answers_.take_beyond(more);
        memory_.take_beyond(more);
    } else if (!answers_.take(more)) {
        return false;
    } else if (!memory_.take(more)) {
        answers_.give(more);
        return false;
    }
    r.answer_charged = capacity;
    return true;
}

bool RequestBudget::grow_answer(vzh_request& r, uint64_t bytes) {
    auto& answer = r.answer;
    const auto most = answer_bytes_max(r);
    r.starved = false;
    if (answer.size() > most || bytes > most - answer.size()) return false;
    if (bytes <= answer.room()) return true;
    const auto capacity = answer.capacity_after(bytes);
    r.starved = !charge_answer(r, std::min<uint64_t>(capacity, most)) || !answer.grow(capacity);
    return !r.starved;
}

void RequestBudget::settle_answer(vzh_request& r) {
    r.answer.trim();
    const uint64_t capacity = r.answer.capacity() > kFreeBytes ? r.answer.capacity() : 0;
    if (capacity >= r.answer_charged) return;
    const auto spare = r.answer_charged - capacity;
    r.answer_charged = capacity;
    memory_.give(spare);
    answers_.give(spare);
}

RequestBudget::Held RequestBudget::take_from(vzh_request& r) {
    const Held held{r.body_charged + r.memory_charged + r.answer_charged, r.answer_charged};
    r.body_charged = r.memory_taken = r.memory_charged = r.answer_charged = 0;
    return held;
}

void RequestBudget::give_back(const Held& held) {
    if (held.all != 0) memory_.give(held.all);
    if (held.answer != 0) answers_.give(held.answer);
}

}  // namespace vz::http
