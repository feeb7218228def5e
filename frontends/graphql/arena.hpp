// Memory of one document or one request: nodes are placed one after the other and freed together. Nodes must not need a
// destructor. Not for use by two threads at once.
#pragma once

#include <cstdint>
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
    // Who is asked before the arena takes memory; none: nobody. It outlives the arena.
    struct Budget {
        void* owner = nullptr;
        bool (*has_room)(void* owner, uint64_t bytes) = nullptr;
    };

    Arena() = default;
    explicit Arena(Budget budget) : heap_(budget) {}
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
    // The same for what may be much: nullptr once the budget has no room.
    void* take(size_t bytes, size_t alignment) {
        void* const place = is_short() ? nullptr : allocate(bytes, alignment);
        return is_short() ? nullptr : place;
    }
    // The budget had no room, and what was taken nevertheless should be given up soon.
    bool is_short() const { return heap_.is_short; }

    std::string_view copy_text(std::string_view text) {
        if (text.empty()) return {"", 0};
        char* target = static_cast<char*>(memory_.allocate(text.size(), 1));
        std::memcpy(target, text.data(), text.size());
        return {target, text.size()};
    }

 private:
    struct Heap final : std::pmr::memory_resource {
        Heap() = default;
        explicit Heap(Budget budget_in) : budget(budget_in) {}
        void* do_allocate(size_t bytes, size_t alignment) override {
            if (budget.has_room != nullptr && !budget.has_room(budget.owner, bytes)) is_short = true;
            return std::pmr::new_delete_resource()->allocate(bytes, alignment);
        }
        void do_deallocate(void* place, size_t bytes, size_t alignment) override {
            std::pmr::new_delete_resource()->deallocate(place, bytes, alignment);
        }
        bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

        Budget budget;
        bool is_short = false;
    };

    Heap heap_;
    std::pmr::monotonic_buffer_resource memory_{4096, &heap_};
};

}  // namespace vz::graphql
