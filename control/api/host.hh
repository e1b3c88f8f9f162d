#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hh"

/// What control tells of this host through its HTTP API, and what can be asked of it.
namespace waggle::control {

struct overlay_view {
    std::string name;
    std::uint32_t vni = 0;
    std::vector<std::string> subnets;
    unsigned mtu = 0;
    bool flood = false;
    std::size_t endpoints_local = 0;
    std::size_t endpoints_remote = 0;
    std::size_t peers = 0;
};

struct endpoint_view {
    std::string name;
    std::string overlay;
    std::vector<std::string> addresses;
    std::string mac;
    std::string host;
    bool local = false;
    /// "attached", "pending", "failed" or "remote".
    std::string state;
    /// One sentence; empty when there is nothing to say.
    std::string detail;
    /// "yaml", "runtime" or "gossip".
    std::string source;
};

/// Another host as the gossip knows it.
struct member_view {
    /// New at every start of the host.
    std::string name;
    std::string address;
    /// "alive", "suspect", "dead" or "left".
    std::string state;
    std::uint32_t incarnation = 0;
    /// Ids of the networks that it takes part in.
    std::vector<std::string> networks;
    /// Seconds since it was heard itself; absent if it never was.
    std::optional<double> heard;
    friend bool operator==(const member_view&, const member_view&) = default;
};

/// A host of the file or of the gossip.
struct peer_view {
    /// Empty if only the gossip knows it, as it shares no overlay.
    std::string name;
    /// The address that this host sends to; empty if there is none.
    std::string vtep;
    /// Underlay port, source address, next hop and path MTU; empty and 0 while there is no next hop.
    std::string device;
    std::string source;
    std::string next_hop_mac;
    unsigned path_mtu = 0;
    bool reachable = false;
    std::string detail;
    std::vector<std::string> overlays;
    /// Absent for a host that the gossip does not know.
    std::optional<member_view> gossip;
};

/// This host's part in the gossip.
struct gossip_view {
    std::string name;
    std::string address;
    bool connected = false;
    std::vector<std::string> seeds;
    bool seeds_are_down = false;
    /// Fingerprints, of the key that seals first.
    std::vector<std::string> keys;
    std::size_t alive = 0;
    std::size_t suspect = 0;
    std::size_t dead = 0;
    std::size_t left = 0;
    /// 0 is healthy; more when own probes fail, up to the limit - 1.
    unsigned awareness = 0;
    unsigned awareness_limit = 0;
    /// Lamport clocks.
    std::uint64_t network_time = 0;
    std::uint64_t table_time = 0;
    /// What waits to be told: words about members, about networks, and entries of tables.
    std::size_t member_events_waiting = 0;
    std::size_t network_events_waiting = 0;
    std::size_t table_events_waiting = 0;
    /// From the last change of own entries until it was told as often as it takes to reach all.
    std::optional<double> last_change_seconds;
    /// Over the last ten seconds or so.
    double packets_received_rate = 0;
    double packets_sent_rate = 0;
    /// Of packets and streams, sealed.
    double bytes_received_rate = 0;
    double bytes_sent_rate = 0;
    /// Since the start, by name.
    std::map<std::string, std::uint64_t> counters;
    /// Those of them that count what was refused.
    std::vector<std::string> refusals;
};

/// A network of the gossip that this host takes part in.
struct network_view {
    std::string id;
    /// Empty if no overlay of the configuration is of it any more.
    std::string overlay;
    /// Hosts that take part, this one included.
    std::size_t hosts = 0;
    /// In all tables, of all hosts; deleted ones count while they are remembered.
    std::size_t entries = 0;
    /// Of the entries, bytes.
    std::size_t memory = 0;
    /// Events that wait to be told.
    std::size_t waiting = 0;
    /// The first syncs with other hosts are done.
    bool in_sync = false;
    /// Of a Docker swarm's network, otherwise empty or false: its name there, its IPv4 subnets, and the
    /// address that the managers keep for load balancing by this host.
    std::string name = {};
    std::vector<std::string> subnets = {};
    std::string load_balancer = {};
    bool encrypted = false;
};

/// This host as a member of a Docker swarm.
struct node_view {
    struct manager {
        std::string node;
        /// "192.0.2.1:2377".
        std::string address;
        std::int64_t weight = 0;
        /// The session is with it.
        bool session = false;
    };
    struct key {
        /// "gossip" or "ipsec".
        std::string purpose;
        /// Never the key itself.
        std::string fingerprint;
        std::uint64_t lamport_time = 0;
        /// Since this process first had it.
        std::uint64_t age_seconds = 0;
        /// What this host seals with; the others are only opened with.
        bool sending = false;
    };
    std::string name;
    /// "outside", "joining", "disconnected", "ready" or "expelled".
    std::string state = "outside";
    /// One sentence with the remedy; empty if all is well.
    std::string problem;
    std::string id;
    std::string cluster;
    std::string role;
    /// Seconds since 1970; 0 without a certificate.
    std::int64_t certificate_begins = 0;
    std::int64_t certificate_ends = 0;
    std::int64_t renewal = 0;
    std::vector<manager> managers;
    std::vector<key> keys;
    std::size_t attachments = 0;
    std::uint64_t tasks_rejected = 0;
    unsigned data_path_port = 0;
    /// What was asked for last: "join", "leave" or nothing; whether it is under way; why it was not done.
    std::string asked;
    bool asked_running = false;
    std::string asked_failure;
};

struct diff_item {
    /// "port", "overlay", "vtep", "member", "forwarding", "neighbour", "association" or "udp port".
    std::string kind;
    std::string key;
    /// What the dataplane still has to do: "add", "remove" or "change".
    std::string action;
    friend bool operator==(const diff_item&, const diff_item&) = default;
};

/// What other hosts of an encrypted overlay have to hear from this one.
struct announcement_view {
    std::string overlay;
    std::uint32_t epoch = 0;
    /// One word.
    std::string announcement;
};

struct status_view {
    std::string node;
    std::uint64_t uptime_seconds = 0;
    std::string version;
    bool dataplane_connected = false;
    /// Generation last sent, and last acknowledged.
    std::uint64_t generation = 0;
    std::uint64_t acknowledged = 0;
    std::size_t overlays = 0;
    std::size_t endpoints_local = 0;
    std::size_t endpoints_failed = 0;
    std::size_t peers = 0;
    std::size_t peers_reachable = 0;
    /// One line of the membership in a Docker swarm; empty if this host is in none.
    std::string swarm = {};
    /// True if there are no problems and nothing is left to do.
    bool healthy = false;
    std::vector<std::string> problems;
};

/// Why something that was asked for is not done.
struct refusal {
    /// HTTP status.
    unsigned status = 400;
    /// One sentence with the remedy.
    std::string sentence;
    /// All of it, if there is more than one thing to say.
    std::vector<std::string> problems;
};

/// The running control process as its API sees it.
class host {
public:
    virtual ~host() = default;
    virtual status_view status() const = 0;
    virtual std::vector<overlay_view> overlays() const = 0;
    virtual std::vector<endpoint_view> endpoints() const = 0;
    virtual std::vector<peer_view> peers() const = 0;
    virtual std::vector<network_view> networks() const = 0;
    virtual node_view membership() const = 0;
    /// Nothing if this host takes no part in a gossip.
    virtual std::optional<gossip_view> gossip() const = 0;
    virtual std::vector<diff_item> diff() const = 0;
    /// Attaches an endpoint, a YAML or JSON entry as in the file, to this host. When it returns nothing the
    /// endpoint is checked, kept for the next start, and on its way.
    virtual std::optional<refusal> attach(const std::string& endpoint) = 0;
    /// Takes an endpoint away that attach() brought.
    virtual std::optional<refusal> detach(const std::string& name) = 0;
    /// Reads the file again and applies what differs.
    virtual std::optional<refusal> reload() = 0;
    virtual std::vector<announcement_view> announcements() const = 0;
    /// Takes an announcement of another host; one that is known already does nothing.
    virtual std::optional<refusal> accept_announcement(const std::string& text) = 0;
    /// New keys for an overlay with the waggle profile, or for all of them if the name is empty.
    virtual std::optional<refusal> rekey(const std::string& overlay) = 0;
    /// Becomes a worker of a Docker swarm. When it returns nothing that is under way; node() tells how it
    /// went.
    virtual std::optional<refusal> join(std::string token, std::vector<std::string> managers) = 0;
    /// Leaves it, likewise.
    virtual std::optional<refusal> leave() = 0;
};

}  // namespace waggle::control
