#include "tests/unit/api/dataplane_fixture.hh"

#include <stdlib.h>

#include "dataplane/packet/ethernet.hh"
#include "dataplane/packet/ipv4.hh"
#include "dataplane/packet/ipv6.hh"
#include "dataplane/packet/udp.hh"

namespace waggle::api {

namespace {

namespace {

/// The SPI and UDP port that a worker has to send with, by the words of association::lane; 0: nothing.
std::pair<std::uint32_t, std::uint16_t> expected_sender(const state& wanted, const ip_address& vtep, vni id,
                                                        unsigned worker) {
    std::map<unsigned, std::pair<std::uint32_t, std::uint16_t>> lanes;
    // Those of the overlay are preferred.
    for (const encryption profile : {encryption::waggle, encryption::docker}) {
        if (!lanes.empty() || (profile == encryption::docker && wanted.overlays.at(id).encryption != profile))
            break;
        for (const auto& [key, one] : wanted.associations)
            if (key.direction == direction::outbound && key.vtep == vtep && one.profile == profile &&
                one.phase == association_phase::active && one.overlay.value_or(id) == id)
                lanes[one.lane.value_or(0)] = {key.spi, one.encapsulation_port};
    }
    if (lanes.empty()) return {};
    if (lanes.contains(worker)) return lanes[worker];
    return std::next(lanes.begin(), static_cast<std::ptrdiff_t>(worker % lanes.size()))->second;
}

/// What the tables have else than they should; empty if nothing.
std::string wrong_association(const behind_socket& behind, const state& wanted) {
    const waggle::tables& in = behind.tables;
    std::size_t inbound = 0;
    for (const auto& [key, one] : wanted.associations) {
        if (key.direction != direction::inbound) continue;
        ++inbound;
        const esp::inbound_association* found = in.receivers().find(spi(key.spi), key.vtep);
        const overlay_index overlay = one.overlay ? in.overlay_of(*one.overlay) : no_overlay;
        const auto kind = one.overlay ? protection_kind::waggle : protection_kind::docker;
        if (found == nullptr || found->cold.description.index != spi(key.spi) ||
            found->binding != protection::of(kind, overlay).raw())
            return "inbound association";
    }
    if (in.receivers().size() != inbound) return "number of inbound associations";
    for (const auto& [id, parameters] : wanted.overlays) {
        const overlay_entry& entry = *in.overlay(in.overlay_of(id));
        if ((entry.senders == nullptr) != (parameters.encryption == encryption::none)) return "senders";
        if (entry.senders == nullptr) continue;
        for (const auto& [vtep, way] : wanted.vteps)
            for (unsigned worker = 0; worker < behind.writer.workers(); ++worker) {
                const sender found = entry.sender_for(*behind.writer.vtep_of(vtep), worker);
                const auto [index, port] = expected_sender(wanted, vtep, id, worker);
                const esp::outbound_association* with = found.association();
                if ((with == nullptr) != (index == 0)) return "sender missing or left over";
                if (with != nullptr &&
                    (with->cold.description.index != spi(index) || found.udp_port() != port))
                    return "another sender";
            }
    }
    return {};
}

}  // namespace

std::uint16_t sends_to_port(const vtep_entry& entry) {
    const std::size_t udp =
        sizeof(ethernet_header) + (entry.ipv6 ? sizeof(ipv6_header) : sizeof(ipv4_header));
    return header_at<udp_header>(entry.header.data() + udp).destination_port.host();
}

testing::AssertionResult differs(const std::string& what) {
    return testing::AssertionFailure() << what;
}

}  // namespace

testing::AssertionResult tables_hold(const behind_socket& behind, const state& wanted) {
    if (!(behind.applied.applied().get() == wanted)) return differs("the applied state differs");
    const tables& in = behind.tables;
    const std::uint16_t udp_port = wanted.udp_port == 0 ? 4789 : wanted.udp_port;
    if (behind.ports.udp_port != udp_port) return differs("UDP port");
    if (behind.writer.overlay_count() != wanted.overlays.size()) return differs("number of overlays");
    for (const auto& [id, parameters] : wanted.overlays) {
        const overlay_entry* entry = in.overlay(in.overlay_of(id));
        if (entry == nullptr || entry->mtu != parameters.mtu || entry->flood != parameters.flood)
            return differs("overlay " + id.to_string());
    }
    if (behind.writer.vtep_count() != wanted.vteps.size()) return differs("number of VTEPs");
    for (const auto& [address, parameters] : wanted.vteps) {
        const auto index = behind.writer.vtep_of(address);
        if (!index) return differs("VTEP " + address.to_string());
        const vtep_entry& entry = *in.vtep(*index);
        if (entry.reachable != parameters.hop.has_value()) return differs("way to " + address.to_string());
        if (parameters.hop && (entry.path_mtu != parameters.hop->path_mtu || entry.port != 1 ||
                               mac_address::load(entry.header.data()) != parameters.hop->destination_mac ||
                               sends_to_port(entry) != udp_port))
            return differs("way to " + address.to_string());
    }
    if (behind.ports.opened.size() != wanted.ports.size()) return differs("number of ports");
    std::map<std::string, port_index> numbers;
    for (const auto& [index, port] : behind.ports.opened) {
        const auto found = wanted.ports.find(port.name);
        if (found == wanted.ports.end() || !(found->second.kind == port.parameters.kind) ||
            found->second.mtu != port.parameters.mtu)
            return differs("port " + port.name);
        if (port.bound != in.overlay_of(found->second.overlay))
            return differs("overlay of port " + port.name);
        numbers[port.name] = index;
    }
    std::size_t flooded = 0;
    for (const member& one : wanted.members) {
        const overlay_index overlay = in.overlay_of(one.overlay);
        if (in.members().find(overlay, one.vtep) != behind.writer.vtep_of(one.vtep))
            return differs("member " + one.vtep.to_string());
        if (wanted.overlays.at(one.overlay).flood) ++flooded;
    }
    for (const auto& [name, port] : wanted.ports)
        if (wanted.overlays.at(port.overlay).flood) ++flooded;
    for (const auto& [id, parameters] : wanted.overlays) {
        const flood_list& list = *in.overlay(in.overlay_of(id))->flooding;
        flooded -= list.vteps.size() + list.ports.size();
    }
    if (flooded != 0) return differs("flood lists");
    if (in.members().size() != wanted.members.size()) return differs("number of members");
    if (in.forwarding().size() != wanted.forwarding.size()) return differs("number of forwarding entries");
    for (const auto& [key, target] : wanted.forwarding) {
        const auto value =
            in.forwarding().find(waggle::forwarding_key::from(in.overlay_of(key.overlay), key.mac));
        const bool right =
            std::holds_alternative<std::string>(target)
                ? value == forwarding_value::local(numbers.at(std::get<std::string>(target)))
                : value == forwarding_value::remote(*behind.writer.vtep_of(std::get<ip_address>(target)));
        if (!right) return differs("forwarding entry " + key.mac.to_string());
    }
    if (in.neighbours().size() != wanted.neighbours.size()) return differs("number of neighbours");
    for (const auto& [key, mac] : wanted.neighbours)
        if (in.neighbours().find(in.overlay_of(key.overlay), key.ip) != mac)
            return differs("neighbour " + key.ip.to_string());
    if (const std::string wrong = wrong_association(behind, wanted); !wrong.empty()) return differs(wrong);
    return testing::AssertionSuccess();
}

served_dataplane::served_dataplane(std::function<void(server_options&)> adjust) : _adjust(std::move(adjust)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "waggle-api-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    _directory = pattern;
    _path = (_directory / "dataplane.sock").string();
    _wake = file_descriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    start(true);
}

served_dataplane::~served_dataplane() {
    stop();
    std::filesystem::remove_all(_directory);
}

void served_dataplane::start(bool forget) {
    if (forget) _behind = std::make_unique<behind_socket>();
    server_options options{.path = _path, .node = "alpha"};
    if (_adjust) _adjust(options);
    auto listening = server::listen(std::move(options), _behind->applied);
    if (!listening) throw std::runtime_error(listening.failure().message);
    _server = *std::move(listening);
    _stopping = false;
    _thread = std::thread([this] { serve(); });
}

void served_dataplane::stop() {
    if (!_thread.joinable()) return;
    _stopping = true;
    wake();
    _thread.join();
    _server.reset();
}

void served_dataplane::wake() {
    ASSERT_EQ(::eventfd_write(_wake.get(), 1), 0);
}

void served_dataplane::serve() {
    while (!_stopping) {
        std::array<pollfd, 2> watched{{{_server->descriptor(), POLLIN, 0}, {_wake.get(), POLLIN, 0}}};
        ::poll(watched.data(), watched.size(), -1);
        eventfd_t ignored = 0;
        ::eventfd_read(_wake.get(), &ignored);
        _server->poll();
        std::vector<std::function<void()>> tasks;
        {
            const std::lock_guard lock(_mutex);
            tasks.swap(_tasks);
        }
        for (const auto& task : tasks) task();
    }
}

}  // namespace waggle::api
