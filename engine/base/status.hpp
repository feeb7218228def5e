// How a function says that the world failed: Status and Result<T>. A programmer's error is VZ_CHECK (check.hpp), never
// a Status.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/base/check.hpp"
#include "vectorizer/types.h"

namespace vz {

// Success, or one vz_error. Success is a null pointer. Movable; copy with clone().
class [[nodiscard]] Status {
 public:
    Status() noexcept = default;
    explicit Status(const vz_error& error) : error_(new vz_error(error)) {}

    bool ok() const { return error_ == nullptr; }
    vz_status code() const { return error_ ? error_->status : VZ_OK; }
    const vz_error& error() const { return *error_; }

    // Fluent refinement of a failure: `return invalid(...).reason(VZ_REASON_ID).item(3).field("ids")`.
    Status&& reason(vz_reason value) &&;
    Status&& item(uint64_t index) &&;
    Status&& field(std::string_view path) &&;
    Status&& expected(int64_t value) &&;
    Status&& actual(int64_t value) &&;
    void set_item(uint64_t index) { error_->item = index; }

    Status clone() const { return error_ ? Status(*error_) : Status(); }
    // Copies the error out, if there is one and a place for it. Returns the code.
    vz_status write_to(vz_error* out) const;

 private:
    std::unique_ptr<vz_error> error_;
};

// Cold: what leads to it lies out of the way of what succeeds.
[[gnu::format(printf, 2, 3), gnu::cold]] Status failure(vz_status code, const char* format, ...);

// Either a value or a failed Status.
template <class T>
class [[nodiscard]] Result {
 public:
    Result(T value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): `return value;`
    Result(Status failed) : status_(std::move(failed)) {
        VZ_CHECK(!status_.ok());
    }  // NOLINT(google-explicit-constructor): `return status;`

    bool ok() const { return value_.has_value(); }
    const Status& status() const { return status_; }
    Status take_status() { return std::move(status_); }
    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    T* operator->() { return &*value_; }
    const T* operator->() const { return &*value_; }
    T take() { return std::move(*value_); }

 private:
    std::optional<T> value_;
    Status status_;
};

// `work()`, a Status or a Result; memory that runs out within is VZ_OUT_OF_MEMORY.
template <class Work>
auto or_out_of_memory(Work work) -> decltype(work()) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return failure(VZ_OUT_OF_MEMORY, "memory ran out");
    }
}

#define VZ_CONCAT_(a, b) a##b
#define VZ_CONCAT(a, b) VZ_CONCAT_(a, b)

// Returns from the calling function when the expression, a Status, is a failure.
#define VZ_TRY(...)                                 \
    do {                                            \
        ::vz::Status vz_try_status = (__VA_ARGS__); \
        if (!vz_try_status.ok()) [[unlikely]]       \
            return vz_try_status;                   \
    } while (false)

// `VZ_ASSIGN(auto file, fs.open(path))`: the value, or return the failure.
#define VZ_ASSIGN(declaration, ...) VZ_ASSIGN_(VZ_CONCAT(vz_assign_, __LINE__), declaration, __VA_ARGS__)
#define VZ_ASSIGN_(name, declaration, ...) \
    auto name = (__VA_ARGS__);             \
    if (!name.ok()) [[unlikely]]           \
        return name.take_status();         \
    declaration = name.take()

}  // namespace vz
