// What the managers say of this node: keys, networks, root, and what comes of it in the view.
#include <algorithm>
#include <utility>

#include "control/swarm/core/member.hh"
#include "control/swarm/core/network_reader.hh"

namespace waggle::control::swarm {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_keys = 16;
constexpr std::size_t most_node_attachments = 4096;
constexpr std::size_t key_length = 16;
constexpr std::size_t largest_root = std::size_t{64} * 1024;
/// Changes come in flocks: what is written down is the last of them.
constexpr auto save_delay = 500ms;

std::vector<session_key> keys_of(const google::protobuf::RepeatedPtrField<wire::EncryptionKey>& from,
                                 const char* subsystem) {
    std::vector<session_key> keys;
    for (const auto& each : from) {
        if (each.subsystem() != subsystem || each.algorithm() != wire::EncryptionKey::AES_128_GCM) continue;
        if (each.key().size() != key_length || keys.size() == most_keys) continue;
        const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(each.key().data()),
                                                  each.key().size());
        keys.push_back({each.lamport_time(), *secret::from(bytes)});
    }
    std::ranges::sort(keys, {}, &session_key::lamport_time);
    return keys;
}

}  // namespace

void member::read_keys(const google::protobuf::RepeatedPtrField<wire::EncryptionKey>& keys) {
    // Managers always send some; a message without is no order to stop talking.
    if (auto gossip = keys_of(keys, "networking:gossip"); !gossip.empty())
        _view.gossip_keys = std::move(gossip);
    if (auto ipsec = keys_of(keys, "networking:ipsec"); !ipsec.empty()) _view.ipsec_keys = std::move(ipsec);
}

void member::read_node(const wire::Node& node) {
    _node.Clear();
    _node.set_vxlan_udp_port(node.vxlan_udp_port());
    _node.mutable_spec()->set_availability(node.spec().availability());
    _node.set_role(node.role());
    _view.load_balancers.clear();
    for (const auto& each : node.attachments()) {
        if (_node.attachments_size() == static_cast<int>(most_node_attachments)) break;
        const std::string& id = each.network().id();
        if (id.empty() || id.size() > longest_id || each.addresses_size() == 0) continue;
        const auto address = ip_prefix::parse(each.addresses(0));
        if (!address) continue;
        _view.load_balancers[id] = *address;
        wire::NetworkAttachment& kept = *_node.add_attachments();
        kept.mutable_network()->set_id(id);
        kept.add_addresses(each.addresses(0));
    }
    const std::uint32_t port = node.vxlan_udp_port();
    _view.vxlan_port = port > 0 && port < 65536 ? static_cast<std::uint16_t>(port) : 4789;
}

void member::read_root(const std::string& root) {
    if (root.empty() || root.size() > largest_root || root == _self->root || _new_self) return;
    auto made = identity::make(root, _self->certificate, _self->key);
    if (!made) {
        _out.warn("a manager sent a root that this node's certificate is not of: it is not taken up");
        return;
    }
    keep_new_identity(std::move(*made));
}

void member::read_session(const wire::SessionMessage& message, instant at) {
    _managers.replace(message.managers());
    const auto gossip = _view.gossip_keys;
    const auto ipsec = _view.ipsec_keys;
    read_keys(message.network_bootstrap_keys());
    if (gossip != _view.gossip_keys || ipsec != _view.ipsec_keys) {
        waggle::swarm::SavedKeys keys;
        for (const auto& [subsystem, all] : {std::pair("networking:gossip", &_view.gossip_keys),
                                             std::pair("networking:ipsec", &_view.ipsec_keys)}) {
            for (const session_key& each : *all) {
                auto& kept = *keys.add_keys();
                kept.set_subsystem(subsystem);
                kept.set_lamport_time(each.lamport_time);
                const auto bytes = each.key.reveal();
                kept.set_key(bytes.data(), bytes.size());
            }
        }
        _out.effects.emplace_back(keep_keys{std::move(keys)});
    }
    if (message.has_node()) {
        read_node(message.node());
        const auto state = message.node().certificate().status().state();
        const bool other_role = (message.node().role() == wire::MANAGER) != (_view.role == "manager");
        if (state == wire::IssuanceStatus::ROTATE || other_role) _renewal.demand(at);
    }
    read_root(message.root_ca());
    save_soon(at);
    changed();
}

void member::save_soon(instant at) {
    if (_save_at == never) _save_at = at.now + save_delay;
}

void member::save() {
    _save_at = never;
    waggle::swarm::SavedState state;
    for (const manager& each : _managers.list()) {
        auto& kept = *state.add_managers();
        kept.mutable_peer()->set_node_id(each.node_id);
        kept.mutable_peer()->set_addr(each.address);
        kept.set_weight(each.weight);
    }
    for (const auto& [id, task] : _assignments.tasks())
        if (task.is_attachment && task.fault.empty()) *state.add_tasks() = task.what;
    *state.mutable_node() = _node;
    _out.effects.emplace_back(keep_state{std::move(state)});
}

void member::fill_attachments() {
    _view.attachments.clear();
    _view.networks.clear();
    for (const auto& [id, task] : _assignments.tasks()) {
        if (!task.is_attachment || !task.fault.empty() || task.what.desired_state() >= wire::SHUTDOWN)
            continue;
        // Before anything is wanted, all that an earlier life had counts.
        const std::string& container = task.granted.container_id;
        if (_keeper.told() && _keeper.granted(_assignments, container) != &task) continue;
        if (!_view.attachments.emplace(container, task.granted).second) continue;
        _view.networks.emplace(task.on.id, task.on);
    }
}

std::string member::problem_now() const {
    switch (_view.phase) {
        case phase::outside:
        case phase::expelled:
            return _view.problem;
        case phase::joining:
            return {};
        case phase::disconnected:
            if (_session.failure().ok()) return {};
            if (_session.failed_address().empty())
                return "no manager of the swarm is known any more; forwarding goes on as it was: `waggle "
                       "leave`, "
                       "then join again with the address of a manager";
            return describe_failure(_session.failed_address(), _session.failure()) +
                   ": no session with the managers; forwarding goes on as it was, and the next attempt "
                   "follows by itself";
        case phase::ready:
            break;
    }
    if (!_renewal.problem().empty())
        return "the node's certificate could not be renewed, the next attempt follows by itself: " +
               _renewal.problem();
    if (_view.role == "manager")
        return "this node was promoted, but a Waggle host is no manager: `docker node demote " +
               _view.node_id + "`";
    if (_node.spec().availability() != wire::NodeSpec::ACTIVE)
        return "the managers grant this node nothing new, as it is paused or drained: `docker node update "
               "--availability "
               "active " +
               _view.node_id + "`";
    if (_assignments.left_out() > 0)
        return std::to_string(_assignments.left_out()) +
               " tasks of this node are not looked at: a host takes " + std::to_string(assignments::most) +
               " at most";
    return {};
}

std::optional<view> member::take_view() {
    if (!std::exchange(_view_changed, false)) return std::nullopt;
    if (std::exchange(_attachments_changed, false)) fill_attachments();
    _view.problem = problem_now();
    _view.managers = _managers.list();
    _view.refused = _keeper.refused();
    _view.tasks_rejected = _reporter.rejected();
    return _view;
}

}  // namespace waggle::control::swarm
