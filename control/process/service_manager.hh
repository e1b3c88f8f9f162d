#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace waggle::control {

/// Tells systemd how the process fares; does nothing when systemd did not start it. Feeds the watchdog from
/// the io_context: a loop that hangs is noticed.
class service_manager {
public:
    explicit service_manager(boost::asio::io_context& context);
    void ready();
    void reloading();
    void stopping();

private:
    void feed_watchdog();
    boost::asio::steady_timer _watchdog;
    std::chrono::microseconds _interval{0};
};

}  // namespace waggle::control
