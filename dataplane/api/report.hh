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
    forwarding_key key;
    forwarding_target target;
    friend bool operator==(const forwarding_report&, const forwarding_report&) = default;
};

struct neighbour_report {
    neighbour_key key;
    mac_address mac;
    friend bool operator==(const neighbour_report&, const neighbour_report&) = default;
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
    enum class kind : std::uint8_t { port_up, port_down };
    kind what = kind::port_up;
    std::string port;
    friend bool operator==(const event&, const event&) = default;
};

}  // namespace waggle::api
