#pragma once

#include <optional>
#include <vector>

#include "config/config.hh"
#include "config/schema/scope.hh"
#include "config/yaml/cursor.hh"

/// Readers of the file's sections. Each reports its problems and goes on; what it returns is only meant for
/// use if nothing was reported. They run in this order, as each needs what the ones before put into `known`.
namespace waggle::config {

node read_node(const cursor& at, scope& known);
gossip read_gossip(const cursor& at, scope& known);
swarm read_swarm(const cursor& at, scope& known);
std::vector<overlay> read_overlays(const cursor& at, scope& known);
std::vector<peer> read_peers(const cursor& at, scope& known);
/// Endpoints with problems are left out.
std::vector<endpoint> read_endpoints(const cursor& at, scope& known);

/// Nothing after a problem.
std::optional<endpoint> read_endpoint(const cursor& at, scope& known);
/// read_endpoint() that leaves no claims behind after a problem: for endpoints that are accepted one by one.
std::optional<endpoint> try_endpoint(const cursor& at, scope& known);
/// `owner` has its addresses and overlay already.
std::optional<attachment> read_attachment(const cursor& at, const endpoint& owner, scope& known);
/// VTEP addresses of a node or peer: `vtep: {ipv4: ..., ipv6: ...}`; false after a problem.
bool read_vteps(const cursor& at, const std::string& owner, scope& known, std::optional<ip_address>& v4,
                std::optional<ip_address>& v6);

}  // namespace waggle::config
