// Whose code asks the engine: an address in it, so that what is left behind can be told with the one who made it.
#pragma once

namespace vz {

// Of the outermost call on this thread; nullptr: none.
const void* current_caller();

class CallerScope {
 public:
    // `code` lies in the caller. Within another scope it changes nothing.
    explicit CallerScope(const void* code);
    ~CallerScope();
    CallerScope(const CallerScope&) = delete;
    CallerScope& operator=(const CallerScope&) = delete;

 private:
    const bool is_outermost_;
};

}  // namespace vz
