#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/ip_address.hh"
#include "common/ip_prefix.hh"
#include "common/mac_address.hh"
#include "common/vni.hh"
#include "config/encryption.hh"

namespace waggle::config {

/// How a worker behaves without packets: back off to sleeping on events, or poll for ever.
enum class idle_mode { adaptive, busy };

/// Where packet memory comes from.
enum class hugepage_mode { automatic, required, never };

/// A NIC that stays with the kernel; only VXLAN is taken from it.
struct packet_underlay {
    std::string interface;
    friend bool operator==(const packet_underlay&, const packet_underlay&) = default;
};

/// A NIC (or virtual device) that DPDK owns.
struct ethdev_underlay {
    /// PCI address ("0000:03:00.0") or vdev devargs ("net_memif0,role=client,...").
    std::string device;
    /// Kernel TAP that carries the host's addresses on this NIC and all traffic that is not ours.
    std::string exception_interface;
    friend bool operator==(const ethdev_underlay&, const ethdev_underlay&) = default;
};

struct underlay_port {
    std::string name;
    std::variant<packet_underlay, ethdev_underlay> kind;
    friend bool operator==(const underlay_port&, const underlay_port&) = default;
};

struct node {
    std::string name;
    /// This host's VTEP addresses; at least one is present.
    std::optional<ip_address> vtep_v4;
    std::optional<ip_address> vtep_v6;
    std::uint16_t udp_port = 4789;
    std::vector<underlay_port> underlay;
    /// CPU numbers of the workers, one worker each. Empty: `workers` of them, placed by the dataplane.
    std::vector<unsigned> lcores;
    unsigned workers = 1;
    unsigned memory_megabytes = 256;
    hugepage_mode hugepages = hugepage_mode::automatic;
    idle_mode idle = idle_mode::adaptive;
    /// Sockets of both processes.
    std::string runtime_directory = "/run/waggle";
    /// What must outlive a restart (endpoints attached at run time).
    std::string state_directory = "/var/lib/waggle";
    /// Present if any overlay has the docker profile.
    std::optional<waggle::config::docker_encryption> docker_encryption = {};
    friend bool operator==(const node&, const node&) = default;

    unsigned worker_count() const { return lcores.empty() ? workers : static_cast<unsigned>(lcores.size()); }
    std::string dataplane_socket() const { return runtime_directory + "/dataplane.sock"; }
    std::string control_socket() const { return runtime_directory + "/control.sock"; }
};

struct overlay {
    std::string name;
    vni id;
    std::vector<ip_prefix> subnets;
    /// Inner IP MTU. Absent: underlay MTU less the encapsulation.
    std::optional<std::uint16_t> mtu;
    /// Replicate broadcast, multicast and unknown unicast to the overlay's VTEPs.
    bool flood = false;
    /// Absent: plain VXLAN.
    std::optional<waggle::config::encryption> encryption = {};
    /// Used in place of `encryption` with hosts that have announced it, too. Not of the file: see swarm.
    std::optional<waggle_profile> preferred = {};
    /// Its id in the gossip; empty: its name.
    std::string network{};
    friend bool operator==(const overlay&, const overlay&) = default;

