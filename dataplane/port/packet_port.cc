#include "dataplane/port/packet_port.hh"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>

#include <linux/if_packet.h>
#include <sys/socket.h>

#include "dataplane/port/datagram_run.hh"
#include "dataplane/port/interface.hh"
#include "dataplane/port/landing_buffer.hh"
#include "dataplane/port/packet_socket.hh"
#include "dataplane/port/vnet_frame.hh"

namespace waggle {
namespace {

/// Messages a system call: their buffers are reserved per queue.
constexpr unsigned batch_size = 32;

/// No room, or no interface: the rest of the burst would fare no better.
bool ends_burst(int reason) {
    return reason == EAGAIN || reason == ENOBUFS || reason == ENOMEM || reason == ENETDOWN ||
           reason == ENXIO || reason == ENODEV;
}

}  // namespace

/// Buffers in which the kernel puts the next frames.
class packet_port::receive_batch {
public:
    /// How many of `wanted` messages have buffers.
    unsigned prepare(const packet_pools& pools, unsigned wanted) {
        unsigned ready = 0;
        for (; ready < wanted && _landings[ready].prepare(pools); ++ready) {
            iovec frame_parts[2];
            _landings[ready].describe(frame_parts);
            _parts[ready] = {iovec{&_headers[ready], sizeof(virtio_net_header)}, frame_parts[0],
                             frame_parts[1]};
            _messages[ready] = {};
            _messages[ready].msg_hdr.msg_iov = _parts[ready].data();
            _messages[ready].msg_hdr.msg_iovlen = _parts[ready].size();
        }
        return ready;
    }
    mmsghdr* messages() { return _messages.data(); }
    bool is_too_long(unsigned message) const {
        return (_messages[message].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    }
    /// Null for a message without a frame.
    rte_mbuf* take(unsigned message) {
        if (_messages[message].msg_len <= sizeof(virtio_net_header)) return nullptr;
        rte_mbuf* frame = _landings[message].take(
            static_cast<unsigned>(_messages[message].msg_len - sizeof(virtio_net_header)));
        take_over_offload(_headers[message], frame);
        return frame;
    }

private:
    std::array<landing_buffer, batch_size> _landings;
    std::array<virtio_net_header, batch_size> _headers;
    std::array<std::array<iovec, 3>, batch_size> _parts;
    std::array<mmsghdr, batch_size> _messages;
};

/// Frames as messages: a run of datagrams of one flow is one.
class packet_port::send_batch {
public:
    /// Takes frames from the first on, as many as there is room for; returns the number of messages.
    /// Frames above `largest_frame` bytes are sent on their own.
    unsigned fill(rte_mbuf** frames, unsigned count, unsigned largest_frame) {
        unsigned part = 0;
        unsigned message = 0;
        for (; count != 0 && message < batch_size; ++message) {
            const datagram_run run = find_datagram_run(frames, count, largest_frame);
            if (part + run.frames + 2 > _parts.size()) break;
            iovec* const parts = &_parts[part];
            const unsigned used = describe(run, frames, _headers[message], parts);
            _messages[message] = {};
            _messages[message].msg_hdr.msg_iov = parts;
            _messages[message].msg_hdr.msg_iovlen = used;
            _frames[message] = run.frames;
            part += used;
            frames += run.frames;
            count -= run.frames;
        }
        return message;
    }
    mmsghdr* messages() { return _messages.data(); }
    unsigned frames_of(unsigned message) const { return _frames[message]; }

private:
    static unsigned describe(const datagram_run& run, rte_mbuf** frames, datagram_run_headers& headers,
                             iovec* parts) {
        if (run.frames > 1) return describe_datagram_run(run, frames, headers, parts);
        headers.virtio = header_for(frames[0]);
        parts[0] = {&headers.virtio, sizeof headers.virtio};
        parts[1] = {rte_pktmbuf_mtod(frames[0], void*), rte_pktmbuf_data_len(frames[0])};
        return 2;
    }

