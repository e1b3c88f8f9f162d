#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/esp/security_association.hh"
#include "dataplane/table/forwarding_entry.hh"

namespace waggle {

/// What a worker seals packets for one VTEP with: an association and the UDP port that the packets go to, 0
/// for none (IP protocol 50). One word: changes by one store.
class sender {
public:
    constexpr sender() = default;
    sender(esp::outbound_association* association, std::uint16_t udp_port)
        : _raw(reinterpret_cast<std::uintptr_t>(association) | std::uint64_t{udp_port} << 48) {}
    static sender from_raw(std::uint64_t raw) {
        sender made;
        made._raw = raw;
        return made;
    }

    std::uint64_t raw() const { return _raw; }
    /// Null: nothing may be sent.
    esp::outbound_association* association() const {
        return reinterpret_cast<esp::outbound_association*>(_raw & 0xffff'ffff'ffffU);
    }
    std::uint16_t udp_port() const { return static_cast<std::uint16_t>(_raw >> 48); }
    friend bool operator==(sender, sender) = default;

private:
    std::uint64_t _raw = 0;
};

/// Senders by VTEP and worker, of one overlay or of all docker overlays. One writer, RCU readers; for more
/// VTEPs the writer publishes a bigger one.
class sender_table {
public:
    sender_table(std::size_t vteps, unsigned workers)
        : _vteps(vteps),
          _workers(workers),
          _words(std::make_unique<std::atomic<std::uint64_t>[]>(vteps * workers)) {}

    /// By readers between two quiescent reports.
    sender find(vtep_index vtep, unsigned worker) const {
        if (vtep >= _vteps) [[unlikely]]
            return {};
        return sender::from_raw(_words[vtep * _workers + worker].load(std::memory_order_acquire));
    }

    // Writer side.
    std::size_t vteps() const { return _vteps; }
    void set(vtep_index vtep, unsigned worker, sender with) {
        _words[vtep * _workers + worker].store(with.raw(), std::memory_order_release);
    }

private:
    std::size_t _vteps;
    std::size_t _workers;
    std::unique_ptr<std::atomic<std::uint64_t>[]> _words;
};

}  // namespace waggle
