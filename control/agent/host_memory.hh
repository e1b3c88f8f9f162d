#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "control/gossip/core/ip_endpoint.hh"
#include "control/moment.hh"

namespace waggle::control {

/// Where the other hosts of the gossip were last, kept in the state directory for the next start.
class host_memory {
public:
    /// At least so much time lies between two writes, however often hosts come and go.
    static constexpr std::chrono::seconds rest{10};

    explicit host_memory(const std::string& state_directory) : _path(state_directory + "/gossip-hosts") {}

    /// Of an earlier life, at most `most`; what can't be read is as if it had never been written.
    std::vector<gossip::ip_endpoint> read(std::size_t most);
    /// Writes what differs from the last write, if that is long enough ago.
    void keep(const std::vector<gossip::ip_endpoint>& hosts, moment now);
    /// Writes what keep() left for later.
    void flush();
    /// For a host that does not come back to these: nothing is left of them.
    void forget();

private:
    std::string _path;
    std::vector<gossip::ip_endpoint> _wanted;
    std::vector<gossip::ip_endpoint> _written;
    moment _next{};
    bool _told_failure = false;
};

}  // namespace waggle::control
