#pragma once

#include <string>
#include <vector>

#include "config/config.hh"

namespace waggle::config {

/// An endpoint as an entry of `endpoints`, every key written out; parse_endpoint() gives the same back.
std::string write_endpoint(const endpoint& one);
/// A file with only `endpoints`, for load_endpoints().
std::string write_endpoints(const std::vector<endpoint>& endpoints);

}  // namespace waggle::config
