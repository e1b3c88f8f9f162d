#include "control/process/service_manager.hh"

#include <cstdint>
#include <systemd/sd-daemon.h>

namespace waggle::control {

service_manager::service_manager(boost::asio::io_context& context) : _watchdog(context) {
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0) return;
    _interval = std::chrono::microseconds(microseconds / 3);
    feed_watchdog();
}

void service_manager::ready() {
    sd_notify(0, "READY=1");
}

void service_manager::reloading() {
    sd_notify(0, "RELOADING=1");
}

void service_manager::stopping() {
    sd_notify(0, "STOPPING=1");
}

void service_manager::feed_watchdog() {
    sd_notify(0, "WATCHDOG=1");
    _watchdog.expires_after(_interval);
    _watchdog.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) feed_watchdog();
    });
}

}  // namespace waggle::control
