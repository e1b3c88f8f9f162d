#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/result.hh"
#include "control/attach/container_link.hh"
#include "control/netlink/link.hh"
#include "control/netlink/namespace.hh"
#include "control/netlink/socket.hh"

namespace waggle::control {

/// Where a link is: the number that Waggle's namespace has for the container's, and the link's index there.
struct link_place {
    std::int32_t namespace_id = 0;
    int index = 0;
    friend auto operator<=>(const link_place&, const link_place&) = default;
};

/// A link over one of our TAPs, somewhere on this host.
struct found_link {
    link_place place;
    /// Tells whose it is. Numbers and indexes are used again by the kernel: nothing is removed at a place
    /// whose link has another alias by now.
    std::string alias;
    friend auto operator<=>(const found_link&, const found_link&) = default;
};

/// Removes the link if it is still there and the same. `with` is a socket in Waggle's namespace, which
/// numbers itself `home`.
result<void> remove_link(netlink::socket& with, std::int32_t home, const found_link& unwanted);

/// Makes single links, and finds those that are there. Blocking; one user thread.
class link_maker {
public:
    /// `waggle_namespace` is a path.
    static result<link_maker> open(const std::string& node, const std::string& waggle_namespace);

    struct outcome {
        link_condition condition = link_condition::pending;
        std::string reason;
        /// Where the link is, if attached.
        std::optional<link_place> place;
        /// The TAP it sits on, if attached.
        int tap = 0;
    };
    /// Creates, adopts or repairs the link. `known` is the place at which it was last time: if the link is
    /// now wanted elsewhere, it is removed there first.
    outcome ensure(const container_link& wanted, const std::optional<link_place>& known = {});

    /// Every link over a device of Waggle's namespace in the namespaces that have a number there.
    result<std::vector<found_link>> find_all();
    /// The number of the namespace in which `wanted` has to be, or nothing if it is not there or unnumbered.
    std::optional<std::int32_t> number_of(const container_link& wanted);
    /// A cheap look: the link at `place` is in the right namespace, over that TAP, and has the right
    /// attributes (addresses and routes are not looked at).
    bool looks_right(const container_link& wanted, const link_place& place, int tap);

    /// Within a run over many links, what is known of TAPs and namespaces is kept; call it at the end of the
    /// run, for it keeps namespaces alive and gets old.
    void forget();
    /// Waggle's namespace has changed: its TAPs are read again when next needed.
    void forget_taps() { _taps.reset(); }

    /// "waggle:NODE:OVERLAY:ENDPOINT".
    std::string alias_of(const container_link& wanted) const;
    /// What Waggle's namespace calls itself: events carry it.
    std::int32_t home() const { return _home; }

private:
    /// A container's namespace during a run.
    struct target {
        netlink::network_namespace opened;
        netlink::socket socket;
        std::int32_t number;
        /// Its macvlans as they were when it was opened.
        std::vector<netlink::link> links;
    };

    link_maker(std::string node, netlink::socket opened, std::int32_t home)
        : _node(std::move(node)), _socket(std::move(opened)), _home(home) {}

    result<target*> open_target(const container_link& wanted);
    result<netlink::link> find_tap(const container_link& wanted);
    outcome create(const container_link& wanted, const netlink::link& tap, target& in);
    result<void> repair(const container_link& wanted, const netlink::link& existing, target& in);
    result<void> set_up(const container_link& wanted, int index, target& in);

    std::string _node;
    netlink::socket _socket;
    std::int32_t _home;
    /// Interfaces of Waggle's namespace by name, while a run lasts.
    std::optional<std::unordered_map<std::string, netlink::link>> _taps;
    /// Container namespaces by inode, while a run lasts.
    std::map<ino_t, target> _targets;
};

}  // namespace waggle::control
