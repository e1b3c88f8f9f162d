#include <cstdio>
#include <string>

#include "tests/support/dataplane_fixture.hh"

/// Writes a pcap file with every kind of packet that the pipelines send, for test_dissect.py.
namespace waggle::test {
namespace {

class capture_file {
public:
    explicit capture_file(const char* path) : _file(std::fopen(path, "wb")) {
        if (_file == nullptr) return;
        // pcap, microseconds, Ethernet.
        const std::uint32_t header[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1};
        write(header, sizeof header);
    }
    ~capture_file() {
        if (_file != nullptr) std::fclose(_file);
    }
    capture_file(const capture_file&) = delete;
    capture_file& operator=(const capture_file&) = delete;

    bool good() const { return _good; }
    void add(const std::vector<sent_frame>& frames) {
        for (const sent_frame& frame : frames) {
            const auto length = static_cast<std::uint32_t>(frame.content.size());
            const std::uint32_t header[4] = {++_seconds, 0, length, length};
            write(header, sizeof header);
            write(frame.content.data(), frame.content.size());
        }
    }

private:
    void write(const void* data, std::size_t size) {
        if (_file == nullptr || std::fwrite(data, 1, size, _file) != size) _good = false;
    }
    std::FILE* _file;
    std::uint32_t _seconds = 0;
    bool _good = true;
};

bytes udp_frame(const dataplane_fixture::endpoint& from, const dataplane_fixture::endpoint& to, int family,
                std::size_t payload, checksum sum = checksum::full) {
    const bytes datagram = udp(from.ip(family), to.ip(family), 4000, 5001, pattern(payload), sum);
    return ethernet(to.mac, from.mac, family == 4 ? 0x0800 : 0x86dd,
                    ip_packet(from.ip(family), to.ip(family), 17, datagram, 2));
}

frame_in tcp_large_frame(const dataplane_fixture::endpoint& from, const dataplane_fixture::endpoint& to,
                         int family) {
    const bytes segment = tcp(from.ip(family), to.ip(family), 4000, 5002, pattern(4000),
                              {.flags = 0x18, .options = {1, 1, 1, 1}}, checksum::partial);
    const packet_offload offload{.checksum_start = static_cast<std::uint16_t>(family == 4 ? 34 : 54),
                                 .checksum_offset = 16,
                                 .segment_size = 1300,
                                 .kind = family == 4 ? segmentation::tcp_v4 : segmentation::tcp_v6,
                                 .partial_checksum = 1};
    return {ethernet(to.mac, from.mac, family == 4 ? 0x0800 : 0x86dd,
                     ip_packet(from.ip(family), to.ip(family), 6, segment)),
            offload};
}

void write_all(capture_file& file) {
    dataplane_fixture host;
    const auto& a = host.local_a;
    for (const int family : {4, 6}) {
        for (const auto* to : {&host.remote_4, &host.remote_6}) {
            const packet_offload open{.checksum_start = static_cast<std::uint16_t>(family == 4 ? 34 : 54),
                                      .checksum_offset = 6,
                                      .partial_checksum = 1};
            file.add(host.encapsulate(1, host.red, {{udp_frame(a, *to, family, 101)}}));
            file.add(
                host.encapsulate(1, host.red, {{udp_frame(a, *to, family, 33, checksum::partial), open}}));
            file.add(host.encapsulate(1, host.red, {tcp_large_frame(a, *to, family)}));
            // Too big: answered with ICMP.
            file.add(host.encapsulate(1, host.red, {{udp_frame(a, *to, family, 1460)}}));
        }
    }
    const ip_address& target = host.remote_4.v4;
    for (const char* sender : {"10.1.0.10", "0.0.0.0"})
        file.add(host.encapsulate(1, host.red,
                                  {{ethernet(mac_address::broadcast(), a.mac, 0x0806,
                                             arp(1, a.mac, ip(sender), mac_address(), target))}}));
    const ip_address group = solicited_node(host.remote_4.v6);
    for (const ip_address& sender : {a.v6, ip_address()})
        file.add(
            host.encapsulate(1, host.red,
                             {{ethernet(multicast_mac(group), a.mac, 0x86dd,
                                        neighbour_solicitation(a.mac, sender, group, host.remote_4.v6))}}));
    // Flooded: to a port and to VTEPs of both families.
    const ip_address everyone = ip("10.1.0.255");
    file.add(host.encapsulate(
        3, host.blue,
        {{ethernet(mac_address::broadcast(), a.mac, 0x0800,
                   ipv4(a.v4, everyone, 17, udp(a.v4, everyone, 4000, 5003, pattern(20))))}}));
    // Out of the tunnel, with congestion marked on the way.
    for (const int family : {4, 6}) {
        outer_fields outer = host.from_peer(family == 4 ? host.peer_v6 : host.peer_v4);
        outer.tos = 3;
        file.add(host.decapsulate({{tunnelled(outer, 7000, udp_frame(host.remote_4, a, family, 77))}}));
    }
}

}  // namespace
}  // namespace waggle::test

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: write_capture FILE\n");
        return 2;
    }
    waggle::test::capture_file file(arguments[1]);
    waggle::test::write_all(file);
    if (!file.good()) std::fprintf(stderr, "%s: cannot write\n", arguments[1]);
    return file.good() ? 0 : 1;
}
