// Parallel work without threads of one's own: whoever owns the threads lends them.
#pragma once

#include <cstdint>
#include <memory>

namespace vz {

class Workers {
 public:
    virtual ~Workers() = default;
    // Workers that may run at once, at least one. Task numbers and worker numbers count from 0.
    virtual uint32_t count() const = 0;
    // Calls task(context, i, worker) for every i below `tasks` and returns when all are done. No two calls of one
    // worker overlap. What a task throws is thrown when none runs any more; tasks that had not begun are left out.
    virtual void run(uint32_t tasks, void (*task)(void* context, uint32_t index, uint32_t worker), void* context) = 0;
    // Whether long work should end as VZ_CANCELLED at the next good place.
    virtual bool is_cancelled() const { return false; }
};

// The calling thread alone.
class CallingThread final : public Workers {
 public:
    uint32_t count() const override { return 1; }
    void run(uint32_t tasks, void (*task)(void* context, uint32_t index, uint32_t worker), void* context) override {
        for (uint32_t i = 0; i < tasks; ++i) task(context, i, 0);
    }
};

// `body(index, worker)` for every index below `tasks`.
template <class Body>
void run_on(Workers& workers, uint32_t tasks, Body&& body) {
    using Function = std::remove_reference_t<Body>;
    workers.run(
        tasks,
        [](void* context, uint32_t index, uint32_t worker) { (*static_cast<Function*>(context))(index, worker); },
        std::addressof(body));
}

}  // namespace vz
