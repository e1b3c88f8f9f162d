#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/table/forwarding_entry.hh"

namespace waggle {

/// IPv4 senders that the member table was found to hold, so that it need not be asked for every packet. One
/// worker's. Good for one generation of the table: membership may end.
class known_senders {
public:
    /// Once a burst, before any other call: the member table's generation(), read before it is asked.
    void keep_for(std::uint64_t generation) {
        if (generation == _generation) [[likely]]
            return;
        _keys.fill(0);
        _generation = generation;
    }
    /// `source`: IPv4 address as it lies in the packet.
    bool contains(overlay_index overlay, std::uint32_t source) const {
        const std::uint64_t key = key_of(overlay, source);
        return _keys[slot_of(key)] == key;
    }
    void add(overlay_index overlay, std::uint32_t source) {
        const std::uint64_t key = key_of(overlay, source);
        _keys[slot_of(key)] = key;
    }

private:
    /// Never 0, which an empty slot is: no overlay has index 0.
    static std::uint64_t key_of(overlay_index overlay, std::uint32_t source) {
        return std::uint64_t{overlay} << 32 | source;
    }
    /// Of two senders that share a slot each drives the other out: slow, not wrong.
    static std::size_t slot_of(std::uint64_t key) { return key * 0x9e37'79b9'7f4a'7c15U >> 56; }

    std::array<std::uint64_t, 256> _keys{};
    std::uint64_t _generation = 0;
};

}  // namespace waggle
