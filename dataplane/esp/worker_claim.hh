#pragma once

#include <atomic>
#include <cstdint>

namespace waggle::esp {

/// Which worker may use something that has no lock: at any moment one, its *owner*. Workers that meet it
/// and don't own it hand their packets to the owner, which gives it away to them once nothing comes to itself
/// any more. Nobody ever waits. replay.md tells why.
class worker_claim {
public:
    static constexpr std::uint32_t nobody = ~std::uint32_t{0};
    /// How long an owner keeps what only others have packets for, in ns.
    static constexpr std::uint64_t patience = 10'000'000;

    /// For a packet that came to `self` from outside: who is to handle it. `self` becomes the owner of what
    /// nobody has. `now` in ns.
    std::uint32_t owner_for_received(std::uint32_t self, std::uint64_t now) {
        std::uint32_t owner = _owner.load(std::memory_order_acquire);
        if (owner == nobody &&
            _owner.compare_exchange_strong(owner, self, std::memory_order_acquire, std::memory_order_acquire))
            owner = self;
        if (owner == self)
            refresh(now);
        else
            _asking.store(self, std::memory_order_relaxed);
        return owner;
    }

    /// For a packet that another worker handed to `self`: who is to handle it. If that is not `self` (any
    /// longer), it is to be handed on.
    std::uint32_t owner_for_handed_over(std::uint32_t self, std::uint64_t now) {
        const std::uint32_t owner = _owner.load(std::memory_order_acquire);
        if (owner == nobody) return owner_for_received(self, now);
        if (owner != self) return owner;
        const std::uint32_t asking = _asking.load(std::memory_order_relaxed);
        if (asking == self || asking == nobody || now < _last_received + patience) return self;
        // The next owner starts with the same patience, or the two would hand it to and fro.
        _last_received = now;
        _owner.store(asking, std::memory_order_release);
        return asking;
    }

    std::uint32_t owner() const { return _owner.load(std::memory_order_relaxed); }

private:
    /// Seldom written: the line is one that all read.
    void refresh(std::uint64_t now) {
        if (now - _last_received > patience / 8) _last_received = now;
    }

    std::atomic<std::uint32_t> _owner{nobody};
    /// Who last had packets for it and was not the owner.
    std::atomic<std::uint32_t> _asking{nobody};
    /// The owner's: when it last had a packet from outside.
    std::uint64_t _last_received = 0;
};
static_assert(sizeof(worker_claim) == 16);

}  // namespace waggle::esp
