#include "dataplane/port/memif_gate.hh"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <poll.h>

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "dataplane/port/system_error.hh"

namespace waggle {
namespace {

/// Control messages of memif start with a 16-bit type; CONNECTED ends the handshake.
constexpr std::uint16_t connected_message = 7;
constexpr std::size_t message_limit = 256;
constexpr std::size_t descriptor_limit = 8;

sockaddr_un place_of(const std::string& path) {
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    path.copy(place.sun_path, sizeof place.sun_path - 1);
    return place;
}

file_descriptor connect_to(const std::string& path) {
    file_descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    const sockaddr_un place = place_of(path);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0) socket.reset();
    return socket;
}

/// Passes one message with its descriptors on. Returns its type; -1 at the end of the connection.
int relay(const file_descriptor& from, const file_descriptor& to) {
    std::array<std::uint8_t, message_limit> bytes;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(descriptor_limit * sizeof(int))> control;
    iovec part{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t length = ::recvmsg(from.get(), &message, MSG_CMSG_CLOEXEC);
    if (length < static_cast<ssize_t>(sizeof(std::uint16_t))) return -1;
    std::array<file_descriptor, descriptor_limit> passed;
    std::size_t count = 0;
    for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr; item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
        for (std::size_t at = CMSG_LEN(0); at + sizeof(int) <= item->cmsg_len && count < passed.size();
             at += sizeof(int)) {
            int number = -1;
            std::memcpy(&number, reinterpret_cast<const char*>(item) + at, sizeof number);
            passed[count++] = file_descriptor(number);
        }
    }
    part.iov_len = static_cast<std::size_t>(length);
    if (message.msg_controllen == 0) message.msg_control = nullptr;
    message.msg_flags = 0;
    if (::sendmsg(to.get(), &message, MSG_NOSIGNAL) != length) return -1;
    std::uint16_t type = 0;
    std::memcpy(&type, bytes.data(), sizeof type);
    return type;
}

}  // namespace

result<std::unique_ptr<memif_gate>> memif_gate::open(options wanted) {
    file_descriptor listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    file_descriptor stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const sockaddr_un place = place_of(wanted.socket);
    if (!listener || !stop) return system_error("cannot open a socket for memif clients");
    if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0 ||
        ::listen(listener.get(), 8) != 0)
        return system_error("cannot listen for memif clients on " + wanted.socket);
    return std::unique_ptr<memif_gate>(
        new memif_gate(std::move(wanted), std::move(listener), std::move(stop)));
}

memif_gate::memif_gate(options wanted, file_descriptor listener, file_descriptor stop)
    : _options(std::move(wanted)),
      _listener(std::move(listener)),
      _stop(std::move(stop)),
      _places(std::size_t{2} * _options.queues),
      _thread([this] { run(); }) {
}

memif_gate::~memif_gate() {
    const std::uint64_t one = 1;
    (void)!::write(_stop.get(), &one, sizeof one);
    _thread.join();
    ::unlink(_options.socket.c_str());
}

bool memif_gate::is_stopping() const {
    pollfd stop{_stop.get(), POLLIN, 0};
    return ::poll(&stop, 1, 0) > 0;
}

void memif_gate::run() {
    while (!is_stopping()) {
        std::array<pollfd, 2> waiting{{{_listener.get(), POLLIN, 0}, {_stop.get(), POLLIN, 0}}};
        if (::poll(waiting.data(), waiting.size(), -1) < 0 || (waiting[0].revents & POLLIN) == 0) continue;
        const file_descriptor client(::accept4(_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (client) serve(client);
    }
}

void memif_gate::serve(const file_descriptor& client) {
    {
        const file_descriptor driver = connect_to(_options.driver_socket);
        if (!driver) return;
        std::array<pollfd, 3> waiting{
            {{client.get(), POLLIN, 0}, {driver.get(), POLLIN, 0}, {_stop.get(), POLLIN, 0}}};
        for (bool standing = true; standing;) {
            if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
            if (waiting[2].revents != 0) break;
            if (waiting[1].revents != 0) {
                const int type = relay(driver, client);
                standing = type >= 0;
                if (type == connected_message) {
                    _open.store(true, std::memory_order_seq_cst);
                    _options.on_change(true);
                }
            } else if (waiting[0].revents != 0) {
                // An established connection has nothing to say but its end.
                standing = !is_open() && relay(client, driver) >= 0;
            }
        }
        close_to_workers();
    }
    // The driver learns it from the closed socket; the next client must find it ready.
    wait_until_disconnected();
}

void memif_gate::close_to_workers() {
    if (!_open.exchange(false, std::memory_order_seq_cst)) return;
    for (const worker_place& place : _places)
        while (place.inside.load(std::memory_order_seq_cst)) std::this_thread::yield();
    _options.on_change(false);
}

void memif_gate::wait_until_disconnected() const {
    constexpr int patience_milliseconds = 2000;
    for (int i = 0; i < patience_milliseconds && _options.is_connected(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace waggle
