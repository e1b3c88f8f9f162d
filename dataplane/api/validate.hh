#pragma once

#include <string>

#include "common/result.hh"
#include "dataplane/api/delta.hh"
#include "dataplane/api/state.hh"

namespace waggle::api {

/// Smallest MTU of an overlay: what every IPv4 link must carry (RFC 791).
inline constexpr std::uint16_t smallest_overlay_mtu = 68;
/// Smallest MTU of the way to a VTEP: the overlay's smallest plus 70 bytes of IPv6, UDP, VXLAN and Ethernet.
inline constexpr std::uint16_t smallest_path_mtu = 138;
/// Highest lane of a waggle association: as many workers as DPDK has.
inline constexpr std::uint16_t largest_lane = 127;
/// Security associations in a state: each costs some kilobytes of locked memory.
inline constexpr std::size_t most_associations = 1 << 18;
/// Longest name of a port or an overlay, bytes.
inline constexpr std::size_t longest_name = 255;

/// Each checks one thing by itself, without what it refers to. The message names the thing, what is wrong
/// and what is allowed.
result<void> check_port(const std::string& name, const access_port& port);
result<void> check_overlay(vni id, const overlay& parameters);
result<void> check_vtep(const ip_address& address, const vtep& parameters);
result<void> check_forwarding(const forwarding_key& key);
result<void> check_neighbour(const neighbour_key& key, const mac_address& mac);
result<void> check_association(const association_key& key, const association& parameters);

/// All of the above for everything that is to be added or replaced.
result<void> check_each(const delta::upsert_lists& upserts);

/// Checks everything in a state and that its references are closed: ports, members, forwarding entries and
/// neighbours name overlays that exist, members name VTEPs that exist, a forwarding entry's target is a
/// member of its overlay or a port of it, an association's VTEP exists and (waggle) is a member of an overlay
/// of that encryption. At most one outbound association for a purpose is active. The first fault found is
/// reported.
result<void> check(const state& whole);

/// Checks that `change` fits `base`: each value passes by itself, what it removes exists, and what comes out
/// passes check(). Costs as much as a copy of `base`; tracked_state does the same at the cost of the change.
result<void> validate(const state& base, const delta& change);

}  // namespace waggle::api
