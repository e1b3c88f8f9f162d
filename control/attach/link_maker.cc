#include "control/attach/link_maker.hh"

#include <cerrno>
#include <utility>

#include "control/attach/link_plan.hh"
#include "control/netlink/namespace_ids.hh"

namespace waggle::control {

namespace {

/// An open namespace is a descriptor or two; a run over thousands must not keep them all.
constexpr std::size_t targets_kept = 256;

/// Sends all; the first refusal is the outcome.
result<void> send_all(netlink::socket& with, std::vector<netlink::request>& requests) {
    for (const netlink::reply& one : with.batch(requests)) {
        if (one) continue;
        std::string message = one.message;
        if (one.code == EACCES)
            message += ": IPv6 may be switched off there, see net.ipv6.conf.all.disable_ipv6";
        return error{message};
    }
    return {};
}

}  // namespace

result<link_maker> link_maker::open(const std::string& node, const std::string& waggle_namespace) {
    const std::string what = "Waggle's network namespace";
    auto home = netlink::network_namespace::open_path(waggle_namespace);
    if (!home) return error{what + ": " + home.failure().message};
    auto socket = netlink::socket::open_in(*home);
    if (!socket) return error{what + ": " + socket.failure().message};
    auto number = netlink::assign_namespace_id(*socket, *home);
    if (!number) return error{what + ": " + number.failure().message};
    return link_maker(node, std::move(*socket), *number);
}

void link_maker::forget() {
    _taps.reset();
    _targets.clear();
}

result<netlink::link> link_maker::find_tap(const container_link& wanted) {
    if (!_taps) {
        auto links = netlink::list_links(_socket);
        if (!links) return links.failure();
        _taps.emplace();
        for (netlink::link& one : *links) _taps->emplace(one.name, one);
    }
    const auto found = _taps->find(wanted.tap);
    if (found == _taps->end())
        return error{"the dataplane has not made interface " + wanted.tap + " of overlay " + wanted.overlay +
                     " yet"};
    if (found->second.mtu < wanted.mtu)
        return error{"interface " + wanted.tap + " of overlay " + wanted.overlay + " has MTU " +
                     std::to_string(found->second.mtu) + ", the endpoint wants " +
                     std::to_string(wanted.mtu)};
    return found->second;
}

result<link_maker::target*> link_maker::open_target(const container_link& wanted) {
    auto opened = netlink::network_namespace::open(wanted.attachment.network_namespace);
    if (!opened) return opened.failure();
    const ino_t inode = opened->identity().inode;
    if (auto known = _targets.find(inode); known != _targets.end()) return &known->second;
    // The number comes before any link: it is what a later life finds the link by.
    auto number = netlink::assign_namespace_id(_socket, *opened);
    if (!number) return number.failure();
    auto links = netlink::list_links(_socket, *number, "macvlan");
    if (!links) return links.failure();
    auto socket = netlink::socket::open_in(*opened);
    if (!socket) return socket.failure();
    if (_targets.size() >= targets_kept) _targets.clear();
    auto [made, inserted] =
        _targets.emplace(inode, target{std::move(*opened), std::move(*socket), *number, std::move(*links)});
    return &made->second;
}

std::optional<std::int32_t> link_maker::number_of(const container_link& wanted) {
    auto opened = netlink::network_namespace::open(wanted.attachment.network_namespace);
    if (!opened) return std::nullopt;
    auto number = netlink::find_namespace_id(_socket, *opened);
    return number ? *number : std::nullopt;
}

std::string link_maker::alias_of(const container_link& wanted) const {
    return link_alias(_node, wanted);
}

bool link_maker::looks_right(const container_link& wanted, const link_place& place, int tap) {
    if (number_of(wanted) != place.namespace_id) return false;
    const auto link = netlink::find_link(_socket, place.index, place.namespace_id);
    return link && *link && sits_on(**link, tap, _home) &&
           !plan_link_change(wanted, alias_of(wanted), **link);
}

result<void> remove_link(netlink::socket& with, std::int32_t home, const found_link& unwanted) {
    const link_place& place = unwanted.place;
    const auto there = netlink::find_link(with, place.index, place.namespace_id);
    // Not to be found: its namespace is gone or has another number.
    if (!there || !*there) return {};
    if ((*there)->lower_namespace != home || (*there)->alias != unwanted.alias) return {};
    auto message = netlink::delete_link(
        place.index, "remove link " + (*there)->name + " (" + unwanted.alias + ")", place.namespace_id);
    const netlink::reply outcome = with.transact(message);
    // ENODEV: the link went meanwhile; EINVAL: its namespace did.
    if (outcome.code == ENODEV || outcome.code == EINVAL) return {};
    return outcome.to_result();
}

link_maker::outcome link_maker::ensure(const container_link& wanted, const std::optional<link_place>& known) {
    auto in = open_target(wanted);
    if (!in) return {link_condition::pending, in.failure().message, {}};
    const std::string alias = alias_of(wanted);
    if (known && (*in)->number != known->namespace_id) {
        // The container's name stands for another namespace now; the old one may live on.
        if (auto gone = remove_link(_socket, _home, {*known, alias}); !gone)
            return {link_condition::failed, gone.failure().message, {}};
    }
    const auto tap = find_tap(wanted);
    if (!tap) return {link_condition::pending, tap.failure().message, {}};

    target& there = **in;
    const std::string where = netlink::describe(wanted.attachment.network_namespace);
    if (const netlink::link* existing = find_existing(there.links, alias)) {
        const link_place place{there.number, existing->index};
        if (sits_on(*existing, tap->index, _home)) {
            const auto repaired = repair(wanted, *existing, there);
            if (repaired) return {link_condition::attached, {}, place, tap->index};
            if (auto gone = remove_link(_socket, _home, {place, alias}); !gone)
                return {link_condition::failed, where + ": " + gone.failure().message, {}};
            return {link_condition::failed, where + ": " + repaired.failure().message, {}};
        }
        // Over a TAP of an earlier dataplane: a macvlan can't be moved to another device.
        if (auto gone = remove_link(_socket, _home, {place, alias}); !gone)
            return {link_condition::failed, where + ": " + gone.failure().message, {}};
    }
    outcome made = create(wanted, *tap, there);
    if (!made.reason.empty()) made.reason = where + ": " + made.reason;
    return made;
}

link_maker::outcome link_maker::create(const container_link& wanted, const netlink::link& tap, target& in) {
    const std::string& name = wanted.attachment.interface;
    auto message = netlink::create_macvlan({tap.index, name, wanted.mac, wanted.mtu}, in.opened.fd());
    if (const auto created = _socket.transact(message); !created) {
        if (created.code == EEXIST)
            return {link_condition::failed,
                    "there is an interface " + name +
                        " already that is not ours: give the endpoint another interface name or remove it",
                    {}};
        // The TAP went meanwhile: it comes back with the dataplane.
        if (created.code == ENODEV) return {link_condition::pending, created.message, {}};
        return {link_condition::failed, created.message, {}};
    }
    auto link = netlink::find_link(in.socket, name);
    if (!link) return {link_condition::failed, link.failure().message, {}};
    if (!*link) return {link_condition::pending, "link " + name + " went as soon as it was made", {}};
    const link_place place{in.number, (*link)->index};
    if (auto ready = set_up(wanted, place.index, in); !ready) {
        auto undo = netlink::delete_link(place.index, "remove half-made link " + name);
        (void)in.socket.transact(undo);
        return {link_condition::failed, ready.failure().message, {}};
    }
    return {link_condition::attached, {}, place, tap.index};
}

result<void> link_maker::set_up(const container_link& wanted, int index, target& in) {
    std::vector<netlink::request> requests;
    netlink::link_change change;
    change.alias = alias_of(wanted);
    change.up = true;
    requests.push_back(netlink::change_link(index, change, "set up " + wanted.attachment.interface));
    const address_plan plan = plan_addresses(wanted, index, {}, {});
    for (const ip_prefix& address : plan.add_addresses)
        requests.push_back(netlink::add_address(index, address));
    for (const netlink::route& route : plan.add_routes) requests.push_back(netlink::add_route(route));
    return send_all(in.socket, requests);
}

result<void> link_maker::repair(const container_link& wanted, const netlink::link& existing, target& in) {
    const std::string alias = alias_of(wanted);
    if (const auto change = plan_link_change(wanted, alias, existing)) {
        std::vector<netlink::request> requests;
        netlink::link_change complete = *change;
        if (change->name || change->mac) {
            // A link that is up may refuse another name.
            netlink::link_change down;
            down.up = false;
            requests.push_back(netlink::change_link(existing.index, down, "set down " + existing.name));
            complete.up = true;
        }
        requests.push_back(netlink::change_link(existing.index, complete, "repair link " + existing.name));
        if (auto changed = send_all(in.socket, requests); !changed) return changed;
    }
    // Asked after the change: setting a link down takes its routes away.
    auto addresses = netlink::list_addresses(in.socket, existing.index);
    if (!addresses) return addresses.failure();
    auto routes = netlink::list_routes(in.socket, existing.index);
    if (!routes) return routes.failure();
    const address_plan plan = plan_addresses(wanted, existing.index, *addresses, *routes);
    std::vector<netlink::request> requests;
    for (const netlink::route& route : plan.remove_routes) requests.push_back(netlink::delete_route(route));
    for (const ip_prefix& address : plan.remove_addresses)
        requests.push_back(netlink::delete_address(existing.index, address));
    for (const ip_prefix& address : plan.add_addresses)
        requests.push_back(netlink::add_address(existing.index, address));
    for (const netlink::route& route : plan.add_routes) requests.push_back(netlink::add_route(route));
    return send_all(in.socket, requests);
}

result<std::vector<found_link>> link_maker::find_all() {
    auto numbers = netlink::list_namespace_ids(_socket);
    if (!numbers) return numbers.failure();
    std::vector<found_link> found;
    for (const std::int32_t number : *numbers) {
        auto links = netlink::list_links(_socket, number, "macvlan");
        // A namespace can go at any moment, and its links with it.
        if (!links) continue;
        for (const netlink::link& one : *links) {
            if (one.lower_namespace != _home) continue;
            found.push_back({{number, one.index}, one.alias});
        }
    }
    return found;
}

}  // namespace waggle::control
