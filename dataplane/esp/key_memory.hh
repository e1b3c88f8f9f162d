#pragma once

#include <cstddef>
#include <memory>

#include "common/result.hh"

namespace waggle::esp {

/// Gives a block of key memory back, wiped.
struct key_memory_release {
    std::size_t length = 0;
    void operator()(void* block) const;
};

/// Owns a block of key memory.
using key_memory = std::unique_ptr<void, key_memory_release>;

/// A zeroed block of `length` bytes for an expanded key, at a multiple of 64: locked (never swapped), kept
/// out of core dumps and of forked children, wiped when released. Blocks come from shared pages, so that
/// thousands of keys neither cost a page each nor thrash the TLB. Control path, any thread. Fails if the
/// process may lock no more memory.
result<key_memory> allocate_key_memory(std::size_t length);

/// How many bytes of key memory are locked for the process and how many of them are in use.
struct key_memory_usage {
    std::size_t locked = 0;
    std::size_t used = 0;
};
key_memory_usage current_key_memory_usage();

}  // namespace waggle::esp
