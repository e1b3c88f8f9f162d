#pragma once

namespace waggle {

class dataplane;
class main_lcore_calls;

/// Adds /waggle/counters, /waggle/overlays and /waggle/ports to DPDK's telemetry socket. Both live as long as
/// the object; one a process.
class telemetry_commands {
public:
    telemetry_commands(dataplane& shown, main_lcore_calls& calls);
    ~telemetry_commands();
    telemetry_commands(const telemetry_commands&) = delete;
    telemetry_commands& operator=(const telemetry_commands&) = delete;
};

}  // namespace waggle
