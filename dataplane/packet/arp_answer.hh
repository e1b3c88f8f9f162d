#pragma once

#include <cstddef>
#include <cstdint>

#include "common/ip_address.hh"
#include "common/mac_address.hh"

namespace waggle {

/// What an ARP frame wants. `announcement`: sender and target address are the same (gratuitous request or
/// reply, RFC 5227 section 3); `probe`: sender address 0.0.0.0 (RFC 5227 section 2.1.1).
enum class arp_kind : std::uint8_t { malformed, request, probe, announcement, reply };

struct arp_message {
    arp_kind kind = arp_kind::malformed;
    /// Asked by a unicast frame: the sender checks a neighbour that it knows.
    bool unicast = false;
    mac_address sender_mac;
    ip_address sender;
    ip_address target;
};

/// Reads an ARP frame (EtherType already looked at) of `length` bytes. Malformed: too short, not IPv4 over
/// Ethernet, another operation than request or reply, a sender MAC that can't be answered.
arp_message classify_arp(const std::uint8_t* frame, std::size_t length);

/// Turns a request or probe (classify_arp said so) into its reply in place: "the target's MAC is `answer`",
/// from that MAC, unicast to the asker (RFC 826). Returns the reply's length.
std::size_t build_arp_reply(std::uint8_t* frame, const mac_address& answer);

}  // namespace waggle
