#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/api/state.hh"

/// What the dataplane tells of itself to readers, as plain values.
namespace waggle::api {

struct worker_report {
    unsigned worker = 0;
    /// CPU it runs on.
    unsigned cpu = 0;
    /// Share of its time spent on packets since the last second or so, 0 to 1.
    double busy = 0;
};

struct status_report {
    std::string node;
    std::string version;
    /// Random for each start of the dataplane.
    std::uint64_t instance = 0;
    std::uint64_t uptime_seconds = 0;
    /// Generation of the state that is in force; 0: none was received yet.
    std::uint64_t applied_generation = 0;
    /// True while an owner (control) is connected.
    bool owned = false;
    std::vector<worker_report> workers;
    /// Packet buffers.
    std::uint64_t buffers_in_use = 0;
    std::uint64_t buffers_total = 0;
    /// Memory of packets and tables, bytes.
    std::uint64_t memory_used = 0;
    std::uint64_t memory_total = 0;
    bool hugepages = false;
    /// Entries in the applied state.
    std::uint64_t ports = 0;
    std::uint64_t overlays = 0;
    std::uint64_t vteps = 0;
    std::uint64_t members = 0;
    std::uint64_t forwarding = 0;
    std::uint64_t neighbours = 0;
    std::uint64_t associations = 0;
};

enum class port_role : std::uint8_t { access, underlay, exception };

struct port_report {
    std::string name;
    /// "tap", "packet" or "ethdev".
    std::string kind;
    port_role role = port_role::access;
    /// Access ports only.
    std::optional<vni> overlay = {};
    /// Largest frame after the Ethernet header.
    std::uint16_t mtu = 0;
    bool up = false;
    std::uint64_t received_packets = 0;
    std::uint64_t received_bytes = 0;
    std::uint64_t sent_packets = 0;
    std::uint64_t sent_bytes = 0;
    std::uint64_t receive_errors = 0;
    std::uint64_t send_errors = 0;
    /// Of the sent packets, those that the kernel took several in one piece.
    std::uint64_t joined_packets = 0;
    friend bool operator==(const port_report&, const port_report&) = default;
};

struct overlay_report {
    vni id;
    overlay parameters;
    std::uint64_t ports = 0;
    std::uint64_t members = 0;
    friend bool operator==(const overlay_report&, const overlay_report&) = default;
};

struct vtep_report {
    ip_address address;
    vtep parameters;
    /// Overlays it takes part in.
    std::vector<vni> overlays;
    friend bool operator==(const vtep_report&, const vtep_report&) = default;
};

struct forwarding_report {
    forwarding_key key{};
    forwarding_target target;
    friend bool operator==(const forwarding_report&, const forwarding_report&) = default;
};

struct neighbour_report {
    neighbour_key key;
    mac_address mac;
    friend bool operator==(const neighbour_report&, const neighbour_report&) = default;
};

/// Packets that one security association dropped for one reason.
struct association_error {
    std::string name;
    std::string description;
    std::uint64_t count = 0;
    friend bool operator==(const association_error&, const association_error&) = default;
};

struct association_report {
    association_key key;
    /// Without keying material, which no reader gets.
    association parameters;
    /// secret::fingerprint() of the keying material.
    std::string fingerprint;
    /// Since this life of the association began.
    std::uint64_t age_seconds = 0;
    /// Since the last packet; absent: none yet.
    std::optional<std::uint64_t> idle_seconds = {};
    /// Packets and inner bytes that were sealed, or opened.
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    /// Highest sequence number sent, or seen.
    std::uint64_t sequence = 0;
    /// Share of the sequence numbers that is used up, 0 to 1.
    double sequence_used = 0;
    /// Those that are not zero.
    std::vector<association_error> errors = {};
    friend bool operator==(const association_report&, const association_report&) = default;
};

/// One counter that is not zero.
struct counter_report {
    /// Absent: counted before the overlay was known.
    std::optional<vni> overlay = {};
    unsigned worker = 0;
    std::string name;
    std::string description;
    /// True if it counts dropped packets.
    bool drop = false;
    std::uint64_t value = 0;
    friend bool operator==(const counter_report&, const counter_report&) = default;
};

/// Something that happened by itself.
struct event {
    enum class kind : std::uint8_t {
        port_up,
        port_down,
        /// 90 % of an outbound security association's sequence numbers are used: replace it.
        sequence_nearly_used,
        /// None is left: it sends nothing any more.
        sequence_used_up,
    };
    kind what = kind::port_up;
    /// Of port_*.
    std::string port = {};
    /// Of sequence_*.
    std::optional<association_key> association = {};
    friend bool operator==(const event&, const event&) = default;
};

}  // namespace waggle::api
