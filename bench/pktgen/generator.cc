/// A packet generator for one direction of a running dataplane: sends frames into one vhost-user port, takes
/// them back from the other, checks every one and prints one JSON object. Started by `run`.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <boost/program_options.hpp>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "bench/pktgen/docker_esp.hh"
#include "bench/pktgen/flows.hh"
#include "common/mac_address.hh"

namespace {

using namespace waggle::pktgen;

constexpr unsigned burst = 32;

struct settings {
    std::string access_socket;
    std::string underlay_socket;
    std::string cpu = "1";
    bool encapsulate = true;
    std::size_t size = 64;
    double seconds = 3;
    double slice = 0.25;
    /// Frames a second; 0: as fast as the ring takes them.
    double rate = 0;
    agreement agreed;
    /// Of an encrypted overlay, 32 hexadecimal digits; empty: it is not.
    std::string key;
    std::uint32_t key_tag = 0;
};

struct outcome {
    std::uint64_t sent = 0;
    std::uint64_t returned = 0;
    std::uint64_t wrong = 0;
    /// Frames a second, one per slice.
    std::vector<double> slices;
    /// Microseconds, only at a fixed rate.
    std::vector<double> latencies;
};

[[noreturn]] void fail(const std::string& what) {
    std::cerr << "pktgen: " << what << "\n";
    std::exit(1);
}

std::uint16_t open_port(const char* name, rte_mempool* pool) {
    std::uint16_t port = 0;
    if (rte_eth_dev_get_port_by_name(name, &port) != 0) fail(std::string("no port ") + name);
    const rte_eth_conf conf{};
    if (rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
        rte_eth_rx_queue_setup(port, 0, 256, SOCKET_ID_ANY, nullptr, pool) != 0 ||
        rte_eth_tx_queue_setup(port, 0, 256, SOCKET_ID_ANY, nullptr) != 0 || rte_eth_dev_start(port) != 0)
        fail(std::string("cannot start port ") + name);
    return port;
}

class generator {
public:
    generator(const settings& wanted, rte_mempool* pool, std::uint16_t into, std::uint16_t from)
        : _wanted(wanted), _pool(pool), _into(into), _from(from) {
        if (!wanted.key.empty()) _esp.emplace(wanted.agreed, wanted.key, wanted.key_tag, wanted.size);
        const std::size_t header = wanted.encapsulate ? 0 : outer_length;
        for (unsigned flow = 0; flow < wanted.agreed.entries; ++flow) {
            if (_esp && !wanted.encapsulate) {
                _templates.push_back(_esp->packet(flow));
                continue;
            }
            std::vector<std::uint8_t> frame(header + wanted.size);
            if (!wanted.encapsulate)
                write_outer(std::span<std::uint8_t, outer_length>(frame.data(), outer_length), wanted.agreed,
                            flow, wanted.size);
            write_inner(std::span(frame).subspan(header), flow, wanted.encapsulate);
            _templates.push_back(std::move(frame));
        }
    }

