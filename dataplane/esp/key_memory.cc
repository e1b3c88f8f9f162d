#include "dataplane/esp/key_memory.hh"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <sodium.h>
#include <string>
#include <vector>

#include <sys/mman.h>

namespace waggle::esp {
namespace {

/// What is locked at once: the smallest limit on locked memory that systems set by default.
constexpr std::size_t chunk_length = 64 * 1024;
constexpr std::size_t alignment = 64;

constexpr std::size_t rounded(std::size_t length) {
    return (length + alignment - 1) / alignment * alignment;
}

/// Chunks stay locked for later keys.
class arena {
public:
    result<void*> take(std::size_t length) {
        const std::scoped_lock guard(_mutex);
        std::vector<void*>& free = _free[rounded(length)];
        if (free.empty()) {
            if (result<void> grown = grow(rounded(length), free); !grown) return grown.failure();
        }
        void* block = free.back();
        free.pop_back();
        _usage.used += rounded(length);
        return block;
    }

    void give_back(void* block, std::size_t length) {
        sodium_memzero(block, rounded(length));
        const std::scoped_lock guard(_mutex);
        _free[rounded(length)].push_back(block);
        _usage.used -= rounded(length);
    }

    key_memory_usage usage() {
        const std::scoped_lock guard(_mutex);
        return _usage;
    }

private:
    result<void> grow(std::size_t block_length, std::vector<void*>& free) {
        void* chunk = mmap(nullptr, chunk_length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (chunk == MAP_FAILED)
            return error{"no memory for keys: " + std::string(std::strerror(errno)) + "; free some memory"};
        // Locks and keeps out of core dumps.
        if (sodium_mlock(chunk, chunk_length) != 0) {
            const std::string reason = std::strerror(errno);
            munmap(chunk, chunk_length);
            return error{"can't lock memory for keys beyond " + std::to_string(_usage.locked) + " bytes: " +
                         reason + "; raise the limit on locked memory (LimitMEMLOCK, ulimit -l)"};
        }
        madvise(chunk, chunk_length, MADV_WIPEONFORK);
        _usage.locked += chunk_length;
        for (std::size_t at = 0; at + block_length <= chunk_length; at += block_length)
            free.push_back(static_cast<std::uint8_t*>(chunk) + at);
        return {};
    }

    std::mutex _mutex;
    std::map<std::size_t, std::vector<void*>> _free;
    key_memory_usage _usage;
};

/// Never destroyed: SAs of static life give their keys back at any time.
arena& the_arena() {
    static arena* const only = new arena;
    return *only;
}

}  // namespace

void key_memory_release::operator()(void* block) const {
    the_arena().give_back(block, length);
}

result<key_memory> allocate_key_memory(std::size_t length) {
    if (length == 0 || length > chunk_length)
        return error{"a block of key memory has 1 to " + std::to_string(chunk_length) + " bytes"};
    result<void*> block = the_arena().take(length);
    if (!block) return block.failure();
    return key_memory(*block, key_memory_release{length});
}

key_memory_usage current_key_memory_usage() {
    return the_arena().usage();
}

}  // namespace waggle::esp
