#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "common/result.hh"
#include "control/gossip/core/gossip_core.hh"
#include "control/gossip/keyring/keyring.hh"

namespace waggle::gossip {

/// Where to listen and what strangers can make this host hold.
struct transport_settings {
    /// Also the source of everything that is sent: peers know this host by it.
    ip_endpoint listen;
    std::size_t inbound_streams = 128;
    std::size_t inbound_streams_of_one_address = 32;
    std::size_t outbound_streams = 128;
    /// Of all streams together, before they are opened.
    std::size_t buffered_bytes = std::size_t{96} << 20;
    /// For a peer's stream: without a byte, and in all.
    duration stream_idle = std::chrono::seconds(10);
    duration stream_total = std::chrono::seconds(60);
    /// The time between two lines about the same kind of trouble.
    duration complaint_interval = std::chrono::minutes(1);
};

/// What went over the wire, sealed, and what was refused. Written by the transport's thread, read by any.
struct transport_counters {
    using counter = std::atomic<std::uint64_t>;
    counter packets_received{0};
    counter packet_bytes_received{0};
    counter packets_sent{0};
    counter packet_bytes_sent{0};
    /// The kernel did not take them.
    counter packets_unsent{0};
    counter streams_accepted{0};
    counter streams_opened{0};
    counter stream_bytes_received{0};
    counter stream_bytes_sent{0};
    counter wrong_key{0};
    counter not_sealed{0};
    /// Opened, but not what it should be.
    counter malformed{0};
    /// Peers' streams beyond a limit or too slow.
    counter streams_refused{0};
};

/// Runs a protocol core on UDP and TCP: a thread of its own with sockets, clock and keys. Every call of the
/// core happens on that thread.
class transport {
public:
    /// Binds both sockets. `core` and what `log` uses outlive the transport; `log` is called on its thread.
    static result<std::unique_ptr<transport>> open(transport_settings settings, keyring keys,
                                                   gossip_core& core, std::function<void(const notice&)> log);
    /// Ends the thread; streams break.
    ~transport();
    transport(const transport&) = delete;
    transport& operator=(const transport&) = delete;

    /// Starts the thread; `first` is its first work on the core.
    void start(std::function<void(time_point now)> first);
    /// Has the thread do something with the core and then carry out its effects. From any thread.
    void post(std::function<void(time_point now)> work);
    /// Replaces the keys for everything that comes and goes from then on. From any thread.
    void set_keys(keyring keys);
    /// Ends the thread; nothing is called after it. From any thread but its own.
    void stop();

    const transport_counters& counters() const;
    /// Where it really listens: with port 0 in the settings, the kernel chose one.
    ip_endpoint listening() const;

    /// The inside, known to the transport's own files only.
    class worker;

private:
    explicit transport(std::unique_ptr<worker> made);
    std::unique_ptr<worker> _worker;
};

/// The process's monotonic clock as the cores know it.
time_point monotonic_now();

}  // namespace waggle::gossip
