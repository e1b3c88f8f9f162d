#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "common/ip_address.hh"
#include "common/ip_prefix.hh"
#include "common/result.hh"
#include "common/secret.hh"
#include "common/vni.hh"

/// This host as a worker of a Docker swarm: what it says to the managers and what they say to it.
namespace waggle::control::swarm {

/// One IPv4 subnet of an overlay network; each has a VNI of its own.
struct network_subnet {
    ip_prefix subnet;
    vni id;
    std::optional<ip_address> gateway;
    friend bool operator==(const network_subnet&, const network_subnet&) = default;
};

/// An overlay network as the managers describe it (swarmkit's Network).
struct network {
    /// 25 characters; the id of the NetworkDB network as well.
    std::string id;
    std::string name;
    std::vector<network_subnet> subnets;
    std::vector<ip_prefix> subnets_v6;
    /// Of the underlay, from com.docker.network.driver.mtu; absent: 1500.
    std::optional<std::uint16_t> mtu;
    bool encrypted = false;
    bool internal = false;
    bool attachable = false;
    bool ingress = false;
    friend bool operator==(const network&, const network&) = default;
};

/// An endpoint of this host on a network, granted by the managers: a task of theirs.
struct attachment {
    /// Of the task.
    std::string id;
    /// What this host asked with.
    std::string container_id;
    std::string network_id;
    /// With the subnet's prefix length.
    std::vector<ip_prefix> addresses;
    std::vector<std::string> aliases;
    friend bool operator==(const attachment&, const attachment&) = default;
};

/// A key that the managers hand to all hosts; newer ones have a greater Lamport time.
struct session_key {
    std::uint64_t lamport_time = 0;
    secret key;
    friend bool operator==(const session_key&, const session_key&) = default;
};

struct manager {
    std::string node_id;
    /// "ip:port".
    std::string address;
    std::int64_t weight = 0;
    friend bool operator==(const manager&, const manager&) = default;
};

enum class phase : std::uint8_t {
    /// No identity and none asked for.
    outside,
    /// A certificate was asked for.
    joining,
    /// No session with any manager; trying on.
    disconnected,
    /// Registered, heartbeats are answered.
    ready,
    /// The managers have removed this node, or its certificate has ended: it has to join again with a token.
    expelled,
};

/// Where this host stands, and what the managers said last. It stays as it was while no manager is reached.
struct view {
    swarm::phase phase = swarm::phase::outside;
    /// One sentence with the remedy; empty if all is well.
    std::string problem;
    std::string node_id;
    std::string cluster_id;
    /// "worker" or "manager", as the certificate says.
    std::string role;
    std::chrono::system_clock::time_point certificate_begins;
    std::chrono::system_clock::time_point certificate_ends;
    std::chrono::system_clock::time_point renewal;
    std::vector<manager> managers;
    /// Address of the manager that the session is with; empty without a session.
    std::string session_manager;
    /// Ascending by Lamport time, usually three.
    std::vector<session_key> gossip_keys;
    std::vector<session_key> ipsec_keys;
    /// Data-path port of the swarm; 0: not heard yet.
    std::uint16_t vxlan_port = 0;
    /// Networks of this host's attachments, by id.
    std::map<std::string, network> networks;
    /// Granted ones, by container id.
    std::map<std::string, attachment> attachments;
    /// Why a wanted attachment is not granted, by container id.
    std::map<std::string, std::string> refused;
    /// The address that the managers keep for load balancing by this node, by network id.
    std::map<std::string, ip_prefix> load_balancers;
    /// All assignments were heard at least once since the start: an attachment that is not there does not
    /// exist.
    bool complete = false;
    /// Tasks of services that were rejected, as this host runs no containers.
    std::uint64_t tasks_rejected = 0;
};

/// What this host wants to have attached.
struct wanted_attachment {
    /// The network's name or id.
    std::string target;
    std::vector<std::string> aliases;
    /// Wished addresses; empty: the managers choose.
    std::vector<ip_address> addresses;
    friend bool operator==(const wanted_attachment&, const wanted_attachment&) = default;
};

struct settings {
    /// Where identity (0600) and the last view are kept: key, certificate, root, node id, networks.
    std::string directory;
    /// In memory (the runtime directory): the session's keys, for a restart without a manager.
    std::string runtime_directory;
    /// Shown by `docker node ls`.
    std::string hostname;
};

/// The membership of one host. Made, used and told on the io_context's thread; the network, TLS and disk are
/// on a thread of its own, so that nothing here blocks.
class membership {
public:
    struct callbacks {
        /// state() is another.
        std::function<void()> changed;
    };

    /// Takes up the identity that the directory has, if any, and begins to look for a manager.
    static result<std::unique_ptr<membership>> open(boost::asio::io_context& context,
                                                    const swarm::settings& chosen, callbacks told);
    virtual ~membership() = default;

    /// Becomes a worker: pins the root by the token's digest, asks for a certificate, keeps it, opens a
    /// session. `done` hears of the certificate or why there is none, in one sentence with the remedy.
    /// Refused while there is an identity.
    virtual void join(std::string token, std::vector<std::string> managers,
                      std::function<void(result<void>)> done) = 0;
    /// All that is to be attached, by container id: what is new is asked for, what is granted and not wanted
    /// any more is given back, also what an earlier life of this host had. May be called at any time.
    virtual void want(std::map<std::string, wanted_attachment> wanted) = 0;
    /// Gives all attachments back and forgets the identity.
    virtual void leave(std::function<void(result<void>)> done) = 0;
    /// Ends the session. `release`: attachments are given back first, for at most two seconds; otherwise they
    /// stay for the next start.
    virtual void stop(bool release, std::function<void()> done) = 0;

    virtual const view& state() const = 0;
};

}  // namespace waggle::control::swarm
