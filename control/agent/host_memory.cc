#include "control/agent/host_memory.hh"

#include <sstream>

#include <spdlog/spdlog.h>

#include "control/overlay/durable_file.hh"

namespace waggle::control {

std::vector<gossip::ip_endpoint> host_memory::read(std::size_t most) {
    std::vector<gossip::ip_endpoint> hosts;
    auto text = read_file(_path);
    if (!text) return hosts;
    std::istringstream lines(*text);
    std::string address;
    unsigned port = 0;
    while (hosts.size() < most && lines >> address >> port)
        if (auto ip = ip_address::parse(address); ip && port > 0 && port <= 65535)
            hosts.push_back({*ip, static_cast<std::uint16_t>(port)});
    _written = _wanted = hosts;
    return hosts;
}

void host_memory::keep(const std::vector<gossip::ip_endpoint>& hosts, moment now) {
    _wanted = hosts;
    if (now < _next) return;
    if (_wanted != _written) _next = now + rest;
    flush();
}

void host_memory::flush() {
    if (_wanted == _written) return;
    std::string text;
    for (const gossip::ip_endpoint& each : _wanted)
        text += each.ip.to_string() + " " + std::to_string(each.port) + "\n";
    auto written = write_durably(_path, text);
    if (written)
        _written = _wanted;
    else if (!_told_failure)
        spdlog::warn("the hosts of the gossip can't be kept for the next start: {}",
                     written.failure().message);
    _told_failure = !written.ok();
}

void host_memory::forget() {
    _wanted.clear();
    _written.clear();
    if (auto removed = remove_durably(_path); !removed)
        spdlog::warn("the hosts of the gossip that was left can't be forgotten: {}",
                     removed.failure().message);
}

}  // namespace waggle::control
