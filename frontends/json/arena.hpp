// Memory that lives as long as a request. The owner frees it; nothing placed there may need a destructor.
#pragma once

#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>

namespace vz::json {

struct Arena {
    void* owner = nullptr;
    void* (*take)(void* owner, uint64_t bytes, uint64_t align) = nullptr;  // nullptr when memory cannot be had

    // `count` zeroed values, or nullptr.
    template <typename T>
    T* make(uint64_t count = 1) const {
        static_assert(std::is_trivially_destructible_v<T>);
        if (count == 0) count = 1;
        if (count > UINT64_MAX / sizeof(T)) return nullptr;
        void* place = take(owner, count * sizeof(T), alignof(T));
        if (place == nullptr) return nullptr;
        T* values = static_cast<T*>(place);
        for (uint64_t i = 0; i < count; ++i) new (values + i) T{};
        return values;
    }

    // A copy of the text; data() is nullptr when memory cannot be had.
    std::string_view copy(std::string_view text) const {
        char* place = static_cast<char*>(take(owner, text.size() + 1, 1));
        if (place == nullptr) return {};
        if (!text.empty()) std::memcpy(place, text.data(), text.size());
        place[text.size()] = '\0';
        return {place, text.size()};
    }
};

}  // namespace vz::json
