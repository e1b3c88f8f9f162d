#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <linux/filter.h>

#include "common/ip_address.hh"
#include "common/result.hh"

namespace waggle {

/// What of a NIC's traffic is ours.
struct vxlan_filter_options {
    std::optional<ip_address> vtep_v4 = {};
    std::optional<ip_address> vtep_v6 = {};
    std::uint16_t udp_port = 4789;
    /// Our port of ESP in UDP (RFC 3948); 0: none.
    std::uint16_t esp_udp_port = 0;
};

/// A classic BPF program over an Ethernet frame: takes untagged packets addressed to this host and to one of
/// its VTEP addresses that are ESP or UDP to the VXLAN port or that of ESP in UDP; nothing else (no IPv4
/// fragments either: those come reassembled).
std::vector<sock_filter> make_vxlan_filter(const vxlan_filter_options& options);
/// A program that takes nothing.
std::vector<sock_filter> make_drop_filter();
/// Attaches a program to a socket, in place of the one that it had.
result<void> attach_filter(int socket, std::vector<sock_filter> program);

}  // namespace waggle
