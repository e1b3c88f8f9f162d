#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "common/result.hh"
#include "dataplane/table/counter_values.hh"
#include "dataplane/table/index_pool.hh"
#include "dataplane/table/rcu_domain.hh"
#include "dataplane/table/tables.hh"

namespace waggle {

struct overlay_settings {
    /// Largest inner IP packet, bytes.
    std::uint16_t mtu = 0;
    /// Replicate broadcast, multicast and unknown unicast to members and ports.
    bool flood = false;
    protection_kind protection = protection_kind::none;
    friend bool operator==(const overlay_settings&, const overlay_settings&) = default;
};

/// The one writer of all tables; every call by the main lcore. Nothing here waits for workers. Entries are
/// visible to workers at once, flood lists after commit(). Indexes passed in must be in use.
class table_writer {
public:
    /// `workers`: counter blocks an overlay. Both references outlive the writer.
    table_writer(waggle::tables& to, rcu_domain& rcu, unsigned workers);
    ~table_writer();
    table_writer(const table_writer&) = delete;
    table_writer& operator=(const table_writer&) = delete;

    /// End of a batch: publishes changed flood lists, gives up what was removed, frees what no worker sees
    /// any more. Cheap when there is nothing to do; also to be called every now and then.
    void commit();

    // Overlays.

    /// Fails if the VNI is in use or all 65,535 overlays are.
    result<overlay_index> create_overlay(vni id, const overlay_settings& settings);
    void update_overlay(overlay_index overlay, const overlay_settings& settings);
    /// With everything that is still in it (slow then: walks the tables). Its counters go too.
    void remove_overlay(overlay_index overlay);
    /// no_overlay if not in use.
    overlay_index overlay_of(vni id) const { return _tables.overlay_of(id); }
    vni vni_of(overlay_index overlay) const { return state_of(overlay).id; }
    const overlay_settings& settings_of(overlay_index overlay) const { return state_of(overlay).settings; }
    std::size_t overlay_count() const { return _overlay_count; }
    /// visit(overlay_index, vni, const overlay_settings&)
    template <typename Visit>
    void for_each_overlay(Visit visit) const {
        for (std::size_t i = 1; i < _overlays.size(); ++i)
            if (_overlays[i]) visit(static_cast<overlay_index>(i), _overlays[i]->id, _overlays[i]->settings);
    }

    // VTEPs.

    /// Fails if the address is in use or all 65,535 VTEPs are.
    result<vtep_index> create_vtep(const vtep_entry& entry);
    /// The address must stay the same.
    void update_vtep(vtep_index vtep, const vtep_entry& entry);
    /// With members and forwarding entries that still name it (slow then: walks the tables).
    void remove_vtep(vtep_index vtep);
    std::optional<vtep_index> vtep_of(const ip_address& address) const;
    std::size_t vtep_count() const { return _vtep_of.size(); }
    /// visit(vtep_index, const vtep_entry&)
    template <typename Visit>
    void for_each_vtep(Visit visit) const {
        for (const auto& [address, index] : _vtep_of) visit(index, *_vteps[index].entry);
    }

    // What is in an overlay. Adding what is there and removing what is not changes nothing.

    void add_member(overlay_index overlay, vtep_index vtep);
    void remove_member(overlay_index overlay, vtep_index vtep);
    /// Access ports that get flooded frames.
    void add_port(overlay_index overlay, port_index port);
    void remove_port(overlay_index overlay, port_index port);
    /// Inserts or changes.
    void upsert_forwarding(overlay_index overlay, const mac_address& mac, forwarding_value value);
    /// False if there was none.
    bool erase_forwarding(overlay_index overlay, const mac_address& mac);
    void upsert_neighbour(overlay_index overlay, const ip_address& ip, const mac_address& mac);
    bool erase_neighbour(overlay_index overlay, const ip_address& ip);

