#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "common/secret.hh"

namespace waggle {

/// For buffers that key material passes through: what is given back to the heap is wiped.
template <typename T>
struct wiping_allocator {
    using value_type = T;

    wiping_allocator() = default;
    template <typename U>
    wiping_allocator(const wiping_allocator<U>&) {}

    T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T* memory, std::size_t count) {
        wipe(std::span(reinterpret_cast<std::uint8_t*>(memory), count * sizeof(T)));
        std::allocator<T>().deallocate(memory, count);
    }
    friend bool operator==(const wiping_allocator&, const wiping_allocator&) { return true; }
};

}  // namespace waggle