    const std::string& network_id() const { return network.empty() ? name : network; }
};

/// Another host, known by its static VTEP addresses.
struct peer {
    std::string name;
    std::optional<ip_address> vtep_v4;
    std::optional<ip_address> vtep_v6;
    /// Names of the overlays it takes part in. Absent: all.
    std::optional<std::vector<std::string>> overlays;
    /// ESP goes to it in UDP (RFC 3948). Absent: as IP protocol 50.
    std::optional<waggle::config::esp_in_udp> esp_in_udp = {};
    friend bool operator==(const peer&, const peer&) = default;
};

/// A container's network namespace: by path, by name under /run/netns, or by the pid of a process in it.
struct namespace_by_path {
    std::string path;
    friend bool operator==(const namespace_by_path&, const namespace_by_path&) = default;
};
struct namespace_by_name {
    std::string name;
    friend bool operator==(const namespace_by_name&, const namespace_by_name&) = default;
};
struct namespace_by_pid {
    std::uint32_t pid = 0;
    friend bool operator==(const namespace_by_pid&, const namespace_by_pid&) = default;
};
using namespace_reference = std::variant<namespace_by_path, namespace_by_name, namespace_by_pid>;

struct route {
    ip_prefix destination;
    std::optional<ip_address> gateway;
    friend bool operator==(const route&, const route&) = default;
};

/// A macvlan link over the overlay's TAP, moved into a namespace.
struct container_attachment {
    namespace_reference network_namespace;
    std::string interface = "eth0";
    std::vector<route> routes;
    friend bool operator==(const container_attachment&, const container_attachment&) = default;
};

/// A DPDK application or VM that connects to this host through vhost-user.
struct vhost_user_attachment {
    std::string socket;
    unsigned queues = 1;
    friend bool operator==(const vhost_user_attachment&, const vhost_user_attachment&) = default;
};

/// A DPDK application that connects through shared-memory rings.
struct memif_attachment {
    std::string socket;
    unsigned id = 0;
    friend bool operator==(const memif_attachment&, const memif_attachment&) = default;
};

/// Any other DPDK port.
struct ethdev_attachment {
    std::string device;
    friend bool operator==(const ethdev_attachment&, const ethdev_attachment&) = default;
};

using attachment =
    std::variant<container_attachment, vhost_user_attachment, memif_attachment, ethdev_attachment>;

/// One address owner on one overlay.
struct endpoint {
    /// Unique within the file.
    std::string name;
    /// Of the file, or (in a Docker swarm) the name or id of a network of the swarm.
    std::string overlay;
    /// With the subnet's prefix length; at most one of each family. Empty: a free one is chosen while the
    /// process runs, from what the gossip says or by the managers of the Docker swarm. On a network of the
    /// swarm they are wishes, and their length means nothing.
    std::vector<ip_prefix> addresses;
    /// Given, or 02:42 followed by the IPv4 address; zero while neither is known.
    mac_address mac;
    /// The node's or a peer's name.
    std::string host;
    /// Present exactly when `host` is this node.
    std::optional<attachment> attached;
    /// Further names under which other containers of the overlay find it.
    std::vector<std::string> aliases = {};
    friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// A host through which others join the gossip.
struct seed {
    ip_address ip;
    std::uint16_t port = 7946;
    friend bool operator==(const seed&, const seed&) = default;
};

/// The swarm of hosts that tell each other where their endpoints are.
struct gossip {
    /// May hold this host. Empty: it waits for others to join it.
    std::vector<seed> seeds;
    /// Path of the file with the keys that all of its packets are sealed with.
    std::string keys;
    /// Where other hosts reach this one. Absent: the VTEP, IPv4 first.
    std::optional<ip_address> advertise;
    /// UDP and TCP.
    std::uint16_t port = 7946;
    friend bool operator==(const gossip&, const gossip&) = default;
};

/// Leave to use the waggle profile on an encrypted network of a Docker swarm, with hosts that have it as
/// well.
struct network_encryption {
    /// Of the network.
    std::string name;
    waggle_profile profile;
    friend bool operator==(const network_encryption&, const network_encryption&) = default;
};

/// This host as a worker of a Docker swarm, which gives it networks, addresses and keys.
struct swarm {
    /// The managers to join through, while this host is no member yet; afterwards they tell of each other.
    /// Empty: it joins by `waggle join`.
    std::vector<seed> managers;
    /// Path of the file with the join token; empty exactly if there are no managers.
    std::string token;
    /// Where other hosts reach this one's gossip. Absent: the VTEP, IPv4 first.
    std::optional<ip_address> advertise;
    /// Of the gossip, UDP and TCP, on all hosts of the swarm.
    std::uint16_t port = 7946;
    std::vector<network_encryption> encryption = {};
    friend bool operator==(const swarm&, const swarm&) = default;
};

/// One host's file, checked as a whole.
struct config {
    waggle::config::node node;
    /// Absent: what the file says is all there is.
    std::optional<waggle::config::gossip> gossip;
    /// Excludes `gossip`.
    std::optional<waggle::config::swarm> swarm = {};
    std::vector<overlay> overlays;
    std::vector<peer> peers;
    std::vector<endpoint> endpoints;
    friend bool operator==(const config&, const config&) = default;
};

}  // namespace waggle::config