    /// Grows once for what is about to come (in all, not in addition). Fails when memory is short.
    result<void> reserve(std::size_t forwarding_entries, std::size_t neighbours, std::size_t members);

    /// For dumps and sizes: forwarding().for_each() and so on, on this thread.
    const waggle::tables& tables() const { return _tables; }

    // Security associations. They are the caller's, who keeps one until retire_association() takes it.

    /// What worker `lane` seals with for a VTEP, on one overlay or (no_overlay) on all docker overlays, where
    /// one of that overlay is preferred;
    /// workers without a lane of their own share those that there are. Without an association: nothing.
    void set_sender(overlay_index overlay, vtep_index vtep, unsigned lane, sender with);
    /// Inserts or replaces what opens packets with that SPI and source. The association's binding is set.
    void set_receiver(spi index, const ip_address& source, esp::inbound_association& association);
    void remove_receiver(spi index, const ip_address& source);
    /// Lets go of one that the tables do not name any more, after a grace period.
    void retire_association(std::shared_ptr<void> association);

    // Counters.

    unsigned workers() const { return _workers; }
    /// What worker `worker` counts on before the overlay is known; for its worker_context.
    overlay_counters* no_overlay_counters(unsigned worker) { return &_no_overlay_counters[worker]; }
    /// no_overlay: what was counted before the overlay was known.
    counter_values counters(overlay_index overlay, unsigned worker) const;

private:
    /// Senders of an overlay, or of all docker overlays.
    struct sender_group {
        std::shared_ptr<sender_table> table;
        /// By lane; never empty.
        std::map<vtep_index, std::map<unsigned, sender>> lanes;
    };
    struct overlay_state {
        vni id;
        overlay_settings settings;
        std::shared_ptr<overlay_counters[]> counters;
        std::shared_ptr<const overlay_entry> entry;
        std::shared_ptr<const flood_list> flooding;
        std::set<vtep_index> members;
        std::set<port_index> ports;
        /// Of waggle overlays, and of docker ones with peers that have the waggle profile.
        sender_group senders;
        /// Forwarding entries and neighbours.
        std::size_t entries = 0;
        bool flood_list_changed = false;
    };
    struct vtep_state {
        std::shared_ptr<const vtep_entry> entry;
        /// Members, forwarding entries and senders that name it.
        std::size_t references = 0;
    };

    overlay_state& state_of(overlay_index overlay) { return *_overlays[overlay]; }
    const overlay_state& state_of(overlay_index overlay) const { return *_overlays[overlay]; }
    void publish_overlay(overlay_index overlay);
    void rebuild_flood_list(overlay_index overlay);
    void flood_list_changed(overlay_index overlay);
    void count_reference(forwarding_value value, int change);
    void make_senders(sender_group& group) const;
    std::shared_ptr<sender_table> grow_senders(sender_group& group, vtep_index vtep) const;
    void drop_senders(sender_group& group, vtep_index vtep);
    void sweep_overlay(overlay_index overlay);
    void sweep_vtep(vtep_index vtep);

    waggle::tables& _tables;
    rcu_domain& _rcu;
    unsigned _workers;
    std::unique_ptr<overlay_counters[]> _no_overlay_counters;

    std::vector<std::unique_ptr<overlay_state>> _overlays;
    std::size_t _overlay_count = 0;
    std::vector<vtep_state> _vteps;
    std::unordered_map<ip_address, vtep_index> _vtep_of;
    sender_group _docker_senders;
    std::vector<overlay_index> _changed_flood_lists;

    // Shared with what is retired, which may run after the writer is gone.
    std::shared_ptr<index_pool> _overlay_indexes = std::make_shared<index_pool>();
    std::shared_ptr<index_pool> _vtep_indexes = std::make_shared<index_pool>();
    // A flood list may name what was removed until commit() has published its successor.
    std::vector<overlay_index> _removed_overlays;
    std::vector<vtep_index> _removed_vteps;
};

}  // namespace waggle
