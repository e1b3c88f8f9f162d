#include "dataplane/port/tap_port.hh"

#include <cerrno>

#include <sys/uio.h>

#include "dataplane/port/landing_buffer.hh"
#include "dataplane/port/vnet_frame.hh"

namespace waggle {
namespace {

/// Mbufs of a frame; a burst has no more to merge.
constexpr int chain_limit = 64;

/// The rest of the burst would fare no better: leave it to the caller.
bool ends_burst(int reason) {
    return reason == EAGAIN || reason == EBADFD || reason == EIO || reason == ENOBUFS || reason == ENOMEM;
}

}  // namespace

result<std::unique_ptr<tap_port>> tap_port::open(const std::string& name, const tap_options& options,
                                                 const packet_pools& pools) {
    result<tap_device> device = tap_device::open(options);
    if (!device) return device.failure();
    return std::unique_ptr<tap_port>(new tap_port(name, options, pools, *std::move(device)));
}

tap_port::tap_port(std::string name, const tap_options& options, const packet_pools& pools, tap_device device)
    : _name(std::move(name)),
      _device(std::move(device)),
      _pools(pools),
      _counters(_device.queues()),
      _mtu(options.mtu),
      _offloads(options.offloads) {
}

tap_port::~tap_port() {
    _device.remove();
}

bool tap_port::check() {
    _up.store(_device.exists(), std::memory_order_relaxed);
    return false;
}

result<void> tap_port::set_mtu(std::uint16_t mtu) {
    if (result<void> done = _device.set_mtu(mtu); !done) return done;
    _mtu = mtu;
    return {};
}

received tap_port::receive(unsigned queue, rte_mbuf** packets, unsigned capacity) {
    received got;
    queue_counters& counters = _counters[queue];
    std::uint64_t bytes = 0;
    landing_buffer landing;
    virtio_net_header header;
    iovec parts[3] = {{&header, sizeof(virtio_net_header)}, {}, {}};
    // Without a buffer frames wait in the kernel's queue.
    while (got.count < capacity && landing.prepare(_pools)) {
        iovec frame_parts[2];
        landing.describe(frame_parts);
        parts[1] = frame_parts[0];
        parts[2] = frame_parts[1];
        const ssize_t length = ::readv(_device.queue(queue), parts, 3);
        if (length <= static_cast<ssize_t>(sizeof(virtio_net_header))) {
            if (length < 0 && errno != EAGAIN && errno != EINTR) counters.receive_errors.add(1);
            break;
        }
        const unsigned frame_length =
            static_cast<unsigned>(static_cast<std::size_t>(length) - sizeof(virtio_net_header));
        // The kernel cuts a longer frame to the buffer without a word.
        if (frame_length >= large_frame_capacity) {
            ++got.too_long;
            counters.receive_errors.add(1);
            continue;
        }
        rte_mbuf* frame = landing.take(frame_length);
        take_over_offload(header, frame);
        bytes += frame_length;
        packets[got.count++] = frame;
    }
    counters.received_packets.add(got.count);
    counters.received_bytes.add(bytes);
    return got;
}

transmitted tap_port::transmit(unsigned queue, rte_mbuf** packets, unsigned count) {
    transmitted done;
    queue_counters& counters = _counters[queue];
    unsigned sent = 0;
    std::uint64_t bytes = 0;
    for (; done.taken < count; ++done.taken) {
        rte_mbuf* frame = packets[done.taken];
        virtio_net_header header = header_for(frame);
        iovec parts[1 + chain_limit] = {{&header, sizeof(virtio_net_header)}};
        int used = 1;
        for (rte_mbuf* part = frame; part != nullptr && used <= chain_limit; part = part->next)
            parts[used++] = {rte_pktmbuf_mtod(part, void*), rte_pktmbuf_data_len(part)};
        if (::writev(_device.queue(queue), parts, used) < 0) {
            if (ends_burst(errno)) break;
            done.refused += frame->nb_segs;
        } else {
            ++sent;
            bytes += rte_pktmbuf_pkt_len(frame);
        }
    }
    rte_pktmbuf_free_bulk(packets, done.taken);
    counters.sent_packets.add(sent);
    counters.sent_bytes.add(bytes);
    counters.send_errors.add(done.refused);
    return done;
}

}  // namespace waggle