    /// A burst of 64 frames needs no more, however it falls into runs.
    std::array<iovec, 2 * batch_size + longest_datagram_run> _parts;
    std::array<datagram_run_headers, batch_size> _headers;
    std::array<mmsghdr, batch_size> _messages;
    std::array<unsigned, batch_size> _frames;
};

result<std::unique_ptr<packet_port>> packet_port::open(const std::string& name, const std::string& interface,
                                                       unsigned queues, const vxlan_filter_options& filter,
                                                       const packet_pools& pools) {
    result<std::vector<file_descriptor>> sockets = open_packet_sockets(interface, queues, filter);
    if (!sockets) return sockets.failure();
    return std::unique_ptr<packet_port>(new packet_port(name, interface, filter, pools, *std::move(sockets)));
}

packet_port::packet_port(std::string name, std::string interface, const vxlan_filter_options& filter,
                         const packet_pools& pools, std::vector<file_descriptor> sockets)
    : _name(std::move(name)),
      _interface(std::move(interface)),
      _filter(filter),
      _pools(pools),
      _sockets(std::move(sockets)),
      _counters(_sockets.size()),
      _number(interface_number(_interface)),
      _mtu(interface_mtu(_interface).value_or(0)),
      _up(interface_is_running(_interface)) {
    for (std::size_t i = 0; i < _sockets.size(); ++i) _batches.push_back(std::make_unique<receive_batch>());
}

packet_port::~packet_port() = default;

port_statistics packet_port::statistics() const {
    port_statistics sum = sum_of(_counters);
    sum.receive_errors += _kernel_drops;
    return sum;
}

std::optional<std::string> packet_port::news() {
    const std::optional<int> refusal = _joining.news();
    if (!refusal) return std::nullopt;
    if (!_joining.has_worked())
        return _interface +
               ": this kernel takes no UDP segmentation from packet sockets (Linux 6.2 and later do): "
               "packets "
               "are sent one by one, which costs TCP throughput";
    return _interface + ": the kernel refused several datagrams in one piece (" +
           std::generic_category().message(*refusal) +
           "): packets are sent one by one, and in one piece again when it takes that";
}

bool packet_port::check() {
    read_kernel_drops();
    _joining.check();
    const unsigned number = interface_number(_interface);
    // Sockets of a removed interface stay dead when one of the same name comes back.
    const bool replaced = number != 0 && number != _number && reopen(number);
    if (const auto now = interface_mtu(_interface)) _mtu = *now;
    _up.store(number == _number && interface_is_running(_interface), std::memory_order_relaxed);
    return replaced;
}

result<void> packet_port::set_mtu(std::uint16_t) {
    return error{_interface + " belongs to the kernel: set its MTU there"};
}

result<void> packet_port::set_udp_port(std::uint16_t udp_port) {
    _filter.udp_port = udp_port;
    for (const file_descriptor& socket : _sockets)
        if (result<void> done = attach_filter(socket.get(), make_vxlan_filter(_filter)); !done)
            return std::move(done).context(_interface);
    return {};
}

bool packet_port::reopen(unsigned number) {
    result<std::vector<file_descriptor>> sockets = open_packet_sockets(_interface, receive_queues(), _filter);
    if (!sockets) return false;  // it may have gone again: the next check tries anew
    // Workers go on with the same descriptor numbers, atomically the new sockets from here on.
    for (std::size_t i = 0; i < _sockets.size(); ++i)
        if (::dup3((*sockets)[i].get(), _sockets[i].get(), O_CLOEXEC) < 0) return false;
    _number = number;
    _joining.reset();
    return true;
}

void packet_port::read_kernel_drops() {
    for (const file_descriptor& socket : _sockets) {
        tpacket_stats statistics{};
        socklen_t length = sizeof statistics;
        // Reading sets the kernel's counters back to zero.
        if (::getsockopt(socket.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &length) == 0)
            _kernel_drops += statistics.tp_drops;
    }
}

received packet_port::receive(unsigned queue, rte_mbuf** packets, unsigned capacity) {
    received got;
    queue_counters& counters = _counters[queue];
    receive_batch& batch = *_batches[queue];
    const unsigned ready = batch.prepare(_pools, std::min(capacity, batch_size));
    if (ready == 0) return got;  // without buffers frames wait in the kernel's queue
    const int messages = ::recvmmsg(_sockets[queue].get(), batch.messages(), ready, MSG_DONTWAIT, nullptr);
    if (messages < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ENETDOWN) counters.receive_errors.add(1);
        return got;
    }
    std::uint64_t bytes = 0;
    for (unsigned i = 0; i < static_cast<unsigned>(messages); ++i) {
        if (batch.is_too_long(i)) {
            ++got.too_long;
        } else if (rte_mbuf* frame = batch.take(i); frame != nullptr) {
            bytes += rte_pktmbuf_pkt_len(frame);
            packets[got.count++] = frame;
        }
    }
    counters.received_packets.add(got.count);
    counters.received_bytes.add(bytes);
    counters.receive_errors.add(got.too_long);
    return got;
}

transmitted packet_port::transmit(unsigned queue, rte_mbuf** packets, unsigned count) {
    send_batch batch;
    transmitted done;
    queue_counters& counters = _counters[queue];
    std::uint64_t bytes = 0;
    std::uint64_t joined = 0;
    const unsigned largest_frame = _mtu.load(std::memory_order_relaxed) + static_cast<unsigned>(l3_offset);
    while (done.taken < count) {
        const unsigned wanted =
            batch.fill(packets + done.taken, count - done.taken, _joining.is_on() ? largest_frame : 0);
        const int sent = ::sendmmsg(_sockets[queue].get(), batch.messages(), wanted, MSG_DONTWAIT);
        if (sent < 0) {
            if (ends_burst(errno)) break;
            if (batch.frames_of(0) > 1) {
                // The same again, one by one.
                _joining.refused(errno);
                continue;
            }
            // The kernel refused the first of them: longer than the MTU, or headers that make no sense to it.
            ++done.refused;
            ++done.taken;
            continue;
        }
        for (unsigned message = 0; message < static_cast<unsigned>(sent); ++message) {
            const unsigned frames = batch.frames_of(message);
            if (frames > 1) joined += frames;
            for (unsigned i = 0; i < frames; ++i) bytes += rte_pktmbuf_pkt_len(packets[done.taken + i]);
            done.taken += frames;
        }
    }
    if (joined != 0) _joining.worked();
    rte_pktmbuf_free_bulk(packets, done.taken);
    counters.sent_packets.add(done.taken - done.refused);
    counters.sent_bytes.add(bytes);
    counters.joined_packets.add(joined);
    counters.send_errors.add(done.refused);
    return done;
}

}  // namespace waggle
