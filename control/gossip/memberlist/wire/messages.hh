#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "common/result.hh"
#include "control/gossip/core/bytes.hh"
#include "control/gossip/core/ip_endpoint.hh"
#include "control/gossip/memberlist/member.hh"

namespace waggle::gossip::wire {

/// The first byte of every message, in datagrams and streams.
enum class message_type : std::uint8_t {
    ping = 0,
    indirect_ping = 1,
    ack = 2,
    suspect = 3,
    alive = 4,
    dead = 5,
    push_pull = 6,
    compound = 7,
    user = 8,
    compress = 9,
    encrypt = 10,
    nack = 11,
    has_crc = 12,
    err = 13,
};

/// What a peer's message may hold.
inline constexpr std::size_t name_limit = 255;
inline constexpr std::size_t meta_limit = 512;
inline constexpr std::size_t payload_limit = 1024;

/// Decoding takes the body after the type byte; unknown fields are skipped, missing ones are zero. Encoding
/// includes the type byte; fields stand in the order in which stock engines send them.
struct ping {
    std::uint32_t sequence = 0;
    /// Whom it is meant for; empty: whoever gets it.
    std::string node;
    /// Where the answer goes; absent (port 0): to where the datagram came from.
    ip_endpoint source;
    std::string source_node;

    bytes encode() const;
    static result<ping> decode(byte_view body);
    friend bool operator==(const ping&, const ping&) = default;
};

struct indirect_ping {
    std::uint32_t sequence = 0;
    ip_endpoint target;
    std::string node;
    /// Tell if there is no answer from the target.
    bool wants_nack = false;
    ip_endpoint source;
    std::string source_node;

    bytes encode() const;
    static result<indirect_ping> decode(byte_view body);
    friend bool operator==(const indirect_ping&, const indirect_ping&) = default;
};

struct ack {
    std::uint32_t sequence = 0;
    bytes payload;

    bytes encode() const;
    static result<ack> decode(byte_view body);
    friend bool operator==(const ack&, const ack&) = default;
};

struct nack {
    std::uint32_t sequence = 0;

    bytes encode() const;
    static result<nack> decode(byte_view body);
    friend bool operator==(const nack&, const nack&) = default;
};

/// The body of suspect and dead: `from` accuses `node`; a dead message from the node itself means it leaves.
struct accusation {
    std::uint32_t incarnation = 0;
    std::string node;
    std::string from;

    bytes encode(message_type as) const;
    static result<accusation> decode(byte_view body);
    friend bool operator==(const accusation&, const accusation&) = default;
};

struct alive {
    std::uint32_t incarnation = 0;
    std::string node;
    ip_endpoint address;
    bytes meta;
    /// Minimum, maximum and spoken version of the protocol, then of the delegate.
    std::array<std::uint8_t, 6> versions{};

    bytes encode() const;
    static result<alive> decode(byte_view body);
    friend bool operator==(const alive&, const alive&) = default;
};

/// The body of err: why a peer gave up a stream.
result<std::string> decode_err(byte_view body);
bytes encode_err(std::string_view why);

}  // namespace waggle::gossip::wire
