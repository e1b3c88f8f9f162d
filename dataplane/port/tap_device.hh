#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/mac_address.hh"
#include "common/result.hh"
#include "dataplane/port/file_descriptor.hh"

namespace waggle {

struct tap_options {
    std::string interface;
    /// Path of the namespace that gets the interface; empty: this process's own.
    std::string network_namespace = {};
    std::uint16_t mtu = 1500;
    unsigned queues = 1;
    /// Let the kernel hand over frames with checksum and segmentation left to do.
    bool offloads = true;
    /// Given: set on the interface.
    std::optional<mac_address> mac = {};
    /// The host keeps silent on it: no IPv6 addresses, no router solicitations.
    bool silent = true;
};

/// A kernel TAP interface with its queues open, up and persistent: links stacked on it (macvlan) survive the
/// death of this process, and the next start adopts it by name.
class tap_device {
public:
    static result<tap_device> open(const tap_options& options);
    /// Leaves the interface as it is; only remove() takes it away.
    ~tap_device() = default;
    tap_device(tap_device&&) noexcept = default;
    tap_device& operator=(tap_device&&) noexcept = default;

    /// Fewer than asked for if the kernel or an adopted interface has one queue only.
    unsigned queues() const { return static_cast<unsigned>(_queues.size()); }
    int queue(unsigned number) const { return _queues[number].get(); }
    result<void> set_mtu(std::uint16_t mtu);
    /// True unless somebody deleted the interface.
    bool exists() const;
    /// Closes the queues; the interface vanishes with the last of them.
    void remove();

private:
    tap_device(tap_options options, std::vector<file_descriptor> queues)
        : _options(std::move(options)), _queues(std::move(queues)) {}

    tap_options _options;
    std::vector<file_descriptor> _queues;
};

}  // namespace waggle
