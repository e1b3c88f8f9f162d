#pragma once

#include <cstddef>
#include <optional>

#include "common/ip_address.hh"
#include "dataplane/table/address_bucket.hh"
#include "dataplane/table/rcu_hash_table.hh"

namespace waggle {

/// (overlay, outer source address) to VTEP: who may send on an overlay. One writer, RCU readers.
class member_table {
public:
    explicit member_table(rcu_domain& rcu) : _table(rcu) {}

    /// By readers between two quiescent reports.
    std::optional<vtep_index> find(overlay_index overlay, const ip_address& source) const {
        return as_vtep(_table.find({overlay, source}));
    }

    // Writer side, as rcu_hash_table.
    std::optional<vtep_index> upsert(overlay_index overlay, const ip_address& source, vtep_index vtep) {
        return as_vtep(_table.upsert({overlay, source}, vtep));
    }
    std::optional<vtep_index> erase(overlay_index overlay, const ip_address& source) {
        return as_vtep(_table.erase({overlay, source}));
    }
    void reserve(std::size_t entries) { _table.reserve(entries); }
    std::size_t size() const { return _table.size(); }
    std::size_t memory_bytes() const { return _table.memory_bytes(); }
    /// visit(overlay_index, ip_address, vtep_index)
    template <typename Visit>
    void for_each(Visit visit) const {
        _table.for_each([&](const address_key& key, std::uint64_t value) {
            visit(key.overlay, key.ip, static_cast<vtep_index>(value));
        });
    }

private:
    static std::optional<vtep_index> as_vtep(std::optional<std::uint64_t> value) {
        if (!value) return std::nullopt;
        return static_cast<vtep_index>(*value);
    }
    rcu_hash_table<address_bucket> _table;
};

}  // namespace waggle
