// The border of the C ABI: requests of any size in, exceptions of ours stopped, calls from completions refused.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "engine/abi/caller.hpp"
#include "engine/base/growable.hpp"
#include "engine/base/status.hpp"
#include "vectorizer/engine.h"

#define VZ_API __attribute__((visibility("default")))

namespace vz {

// True on a thread that is inside a completion.
bool in_completion();
class CompletionScope {
 public:
    CompletionScope();
    ~CompletionScope();
    CompletionScope(const CompletionScope&) = delete;
    CompletionScope& operator=(const CompletionScope&) = delete;
};

[[gnu::cold]] Status misuse(const char* rule);

// Copies a growable request of the caller's size into one of ours.
template <class T>
Status take_in(const T* in, T* out) {
    if (in == nullptr) return misuse("a required struct is NULL");
    if (in->struct_size < sizeof(T)) return misuse("struct_size is smaller than in version 1.0");
    std::memcpy(static_cast<void*>(out), in, sizeof(T));
    const auto* tail = reinterpret_cast<const unsigned char*>(in) + sizeof(T);
    const auto* end = reinterpret_cast<const unsigned char*>(in) + in->struct_size;
    if (std::any_of(tail, end, [](unsigned char byte) { return byte != 0; })) {
        return failure(VZ_UNSUPPORTED, "the request uses members that this engine does not know");
    }
    out->struct_size = sizeof(T);
    return {};
}

// The same; NULL gives a zeroed struct.
template <class T>
Status take_in_optional(const T* in, T* out) {
    if (in != nullptr) return take_in(in, out);
    std::memset(static_cast<void*>(out), 0, sizeof(T));
    out->struct_size = sizeof(T);
    return {};
}

// Whether an array of growable elements can be stepped through with VZ_AT and holds nothing that this engine does not
// know.
template <class T>
Status check_elements(const T* elements, uint64_t count, const char* field) {
    if (count == 0) return {};
    if (elements == nullptr)
        return failure(VZ_INVALID_ARGUMENT, "elements are missing").field(field).reason(VZ_REASON_REQUIRED);
    const uint64_t stride = elements->struct_size;
    if (stride < kBytesInV1_0<T> || stride % alignof(T) != 0)
        return misuse("struct_size of the first element is no stride of version 1.0 or later");
    for (uint64_t i = 0; i < count; ++i) {
        const auto* element = reinterpret_cast<const unsigned char*>(elements) + i * stride;
        if (stride > sizeof(T) &&
            std::any_of(element + sizeof(T), element + stride, [](unsigned char byte) { return byte != 0; })) {
            return failure(VZ_UNSUPPORTED, "an element uses members that this engine does not know")
                .field(field)
                .item(i);
        }
    }
    return {};
}

// Writes at most the caller's size; what we do not know is zeroed.
template <class T>
Status give_out(const T& from, T* out) {
    if (out == nullptr) return misuse("the place for the answer is NULL");
    const uint32_t size = out->struct_size;
    if (size < sizeof(uint32_t)) return misuse("struct_size of the answer is not set");
    std::memcpy(static_cast<void*>(out), &from, std::min<size_t>(size, sizeof(T)));
    if (size > sizeof(T)) std::memset(reinterpret_cast<char*>(out) + sizeof(T), 0, size - sizeof(T));
    out->struct_size = size;
    return {};
}

// Runs a body of the ABI: its Status goes to the caller, a stray exception becomes one.
template <class Body>
vz_status guard(vz_error* error, Body body) noexcept {
    try {
        const Status status = body();
        return status.write_to(error);
    } catch (const std::bad_alloc&) {
        if (error != nullptr) {
            *error = {};
            error->status = VZ_OUT_OF_MEMORY;
            error->item = VZ_NO_ITEM;
            std::strncpy(error->message, "there is not enough memory for this", sizeof(error->message) - 1);
        }
        return VZ_OUT_OF_MEMORY;
    } catch (const std::exception& stray) {
        if (error != nullptr) {
            *error = {};
            error->status = VZ_INTERNAL;
            error->item = VZ_NO_ITEM;
            std::strncpy(error->message, stray.what(), sizeof(error->message) - 1);
        }
        return VZ_INTERNAL;
    }
}

// The failure, after it was logged, if it is a broken rule, by each engine that is open: the call names none.
[[gnu::cold]] Status noted_by_all(Status failed, const void* caller);

// The same for functions that name no engine. `caller` is evaluated in the function of the ABI itself: whoever called
// that.
template <class Body>
vz_status guard_nameless(vz_error* error, Body body, const void* caller = __builtin_return_address(0)) noexcept {
    return guard(error, [&]() -> Status {
        Status status = body();
        if (!status.ok()) [[unlikely]]
            return noted_by_all(std::move(status), caller);
        return status;
    });
}

[[gnu::cold]] inline Status misuse_of_completion() {
    return misuse("this function must not be called inside a completion");
}

// The same for those that a completion must not call.
template <class Body>
vz_status guard_outside(vz_error* error, Body body, const void* caller = __builtin_return_address(0)) noexcept {
    const auto outside = [&]() -> Status {
        if (in_completion()) return misuse_of_completion();
        return body();
    };
    return guard_nameless(error, outside, caller);
}

// VZ_MISUSE in a process that was forked from the one that opened the engine: it has none of its threads, and the same
// files.
Status check_process(const vz_engine* engine);

// Logs a broken rule with its caller, so that a host can name the plugin whose call this is.
void note_misuse(const vz_engine* engine, const char* rule);
// Logs what whoever runs the engine has to know: a broken rule, or files that could not be read or written. Frontends
// keep paths to themselves.
void note_failure(const vz_engine* engine, vz_status status, const char* message);
// Logs a completion that took long, as a warning if it was too long; `code` lies in its function.
void note_completion(const vz_engine* engine, const void* code, int64_t took_ms);
// It runs, and should have returned.
void note_hanging(const vz_engine* engine, const void* code);

// The same for functions of an engine, in a completion or not.
template <class Body>
vz_status guard_engine_anywhere(const vz_engine* engine, vz_error* error, Body body,
                                const void* caller = __builtin_return_address(0)) noexcept {
    const CallerScope scope(caller);
    return guard(error, [&]() -> Status {
        if (engine == nullptr) return noted_by_all(misuse("the engine is NULL"), caller);
        VZ_TRY(check_process(engine));
        Status status = body();
        if (!status.ok()) [[unlikely]]
            note_failure(engine, status.code(), status.error().message);
        return status;
    });
}

// The same for functions of an engine that a completion must not call.
template <class Body>
vz_status guard_engine(const vz_engine* engine, vz_error* error, Body body,
                       const void* caller = __builtin_return_address(0)) noexcept {
    const auto outside = [&]() -> Status {
        if (in_completion()) return misuse_of_completion();
        return body();
    };
    return guard_engine_anywhere(engine, error, outside, caller);
}

}  // namespace vz
