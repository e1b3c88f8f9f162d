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
        if (_added_count == 0) _first = association;
        _mixed |= association != _first;
        _added[_added_count++] = static_cast<std::uint8_t>(index);
    }

    /// Calls work(association, members, how many) for each SA; `associations` are those given to add(), by
    /// packet.
    template <typename Work>
    void for_each(const std::array<Association*, burst_size>& associations, Work&& work) {
        if (_added_count == 0) return;
        if (!_mixed) {
            work(*_first, _added, _added_count);
            return;
        }
        group_by(associations);
        std::array<std::uint8_t, burst_size> members;
        for (unsigned i = 0; i < _group_count; ++i) {
            unsigned size = 0;
            for (unsigned at = _groups[i].first; at != none; at = _next[at])
                members[size++] = static_cast<std::uint8_t>(at);
            work(*_groups[i].association, members, size);
        }
    }

private:
    static constexpr std::uint8_t none = 0xff;
    static constexpr unsigned slot_count = 2 * burst_size;

    struct group {
        Association* association;
        std::uint8_t first;
        std::uint8_t last;
    };

    /// Chains the packets of each SA.
    void group_by(const std::array<Association*, burst_size>& associations) {
        _slots.fill(none);
        for (unsigned i = 0; i < _added_count; ++i) {
            const std::uint8_t index = _added[i];
            _next[index] = none;
            group& mine = _groups[find(associations[index], index)];
            if (mine.first != index) _next[mine.last] = index;
            mine.last = index;
        }
    }

    /// The SA's group, made with packet `index` as its first if there is none. Open addressing by the SA's
    /// address; `_slots` holds group indexes.
    unsigned find(Association* association, std::uint8_t index) {
        const auto address = reinterpret_cast<std::uintptr_t>(association) / alignof(Association);
        for (std::uint64_t slot = address * 0x9e37'79b9'7f4a'7c15U >> 57;; slot = (slot + 1) % slot_count) {
            const std::uint8_t there = _slots[slot];
            if (there == none) {
                _slots[slot] = static_cast<std::uint8_t>(_group_count);
                _groups[_group_count] = {association, index, index};
                return _group_count++;
            }
            if (_groups[there].association == association) return there;
        }
    }

    Association* _first = nullptr;
    bool _mixed = false;
    unsigned _added_count = 0;
    unsigned _group_count = 0;
    std::array<std::uint8_t, burst_size> _added;
    std::array<std::uint8_t, burst_size> _next;
    std::array<std::uint8_t, slot_count> _slots;
    std::array<group, burst_size> _groups;
};

}  // namespace waggle::esp
