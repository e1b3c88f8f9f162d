#include "dataplane/port/tap_device.hh"

#include <fcntl.h>

#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "dataplane/packet/virtio_net_header.hh"
#include "dataplane/port/interface.hh"
#include "dataplane/port/network_namespace.hh"
#include "dataplane/port/system_error.hh"

namespace waggle {
namespace {

result<file_descriptor> open_queue(const tap_options& options, bool multi_queue) {
    file_descriptor queue(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!queue) return system_error("cannot open /dev/net/tun (is the tun module loaded?)");
    ifreq request{};
    options.interface.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_flags =
        static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (multi_queue ? IFF_MULTI_QUEUE : 0));
    if (::ioctl(queue.get(), TUNSETIFF, &request) != 0) {
        const int reason = errno;
        error failure = system_error("cannot open the TAP " + options.interface, reason);
        if (reason == EBUSY) failure.message += " (another process has it open)";
        if (reason == EINVAL)
            failure.message +=
                " (an interface of another kind has this name: remove it or choose another name)";
        return failure;
    }
    int header = sizeof(virtio_net_header);
    // Segmentation with ECN too; not of UDP, which needs constants that older kernels refuse.
    const unsigned offloads = options.offloads ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN : 0;
    if (::ioctl(queue.get(), TUNSETVNETHDRSZ, &header) != 0 ||
        ::ioctl(queue.get(), TUNSETOFFLOAD, offloads) != 0)
        return system_error("cannot set up the TAP " + options.interface);
    return queue;
}

/// All queues, or the only one that there can be.
result<std::vector<file_descriptor>> open_queues(const tap_options& options) {
    std::vector<file_descriptor> queues;
    for (unsigned i = 0; i < options.queues; ++i) {
        result<file_descriptor> queue = open_queue(options, true);
        // An interface that was made with one queue is adopted as it is.
        if (!queue && i == 0) {
            result<file_descriptor> single = open_queue(options, false);
            if (!single) return queue.failure();
            queues.push_back(*std::move(single));
            break;
        }
        if (!queue) return queue.failure();
        queues.push_back(*std::move(queue));
    }
    return queues;
}

result<void> set_up(const tap_options& options) {
    if (options.silent)
        if (result<void> done = silence_ipv6(options.interface); !done) return done;
    if (options.mac)
        if (result<void> done = set_interface_mac(options.interface, *options.mac); !done) return done;
    if (result<void> done = set_interface_mtu(options.interface, options.mtu); !done) return done;
    return set_interface_up(options.interface);
}

}  // namespace

result<tap_device> tap_device::open(const tap_options& options) {
    if (options.interface.empty() || options.interface.size() >= IFNAMSIZ)
        return error{"\"" + options.interface + "\" is no interface name: 1 to 15 characters"};
    const result<namespace_visit> visit = namespace_visit::enter(options.network_namespace);
    if (!visit) return visit.failure();
    result<std::vector<file_descriptor>> queues = open_queues(options);
    if (!queues) return queues.failure();
    // Until it is persistent, an interface that could not be set up vanishes with its queues.
    if (result<void> done = set_up(options); !done) return done.failure();
    if (::ioctl(queues->front().get(), TUNSETPERSIST, 1) != 0)
        return system_error("cannot make the TAP " + options.interface + " persistent");
    return tap_device(options, *std::move(queues));
}

result<void> tap_device::set_mtu(std::uint16_t mtu) {
    const result<namespace_visit> visit = namespace_visit::enter(_options.network_namespace);
    if (!visit) return visit.failure();
    if (result<void> done = set_interface_mtu(_options.interface, mtu); !done) return done;
    _options.mtu = mtu;
    return {};
}

bool tap_device::exists() const {
    ifreq request{};
    return !_queues.empty() && ::ioctl(_queues.front().get(), TUNGETIFF, &request) == 0;
}

void tap_device::remove() {
    if (!_queues.empty()) ::ioctl(_queues.front().get(), TUNSETPERSIST, 0);
    _queues.clear();
}

}  // namespace waggle
