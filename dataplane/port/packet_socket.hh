#pragma once

#include <string>
#include <vector>

#include "common/result.hh"
#include "dataplane/port/file_descriptor.hh"
#include "dataplane/port/vxlan_filter.hh"

namespace waggle {

/// AF_PACKET sockets on one interface of this thread's namespace, in a fan-out group by flow: one a queue.
/// Each message is a virtio-net header and an Ethernet frame; only what the filter takes is received.
/// IPv4 fragments are put together by the kernel.
result<std::vector<file_descriptor>> open_packet_sockets(const std::string& interface, unsigned queues,
                                                         const vxlan_filter_options& filter);

/// Interface number, 0 if there is no such interface.
unsigned interface_number(const std::string& interface);

}  // namespace waggle
