#pragma once

#include <optional>

#include "config/config.hh"
#include "config/schema/scope.hh"
#include "config/yaml/cursor.hh"

/// Readers of what the file says of encryption; see sections.hh.
namespace waggle::config {

/// `node.docker_encryption`.
docker_encryption read_docker_encryption(const cursor& at);
/// `encryption` of an overlay.
std::optional<encryption> read_encryption(const cursor& at, const scope& known);
/// An entry of the swarm's `encryption`; nothing without a network.
std::optional<network_encryption> read_network_encryption(const cursor& at);
/// `esp_in_udp` of a peer.
esp_in_udp read_esp_in_udp(const cursor& at);

}  // namespace waggle::config
