#pragma once

#include <array>
#include <cstdint>

#include "dataplane/esp/seal.hh"

namespace waggle::esp {

/// The packets of a burst by SA, in the order of the burst within each: every SA is worked on once a burst.
template <typename Association>
class association_groups {
public:
    /// Adds packet `index`, above those added before; fewer than burst_size.
    void add(unsigned index, Association* association) {
        _next[index] = none;
        _added[_added_count++] = static_cast<std::uint8_t>(index);
        if (association != _last) {
            _last = association;
            _last_group = find(association);
        }
        group& mine = _groups[_last_group];
        if (mine.size++ == 0)
            mine.first = static_cast<std::uint8_t>(index);
        else
            _next[mine.last] = static_cast<std::uint8_t>(index);
        mine.last = static_cast<std::uint8_t>(index);
    }

    unsigned count() const { return _count; }
    Association* association(unsigned group_index) const { return _groups[group_index].association; }

    /// Writes the group's packets to `members`, returns how many.
    unsigned members(unsigned group_index, std::array<std::uint8_t, burst_size>& members) const {
        // The usual case, without walking.
        if (_count == 1) {
            members = _added;
            return _added_count;
        }
        unsigned size = 0;
        for (unsigned at = _groups[group_index].first; at != none; at = _next[at])
            members[size++] = static_cast<std::uint8_t>(at);
        return size;
    }

private:
    static constexpr std::uint8_t none = 0xff;
    static constexpr unsigned slot_count = 2 * burst_size;

    struct group {
        Association* association;
        std::uint8_t first;
        std::uint8_t last;
        std::uint8_t size;
    };

    /// Open addressing by the SA's address; `_slots` holds group indexes.
    unsigned find(Association* association) {
        const auto address = reinterpret_cast<std::uintptr_t>(association) / alignof(Association);
        for (std::uint64_t slot = address * 0x9e37'79b9'7f4a'7c15U >> 57;; slot = (slot + 1) % slot_count) {
            const std::uint8_t there = _slots[slot];
            if (there == none) {
                _slots[slot] = static_cast<std::uint8_t>(_count);
                _groups[_count] = {association, 0, 0, 0};
                return _count++;
            }
            if (_groups[there].association == association) return there;
        }
    }
    static constexpr std::array<std::uint8_t, slot_count> empty_slots() {
        std::array<std::uint8_t, slot_count> slots;
        slots.fill(none);
        return slots;
    }

    std::array<std::uint8_t, slot_count> _slots = empty_slots();
    std::array<std::uint8_t, burst_size> _next;
    std::array<std::uint8_t, burst_size> _added;
    unsigned _added_count = 0;
    std::array<group, burst_size> _groups;
    unsigned _count = 0;
    unsigned _last_group = 0;
    Association* _last = nullptr;
};

}  // namespace waggle::esp
