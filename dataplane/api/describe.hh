#pragma once

#include <cstdint>
#include <string>

#include "dataplane/api/state.hh"

/// How messages name the things of a state.
namespace waggle::api {

std::string describe_port(const std::string& name);
std::string describe_overlay(vni id);
std::string describe_vtep(const ip_address& address);
std::string describe(const member& named);
std::string describe(const forwarding_key& key);
std::string describe(const neighbour_key& key);
std::string describe(const association_key& key);
/// "1 member", "3 members".
std::string describe_count(std::uint64_t count, const std::string& singular, const std::string& plural);

}  // namespace waggle::api
