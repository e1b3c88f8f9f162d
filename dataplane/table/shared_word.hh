#pragma once

#include <atomic>

namespace waggle {

/// Access to a word that one writer and many readers share and that lies in mapped memory as a plain
/// integer, so that a whole cache line of them can also be compared by SIMD.
template <typename T>
T shared_load(const T& word, std::memory_order order) {
    return std::atomic_ref<T>(const_cast<T&>(word)).load(order);
}

template <typename T>
void shared_store(T& word, T value, std::memory_order order) {
    std::atomic_ref<T>(word).store(value, order);
}

}  // namespace waggle
