// A list that grows in the request's arena; elements move while it grows, what they leave is freed with the request.
#pragma once

#include <cstring>
#include <type_traits>

#include "frontends/json/arena.hpp"

namespace vz::rest {

template <typename T>
class List final {
    static_assert(std::is_trivially_copyable_v<T>);

 public:
    explicit List(json::Arena arena) : arena_(arena) {}

    // A zeroed element at the end, or nullptr when memory cannot be had.
    T* add() {
        if (size_ == capacity_) {
            const uint64_t capacity = capacity_ == 0 ? 16 : capacity_ * 2;
            T* wider = arena_.make<T>(capacity);
            if (wider == nullptr) return nullptr;
            for (uint64_t i = 0; i < size_; ++i) wider[i] = elements_[i];
            elements_ = wider;
            capacity_ = capacity;
        }
        return elements_ + size_++;
    }
    bool add(const T& element) {
        T* place = add();
        if (place == nullptr) return false;
        *place = element;
        return true;
    }
    T& operator[](uint64_t index) { return elements_[index]; }
    const T& operator[](uint64_t index) const { return elements_[index]; }
    T* data() const { return elements_; }
    uint64_t size() const { return size_; }

 private:
    json::Arena arena_;
    T* elements_ = nullptr;
    uint64_t size_ = 0;
    uint64_t capacity_ = 0;
};

}  // namespace vz::rest
