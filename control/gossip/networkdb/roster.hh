#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "control/gossip/core/ip_endpoint.hh"
#include "control/gossip/core/time.hh"
#include "control/gossip/networkdb/entry_table.hh"
#include "control/gossip/networkdb/messages.hh"

namespace waggle::networkdb {

struct own_network;
struct node;

/// A network that some node takes part in.
struct network {
    std::string id;
    /// In the order in which networks became known; never reused.
    std::uint32_t number = 0;
    /// The active nodes that take part, this host included.
    std::vector<node*> members;
    /// Nodes that have it in their attachments.
    std::size_t attachments = 0;
    /// Present if this host takes part, or did so lately.
    std::unique_ptr<own_network> own;

    network();
    ~network();
    network(const network&) = delete;
    network& operator=(const network&) = delete;
};

/// That a node takes part in a network.
struct attachment {
    static constexpr std::uint32_t no_position = ~std::uint32_t{0};

    networkdb::network* network = nullptr;
    lamport_time time = 0;
    bool leaving = false;
    /// Place in the network's members.
    std::uint32_t position = no_position;
    /// When it is forgotten after a leave.
    gossip::time_point forget_at = gossip::never;
    /// The node's entries; only in this host's own networks.
    owned_entries entries;
};

enum class node_state : std::uint8_t {
    active,
    /// Said so itself, or another node has its address now: what it owned is dropped.
    left,
    /// Silent: what it owned is hidden, and returns with it; its networks are remembered (as since 29).
    failed,
};

struct node {
    std::string name;
    gossip::ip_endpoint address;
    node_state state = node_state::active;
    /// Of its last node event.
    lamport_time time = 0;
    gossip::time_point forget_at = gossip::never;
    /// When it became active.
    gossip::time_point since{};
    /// The member list calls it present.
    bool present = true;
    /// It counts as left because another name came to its address. Set by the roster.
    bool replaced = false;
    /// Sorted by the network's number.
    std::vector<attachment> attachments;

    /// Null if there is none.
    attachment* find(const networkdb::network& in);
    const attachment* find(const networkdb::network& in) const;
};

/// Who takes part in what. Pointers stay valid until the thing is erased.
class roster {
public:
    /// Looks names up without a copy.
    struct name_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
    };
    template <typename Named>
    using by_name = std::unordered_map<std::string, std::unique_ptr<Named>, name_hash, std::equal_to<>>;

    node* find_node(std::string_view name) const;
    /// Precondition: there is none of the name.
    node& add_node(const std::string& name, const gossip::ip_endpoint& address);
    /// Precondition: it owns no entries.
    void erase_node(node& gone);
    /// The node that said last that it has this address; null if none.
    node* at_address(const gossip::ip_endpoint& address) const;
    void set_address(node& of, const gossip::ip_endpoint& address);
    void set_replaced(node& of, bool replaced);
    /// The nodes of this address that are replaced, the latest last.
    const std::vector<node*>& replaced_at(const gossip::ip_endpoint& address) const;

    network* find_network(std::string_view id) const;
    network& find_or_add_network(std::string_view id);

    attachment& attach(node& who, network& to);
    /// Precondition: the node owns no entries in it. Forgets the network if nobody is left in it.
    void detach(node& who, network& from);
    /// Puts the node among the network's members, or takes it out.
    void enter(node& who, attachment& in);
    void step_out(node& who, attachment& of);
    /// Forgets the network if nothing refers to it.
    void drop_if_unused(network& maybe);

    const by_name<node>& nodes() const { return _nodes; }
    const by_name<network>& networks() const { return _networks; }

private:
    by_name<node> _nodes;
    std::unordered_map<gossip::ip_endpoint, node*> _by_address;
    std::unordered_map<gossip::ip_endpoint, std::vector<node*>> _replaced;
    by_name<network> _networks;
    std::uint32_t _next_number = 0;
};

}  // namespace waggle::networkdb
