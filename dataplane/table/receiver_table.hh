#pragma once

#include <cstddef>

#include "dataplane/esp/security_association.hh"
#include "dataplane/table/rcu_hash_table.hh"
#include "dataplane/table/receiver_bucket.hh"

namespace waggle {

/// (SPI, outer source address) to the association that opens what comes so. One writer, RCU readers. The
/// association's `binding` is the protection (raw) of the overlays that it serves.
class receiver_table {
public:
    explicit receiver_table(rcu_domain& rcu) : _table(rcu) {}

    /// By readers between two quiescent reports; null if there is none.
    esp::inbound_association* find(spi index, const ip_address& source) const {
        const auto word = _table.find({index, source});
        return word ? reinterpret_cast<esp::inbound_association*>(*word) : nullptr;
    }

    // Writer side, as rcu_hash_table.
    void upsert(spi index, const ip_address& source, esp::inbound_association* association) {
        _table.upsert({index, source}, reinterpret_cast<std::uintptr_t>(association));
    }
    void erase(spi index, const ip_address& source) { _table.erase({index, source}); }
    void reserve(std::size_t entries) { _table.reserve(entries); }
    std::size_t size() const { return _table.size(); }

private:
    rcu_hash_table<receiver_bucket> _table;
};

}  // namespace waggle
