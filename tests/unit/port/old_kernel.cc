#include "tests/unit/port/old_kernel.hh"

#include <cerrno>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/syscall.h>

#include "dataplane/packet/virtio_net_header.hh"

namespace waggle {

std::atomic<bool> kernel_is_old{false};

namespace {

unsigned messages_before_segmentation(const mmsghdr* messages, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        const auto* header = static_cast<const virtio_net_header*>(messages[i].msg_hdr.msg_iov[0].iov_base);
        if (header->gso_type == virtio_net::gso_udp_segment) return i;
    }
    return count;
}

}  // namespace
}  // namespace waggle

/// Stands before the C library's.
extern "C" int sendmmsg(int socket, mmsghdr* messages, unsigned count, int flags) {
    if (waggle::kernel_is_old) {
        count = waggle::messages_before_segmentation(messages, count);
        if (count == 0) {
            errno = EINVAL;
            return -1;
        }
    }
    return static_cast<int>(::syscall(SYS_sendmmsg, socket, messages, count, flags));
}
