#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
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

    /// Another number after every change. What a reader found after it read this number goes on being true as
    /// long as the number stays the same, also across quiescent reports.
    std::uint64_t generation() const { return _generation.load(std::memory_order_acquire); }

    // Writer side, as rcu_hash_table.
    std::optional<vtep_index> upsert(overlay_index overlay, const ip_address& source, vtep_index vtep) {
        const auto former = _table.upsert({overlay, source}, vtep);
        changed();
        return as_vtep(former);
    }
    std::optional<vtep_index> erase(overlay_index overlay, const ip_address& source) {
        const auto former = _table.erase({overlay, source});
        changed();
        return as_vtep(former);
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
    /// After the change itself: who reads the new number sees it.
    void changed() {
        _generation.store(_generation.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    rcu_hash_table<address_bucket> _table;
    std::atomic<std::uint64_t> _generation{0};
};

}  // namespace waggle
