// Memory of one document or one request: nodes are placed one after the other and freed together. Nodes must not need a
// destructor. Not for use by two threads at once.
#pragma once

#include <cstring>
#include <memory_resource>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace vz::graphql {

class Arena final {
 public:
    Arena() = default;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    template <typename T, typename... Arguments>
    T* make(Arguments&&... arguments) {
        static_assert(std::is_trivially_destructible_v<T>);
        return new (memory_.allocate(sizeof(T), alignof(T))) T{std::forward<Arguments>(arguments)...};
    }

    // Value-initialised.
    template <typename T>
    std::span<T> array(size_t count) {
        static_assert(std::is_trivially_destructible_v<T>);
        if (count == 0) return {};
        constexpr size_t kAlignment = alignof(T) < 16 ? 16 : alignof(T);
        T* first = static_cast<T*>(memory_.allocate(count * sizeof(T), kAlignment));
        for (size_t i = 0; i < count; ++i) new (first + i) T{};
        return {first, count};
    }

    template <typename T>
    std::span<const T> copy(const std::vector<T>& values) {
        std::span<T> target = array<T>(values.size());
        for (size_t i = 0; i < values.size(); ++i) target[i] = values[i];
        return target;
    }

    void* allocate(size_t bytes, size_t alignment) { return memory_.allocate(bytes, alignment); }

    std::string_view copy_text(std::string_view text) {
        if (text.empty()) return {"", 0};
        char* target = static_cast<char*>(memory_.allocate(text.size(), 1));
        std::memcpy(target, text.data(), text.size());
        return {target, text.size()};
    }

 private:
    std::pmr::monotonic_buffer_resource memory_{4096};
};

}  // namespace vz::graphql
