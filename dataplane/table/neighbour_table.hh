#pragma once

#include <cstddef>
#include <optional>

#include "common/ip_address.hh"
#include "common/mac_address.hh"
#include "dataplane/table/address_bucket.hh"
#include "dataplane/table/rcu_hash_table.hh"

namespace waggle {

/// (overlay, IP address) to MAC: what ARP and ND are answered from. One writer, RCU readers.
class neighbour_table {
public:
    explicit neighbour_table(rcu_domain& rcu) : _table(rcu) {}

    /// By readers between two quiescent reports.
    std::optional<mac_address> find(overlay_index overlay, const ip_address& ip) const {
        return as_mac(_table.find({overlay, ip}));
    }

    // Writer side, as rcu_hash_table.
    std::optional<mac_address> upsert(overlay_index overlay, const ip_address& ip, const mac_address& mac) {
        return as_mac(_table.upsert({overlay, ip}, mac.to_u64()));
    }
    std::optional<mac_address> erase(overlay_index overlay, const ip_address& ip) {
        return as_mac(_table.erase({overlay, ip}));
    }
    void reserve(std::size_t entries) { _table.reserve(entries); }
    std::size_t size() const { return _table.size(); }
    std::size_t memory_bytes() const { return _table.memory_bytes(); }
    /// visit(overlay_index, ip_address, mac_address)
    template <typename Visit>
    void for_each(Visit visit) const {
        _table.for_each([&](const address_key& key, std::uint64_t value) {
            visit(key.overlay, key.ip, mac_address::from_u64(value));
        });
    }

private:
    static std::optional<mac_address> as_mac(std::optional<std::uint64_t> value) {
        if (!value) return std::nullopt;
        return mac_address::from_u64(*value);
    }
    rcu_hash_table<address_bucket> _table;
};

}  // namespace waggle