    outcome run() {
        const double hertz = static_cast<double>(rte_get_tsc_hz());
        const std::uint64_t start = rte_rdtsc();
        // Half a second to get warm is not counted.
        const std::uint64_t counted = start + static_cast<std::uint64_t>(hertz / 2);
        const std::uint64_t end = counted + static_cast<std::uint64_t>(_wanted.seconds * hertz);
        const std::uint64_t slice = static_cast<std::uint64_t>(_wanted.slice * hertz);
        const double ticks_per_burst = _wanted.rate > 0 ? hertz / _wanted.rate * burst : 0;
        double due = static_cast<double>(start);
        std::uint64_t slice_end = counted + slice;
        std::uint64_t slice_returned = 0;
        bool warm = false;
        outcome result;
        for (;;) {
            const std::uint64_t now = rte_rdtsc();
            if (!warm && now >= counted) {
                warm = true;
                result = {};
                slice_returned = 0;
            }
            if (now >= end) break;
            if (ticks_per_burst == 0 || static_cast<double>(now) >= due) {
                result.sent += send();
                // A generator that was held up does not catch up in one flood.
                due = std::max(due + ticks_per_burst, static_cast<double>(now) - 2 * ticks_per_burst);
            }
            take_back(result, warm, hertz);
            if (warm && now >= slice_end) {
                result.slices.push_back(static_cast<double>(result.returned - slice_returned) /
                                        _wanted.slice);
                slice_returned = result.returned;
                slice_end += slice;
            }
        }
        const std::uint64_t drain = rte_rdtsc() + static_cast<std::uint64_t>(hertz / 20);
        while (rte_rdtsc() < drain) take_back(result, false, hertz);
        return result;
    }

private:
    unsigned send() {
        rte_mbuf* packets[burst];
        if (rte_pktmbuf_alloc_bulk(_pool, packets, burst) != 0) return 0;
        const std::size_t inner = _wanted.encapsulate ? 0 : front();
        for (rte_mbuf* packet : packets) {
            const auto flow = static_cast<unsigned>(_next);
            const std::vector<std::uint8_t>& frame = _templates[flow];
            // A stride that is coprime to the number of entries visits them all out of order.
            _next = (_next + 7919) % _templates.size();
            packet->data_len = static_cast<std::uint16_t>(frame.size());
            packet->pkt_len = packet->data_len;
            auto* bytes = rte_pktmbuf_mtod(packet, std::uint8_t*);
            std::copy(frame.begin(), frame.end(), bytes);
            stamp(bytes + inner, rte_rdtsc());
            if (_esp && !_wanted.encapsulate) _esp->seal(bytes, flow);
        }
        const unsigned taken = rte_eth_tx_burst(_into, 0, packets, burst);
        rte_pktmbuf_free_bulk(packets + taken, burst - taken);
        return taken;
    }

    void take_back(outcome& result, bool measure, double hertz) {
        rte_mbuf* packets[burst];
        const unsigned count = rte_eth_rx_burst(_from, 0, packets, burst);
        if (count == 0) return;
        const std::uint64_t now = rte_rdtsc();
        for (unsigned i = 0; i < count; ++i) {
            const std::span<std::uint8_t> bytes(rte_pktmbuf_mtod(packets[i], std::uint8_t*),
                                                packets[i]->data_len);
            const bool right = is_right(bytes, (result.returned & 63) == 0);
            ++result.returned;
            if (!right) {
                ++result.wrong;
            } else if (measure && _wanted.rate > 0) {
                const std::uint64_t sent = stamp_of(bytes.data() + (_wanted.encapsulate ? front() : 0));
                result.latencies.push_back(static_cast<double>(now - sent) / hertz * 1e6);
            }
        }
        rte_pktmbuf_free_bulk(packets, count);
    }

    /// What is in front of a tunnelled frame.
    std::size_t front() const { return _esp ? docker_esp::front : outer_length; }

    /// Opens what is sealed: every packet where its time stamp is wanted, else a sample.
    bool is_right(std::span<std::uint8_t> bytes, bool thorough) const {
        if (!_wanted.encapsulate) return check_inner(bytes, _wanted.agreed, _wanted.size, thorough);
        if (_esp) return thorough || _wanted.rate > 0 ? _esp->check(bytes) : _esp->check_outside(bytes);
        return bytes.size() >= outer_length + smallest_frame &&
               check_tunnelled(bytes, _wanted.agreed, _wanted.size, thorough);
    }

