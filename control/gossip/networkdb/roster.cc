#include "control/gossip/networkdb/roster.hh"

#include <algorithm>

#include "control/gossip/networkdb/own_network.hh"

namespace waggle::networkdb {

network::network() = default;
network::~network() = default;

namespace {

bool before(const attachment& one, std::uint32_t number) {
    return one.network->number < number;
}

}  // namespace

attachment* node::find(const networkdb::network& in) {
    auto found = std::lower_bound(attachments.begin(), attachments.end(), in.number, before);
    return found != attachments.end() && found->network == &in ? &*found : nullptr;
}

const attachment* node::find(const networkdb::network& in) const {
    return const_cast<node*>(this)->find(in);
}

node* roster::find_node(std::string_view name) const {
    auto found = _nodes.find(name);
    return found == _nodes.end() ? nullptr : found->second.get();
}

node& roster::add_node(const std::string& name, const gossip::ip_endpoint& address) {
    auto& made = _nodes[name];
    made = std::make_unique<node>();
    made->name = name;
    made->address = address;
    _by_address[address] = made.get();
    return *made;
}

void roster::erase_node(node& gone) {
    while (!gone.attachments.empty()) detach(gone, *gone.attachments.back().network);
    set_replaced(gone, false);
    if (at_address(gone.address) == &gone) _by_address.erase(gone.address);
    _nodes.erase(std::string(gone.name));
}

node* roster::at_address(const gossip::ip_endpoint& address) const {
    auto found = _by_address.find(address);
    return found == _by_address.end() ? nullptr : found->second;
}

void roster::set_address(node& of, const gossip::ip_endpoint& address) {
    const bool replaced = of.replaced;
    set_replaced(of, false);
    if (at_address(of.address) == &of) _by_address.erase(of.address);
    of.address = address;
    _by_address[address] = &of;
    set_replaced(of, replaced);
}

void roster::set_replaced(node& of, bool replaced) {
    if (of.replaced == replaced) return;
    of.replaced = replaced;
    if (replaced) {
        _replaced[of.address].push_back(&of);
        return;
    }
    const auto at = _replaced.find(of.address);
    std::erase(at->second, &of);
    if (at->second.empty()) _replaced.erase(at);
}

const std::vector<node*>& roster::replaced_at(const gossip::ip_endpoint& address) const {
    static const std::vector<node*> none;
    const auto found = _replaced.find(address);
    return found != _replaced.end() ? found->second : none;
}

network* roster::find_network(std::string_view id) const {
    auto found = _networks.find(id);
    return found == _networks.end() ? nullptr : found->second.get();
}

network& roster::find_or_add_network(std::string_view id) {
    auto& slot = _networks[std::string(id)];
    if (!slot) {
        slot = std::make_unique<network>();
        slot->id = id;
        slot->number = _next_number++;
    }
    return *slot;
}

attachment& roster::attach(node& who, network& to) {
    auto at = std::lower_bound(who.attachments.begin(), who.attachments.end(), to.number, before);
    if (at == who.attachments.end() || at->network != &to) {
        at = who.attachments.insert(at, attachment{});
        at->network = &to;
        ++to.attachments;
    }
    return *at;
}

void roster::detach(node& who, network& from) {
    attachment* gone = who.find(from);
    if (gone == nullptr) return;
    step_out(who, *gone);
    who.attachments.erase(who.attachments.begin() + (gone - who.attachments.data()));
    --from.attachments;
    drop_if_unused(from);
}

void roster::enter(node& who, attachment& in) {
    if (in.position != attachment::no_position) return;
    in.position = static_cast<std::uint32_t>(in.network->members.size());
    in.network->members.push_back(&who);
}

void roster::step_out(node&, attachment& of) {
    if (of.position == attachment::no_position) return;
    std::vector<node*>& members = of.network->members;
    node* last = members.back();
    members[of.position] = last;
    last->find(*of.network)->position = of.position;
    members.pop_back();
    of.position = attachment::no_position;
}

void roster::drop_if_unused(network& maybe) {
    if (maybe.attachments == 0 && !maybe.own) _networks.erase(std::string(maybe.id));
}

}  // namespace waggle::networkdb
