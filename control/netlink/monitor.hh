#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <linux/netlink.h>

#include "common/result.hh"
#include "control/netlink/namespace.hh"

namespace waggle::netlink {

/// The kernel's announcements of changes (multicast groups of rtnetlink), delivered on an io_context.
/// Create, start and destroy it on the io_context's thread.
class monitor {
public:
    struct handlers {
        /// One announcement. `from` is the number of the namespace it comes from, absent for the socket's
        /// own; only monitors of all numbered namespaces hear others.
        std::function<void(const nlmsghdr&, std::optional<std::int32_t> from)> on_message;
        /// Announcements were lost (ENOBUFS): read everything anew.
        std::function<void()> on_lost;
        /// Nothing more is waiting: the moment to act on what came.
        std::function<void()> on_drained;
    };

    struct subscription {
        /// RTNLGRP_LINK, RTNLGRP_NEIGH, … .
        std::vector<unsigned> groups;
        /// Hear the namespaces too that the socket's namespace has a number for.
        bool all_numbered_namespaces = false;
    };

    static constexpr int default_queue_bytes = 8 * 1024 * 1024;

    /// Subscribes in `where`, or in the calling thread's namespace if null. What is not fetched in time waits
    /// in a queue of `queue_bytes`.
    static result<std::unique_ptr<monitor>> open(boost::asio::io_context& context, const subscription& to,
                                                 const network_namespace* where = nullptr,
                                                 int queue_bytes = default_queue_bytes);

    /// From here on the handlers are called. What came since open() comes first.
    void start(handlers how);

private:
    monitor(boost::asio::io_context& context, int fd);
    void wait();
    void drain();
    bool deliver(std::span<char> datagram, std::optional<std::int32_t> from);

    boost::asio::posix::stream_descriptor _descriptor;
    handlers _handlers;
    std::vector<char> _buffer;
};

}  // namespace waggle::netlink