    settings _wanted;
    std::optional<docker_esp> _esp;
    rte_mempool* _pool;
    std::uint16_t _into;
    std::uint16_t _from;
    std::vector<std::vector<std::uint8_t>> _templates;
    std::size_t _next = 0;
};

double percentile(std::vector<double>& values, double share) {
    if (values.empty()) return 0;
    const auto at =
        values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

void print(const settings& wanted, outcome& result) {
    const double best = result.slices.empty() ? 0 : *std::ranges::max_element(result.slices);
    std::printf(
        "{\"direction\": \"%s\", \"size\": %zu, \"rate\": %.0f, \"sent\": %llu, \"returned\": %llu, "
        "\"wrong\": %llu, \"best_pps\": %.0f, \"median_pps\": %.0f, \"latency_us\": {\"p50\": %.2f, "
        "\"p90\": %.2f, \"p99\": %.2f, \"p999\": %.2f}}\n",
        wanted.encapsulate ? "encapsulate" : "decapsulate", wanted.size, wanted.rate,
        static_cast<unsigned long long>(result.sent), static_cast<unsigned long long>(result.returned),
        static_cast<unsigned long long>(result.wrong), best, percentile(result.slices, 0.5),
        percentile(result.latencies, 0.5), percentile(result.latencies, 0.9),
        percentile(result.latencies, 0.99), percentile(result.latencies, 0.999));
}

waggle::pktgen::mac_bytes parse_mac(const std::string& text) {
    const auto mac = waggle::mac_address::parse(text);
    if (!mac) fail("not a MAC address: " + text);
    return mac->bytes();
}

settings parse(int argc, char** argv) {
    namespace po = boost::program_options;
    settings wanted;
    std::string direction;
    std::string local_mac;
    std::string next_hop_mac;
    po::options_description options("pktgen generator");
    options.add_options()("access", po::value(&wanted.access_socket)->required(),
                          "vhost-user socket of the access port")(
        "underlay", po::value(&wanted.underlay_socket)->required(), "vhost-user socket of the underlay port")(
        "cpu", po::value(&wanted.cpu), "CPU to run on")("direction", po::value(&direction)->required(),
                                                        "encapsulate or decapsulate")(
        "size", po::value(&wanted.size), "inner frame, bytes without FCS")(
        "seconds", po::value(&wanted.seconds), "time measured")("rate", po::value(&wanted.rate),
                                                                "frames a second; 0: flood")(
        "entries", po::value(&wanted.agreed.entries), "remote endpoints")(
        "vteps", po::value(&wanted.agreed.vteps), "VTEPs that they live behind")(
        "docker-key", po::value(&wanted.key), "sending key of an encrypted overlay, hexadecimal")(
        "docker-tag", po::value(&wanted.key_tag), "its Lamport time")(
        "local-mac", po::value(&local_mac)->required(), "the dataplane's MAC on the underlay")(
        "next-hop-mac", po::value(&next_hop_mac)->required(), "the VTEPs' MAC");
    try {
        po::variables_map map;
        po::store(po::parse_command_line(argc, argv, options), map);
        po::notify(map);
    } catch (const po::error& wrong) {
        fail(wrong.what());
    }
    if (wanted.size < smallest_frame) fail("--size must be at least " + std::to_string(smallest_frame));
    wanted.encapsulate = direction == "encapsulate";
    wanted.agreed.local_mac = parse_mac(local_mac);
    wanted.agreed.next_hop_mac = parse_mac(next_hop_mac);
    return wanted;
}

void start_eal(const settings& wanted) {
    std::vector<std::string> words{
        "pktgen",
        "--in-memory",
        "--single-file-segments",
        "--no-pci",
        "--no-telemetry",
        "--log-level=error",
        "--file-prefix=wgpktgen",
        "-l",
        wanted.cpu,
        "--vdev=net_virtio_user0,packed_vq=1,in_order=1,mrg_rxbuf=0,queue_size=256,path=" +
            wanted.access_socket,
        "--vdev=net_virtio_user1,packed_vq=1,in_order=1,mrg_rxbuf=0,queue_size=256,path=" +
            wanted.underlay_socket};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0)
        fail("DPDK did not start (it needs hugepages: sysctl vm.nr_hugepages)");
}

}  // namespace

int main(int argc, char** argv) {
    const settings wanted = parse(argc, argv);
    start_eal(wanted);
    rte_mempool* pool =
        rte_pktmbuf_pool_create("pktgen", 8191, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    if (pool == nullptr) fail("no memory for packets");
    const std::uint16_t access = open_port("net_virtio_user0", pool);
    const std::uint16_t underlay = open_port("net_virtio_user1", pool);
    generator driver(wanted, pool, wanted.encapsulate ? access : underlay,
                     wanted.encapsulate ? underlay : access);
    outcome result = driver.run();
    print(wanted, result);
    rte_eth_dev_stop(access);
    rte_eth_dev_stop(underlay);
    rte_eal_cleanup();
    return result.wrong == 0 && result.returned > 0 ? 0 : 2;
}
