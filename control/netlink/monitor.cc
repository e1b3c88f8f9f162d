#include "control/netlink/monitor.hh"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <libmnl/libmnl.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace waggle::netlink {

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;
/// After so many datagrams others on the io_context get their turn.
constexpr int datagrams_per_turn = 512;

int open_subscribed(const monitor::subscription& to, int queue_bytes) {
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    auto failed = [fd] {
        const int code = errno;
        close(fd);
        return -code;
    };
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue_bytes, sizeof queue_bytes);
    const sockaddr_nl any{AF_NETLINK, 0, 0, 0};
    if (bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) return failed();
    const int on = 1;
    if (to.all_numbered_namespaces &&
        setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof on) != 0) {
        return failed();
    }
    for (const unsigned group : to.groups)
        if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0) return failed();
    return fd;
}

std::optional<std::int32_t> namespace_of(msghdr& envelope) {
    for (cmsghdr* control = CMSG_FIRSTHDR(&envelope); control != nullptr;
         control = CMSG_NXTHDR(&envelope, control)) {
        if (control->cmsg_level != SOL_NETLINK || control->cmsg_type != NETLINK_LISTEN_ALL_NSID) continue;
        std::int32_t id = -1;
        std::memcpy(&id, CMSG_DATA(control), sizeof id);
        if (id >= 0) return id;
    }
    return std::nullopt;
}

}  // namespace

result<std::unique_ptr<monitor>> monitor::open(boost::asio::io_context& context, const subscription& to,
                                               const network_namespace* where, int queue_bytes) {
    int fd = -1;
    if (where == nullptr) {
        fd = open_subscribed(to, queue_bytes);
    } else if (auto ran = run_in_namespace(*where, [&] { fd = open_subscribed(to, queue_bytes); }); !ran) {
        return ran.failure();
    }
    if (fd < 0) return error{std::string("subscribe to rtnetlink: ") + std::strerror(-fd)};
    return std::unique_ptr<monitor>(new monitor(context, fd));
}

monitor::monitor(boost::asio::io_context& context, int fd) : _descriptor(context, fd), _buffer(buffer_bytes) {
}

void monitor::start(handlers how) {
    _handlers = std::move(how);
    wait();
}

void monitor::wait() {
    _descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this](const boost::system::error_code& failure) {
                               // Only our own destruction cancels the wait; nothing of us is left then.
                               if (failure) return;
                               drain();
                           });
}

void monitor::drain() {
    for (int i = 0; i < datagrams_per_turn; ++i) {
        iovec piece{_buffer.data(), _buffer.size()};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::int32_t)) * 2> control{};
        msghdr envelope{};
        sockaddr_nl sender{};
        envelope.msg_name = &sender;
        envelope.msg_namelen = sizeof sender;
        envelope.msg_iov = &piece;
        envelope.msg_iovlen = 1;
        envelope.msg_control = control.data();
        envelope.msg_controllen = control.size();
        const ssize_t got = recvmsg(_descriptor.native_handle(), &envelope, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            if (errno == ENOBUFS) {
                if (_handlers.on_lost) _handlers.on_lost();
                continue;
            }
            break;
        }
        // Anyone may send to us; only the kernel is believed.
        if (sender.nl_pid != 0) continue;
        const bool whole = (envelope.msg_flags & MSG_TRUNC) == 0 &&
                           deliver({_buffer.data(), static_cast<std::size_t>(got)}, namespace_of(envelope));
        if (!whole && _handlers.on_lost) _handlers.on_lost();
    }
    if (_handlers.on_drained) _handlers.on_drained();
    wait();
}

bool monitor::deliver(std::span<char> datagram, std::optional<std::int32_t> from) {
    int left = static_cast<int>(datagram.size());
    const auto* message = reinterpret_cast<const nlmsghdr*>(datagram.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
        if (message->nlmsg_type == NLMSG_OVERRUN) return false;
        if (_handlers.on_message) _handlers.on_message(*message, from);
    }
    return true;
}

}  // namespace waggle::netlink
