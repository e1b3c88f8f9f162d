#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "config/config.hh"
#include "config/yaml/cursor.hh"

namespace waggle::config {

/// Things that only one may have, and who has them.
class claims {
public:
    /// Nothing if `thing` was free and is now `owner`'s; else "owner (line N)". Line 0: not of this file.
    std::optional<std::string> take(std::string thing, std::string owner, unsigned line);
    void release(const std::string& thing) { _holders.erase(thing); }

    /// What is taken from here on is given back by roll_back(); commit() keeps it.
    void begin() { _journal.emplace(); }
    void commit() { _journal.reset(); }
    void roll_back();

private:
    struct holder {
        std::string owner;
        unsigned line;
    };
    std::unordered_map<std::string, holder> _holders;
    std::optional<std::vector<std::string>> _journal;
};

/// What of an overlay its endpoints are checked against.
struct overlay_scope {
    std::vector<ip_prefix> subnets;
    /// False after problems with the subnets: addresses are not checked against what is not known.
    bool subnets_known = true;
};

struct peer_scope {
    /// Absent: takes part in all.
    std::optional<std::unordered_set<std::string>> overlays;
};

/// What one section of the file must know of the others. Names are here even if the rest of their entry is
/// wrong, so that one mistake is reported once.
struct scope {
    /// Empty if it could not be read.
    std::string node_name;
    /// VTEP families of the node; nothing is concluded from them unless `vteps_known`.
    bool has_v4 = false;
    bool has_v6 = false;
    bool vteps_known = false;
    /// The node says where the docker profile's keys are.
    bool has_docker_keys = false;
    /// There is a gossip section, so that addresses can be chosen.
    bool has_gossip = false;
    /// This host is, or is about to be, a worker of a Docker swarm, so that there are networks that the file
    /// does not know.
    bool has_swarm = false;
    std::unordered_map<std::string, overlay_scope> overlays;
    /// False if a name could not be read: then an unknown name may be that one, and is not reported.
    bool overlays_known = true;
    bool peers_known = true;
    std::unordered_map<std::string, peer_scope> peers;

    claims overlay_names;
    claims vnis;
    /// Ids in the gossip.
    claims networks;
    claims hosts;
    claims vteps;
    claims endpoint_names;
    /// Of one overlay each, see on_overlay().
    claims addresses;
    claims macs;
    /// Sockets, devices and kernel interfaces.
    claims resources;
};

/// The thing of a claim that is unique within an overlay only.
std::string on_overlay(std::string_view overlay, const std::string& thing);

// Claims on resources: the same spelling for everything that must not be used twice.
std::string device_claim(const std::string& device);
std::string interface_claim(const std::string& interface);
std::string socket_claim(const std::string& path);
std::string memif_claim(const std::string& path, unsigned id);
/// A name and its path under /run/netns are one namespace.
std::string container_claim(const namespace_reference& where, const std::string& interface);

/// The scope of a file that was loaded before, to check one more endpoint against.
scope scope_of(const config& loaded);

/// Takes all that an endpoint claims, and gives it back.
void claim_endpoint(scope& known, const endpoint& one);
void release_endpoint(scope& known, const endpoint& one);

/// `thing` taken for `owner`, or a problem at `at`: "<what> is already used by <other>; allowed: ...".
bool take_or_report(claims& all, std::string thing, const std::string& owner, const cursor& at,
                    std::string_view what, std::string_view allowed);

}  // namespace waggle::config
