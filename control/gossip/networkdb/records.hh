#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ip_address.hh"
#include "common/ip_prefix.hh"
#include "common/mac_address.hh"
#include "common/result.hh"

/// Values of the entries of the tables that Docker's overlay driver and resolver keep in NetworkDB.
namespace waggle::networkdb {

inline constexpr const char* overlay_peer_table = "overlay_peer_table";
inline constexpr const char* endpoint_table = "endpoint_table";
/// Tables of our own; stock engines carry them and do not look at them.
inline constexpr const char* host_table = "waggle_host_table";
inline constexpr const char* claim_table = "waggle_claim_table";

/// Where an address of an overlay lives.
struct peer_record {
    /// With the subnet's prefix length.
    ip_prefix address;
    mac_address mac;
    ip_address vtep;
    friend bool operator==(const peer_record&, const peer_record&) = default;
};

std::string encode(const peer_record& record);
/// Fails on what the newest engines refuse too (29: everything must parse), and on a MAC, address or VTEP
/// that no packet could carry. Older engines are as strict when they write.
result<peer_record> decode_peer_record(std::string_view value);

struct published_port {
    std::string name;
    /// 0 TCP, 1 UDP, 2 SCTP.
    std::int32_t protocol = 0;
    std::uint32_t target = 0;
    std::uint32_t published = 0;
    friend bool operator==(const published_port&, const published_port&) = default;
};

/// How an endpoint is called.
struct endpoint_record {
    std::string name;
    std::string service_name;
    std::string service_id;
    /// Absent on the wire: the text "<nil>".
    std::optional<ip_address> virtual_ip;
    ip_address address;
    std::vector<published_port> ingress_ports;
    std::vector<std::string> aliases;
    std::vector<std::string> task_aliases;
    /// The task is about to end.
    bool service_disabled = false;
    friend bool operator==(const endpoint_record&, const endpoint_record&) = default;
};

std::string encode(const endpoint_record& record);
/// Fails, as stock engines do, on an empty name and on an address that does not parse; a virtual IP that does
/// not parse means there is none.
result<endpoint_record> decode_endpoint_record(std::string_view value);

/// What a Waggle host tells the other Waggle hosts of a network.
struct host_record {
    /// Its name in its own configuration.
    std::string name;
    std::optional<ip_address> vtep_v4;
    std::optional<ip_address> vtep_v6;
    /// For the key exchange of an encrypted overlay; authenticated in itself. Empty: not encrypted.
    std::string key_announcement;
    friend bool operator==(const host_record&, const host_record&) = default;
};

std::string encode(const host_record& record);
/// Fails on a name that no configuration can have, and on addresses that do not parse or of which there is
/// none.
result<host_record> decode_host_record(std::string_view value);

/// An address that a host is about to use, and for which of its endpoints.
struct claim_record {
    ip_address address;
    std::string endpoint;
    friend bool operator==(const claim_record&, const claim_record&) = default;
};

std::string encode(const claim_record& record);
result<claim_record> decode_claim_record(std::string_view value);

}  // namespace waggle::networkdb
