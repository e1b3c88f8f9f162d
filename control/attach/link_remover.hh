#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/result.hh"
#include "control/attach/link_maker.hh"

namespace waggle::control {

/// Removes links and waits until they are gone. The kernel waits some 20 ms for each one, mostly idly:
/// several threads with a socket each wait at the same time. Links that are gone already count as removed;
/// the answer holds the other failures, in no order. `home`: what Waggle's namespace calls itself.
std::vector<error> remove_links(const std::string& waggle_namespace, std::int32_t home,
                                const std::vector<found_link>& unwanted);

}  // namespace waggle::control
