#pragma once

#include <map>
#include <string>
#include <vector>

#include "dataplane/packet/packet_offload.hh"
#include "dataplane/pipeline/decapsulate.hh"
#include "dataplane/pipeline/encapsulate.hh"
#include "dataplane/table/table_writer.hh"
#include "tests/support/heap_pool.hh"
#include "tests/support/packet_builder.hh"

namespace waggle::test {

/// A frame that left the pipelines.
struct sent_frame {
    port_index port = 0;
    bytes content;
    bool offload_pending = false;
    packet_offload offload{};
    /// Lies in a shared_buffer.
    bool shared = false;
};

/// What went into a pipeline.
struct frame_in {
    bytes content;
    std::optional<packet_offload> offload{};
};

/// One worker on tables that tests fill in by hand. The topology that is there from the start:
///
///   overlay `red` (VNI 7000, MTU 1450), access ports 1 and 2; overlay `blue` (VNI 8000, the same, floods),
///   access ports 3 and 4; underlay port 0.
///   VTEPs, members of both: v4_peer 192.0.2.2, v6_peer 2001:db8::2, and lost_peer 192.0.2.9 without a way.
///
/// All endpoints are on both overlays (on blue two ports further up):
///   local_a 02:..:0a 10.1.0.10 fd00::a on port 1, local_b 02:..:0b 10.1.0.11 fd00::b on port 2,
///   remote_4 02:..:14 10.1.0.20 fd00::14 at v4_peer, remote_6 02:..:16 10.1.0.22 fd00::16 at v6_peer,
///   lost 02:..:19 10.1.0.25 fd00::19 at lost_peer.
class dataplane_fixture {
public:
    struct endpoint {
        mac_address mac;
        ip_address v4;
        ip_address v6;
        /// 4 or 6.
        const ip_address& ip(int family) const { return family == 4 ? v4 : v6; }
    };

    dataplane_fixture();
    ~dataplane_fixture();
    dataplane_fixture(const dataplane_fixture&) = delete;
    dataplane_fixture& operator=(const dataplane_fixture&) = delete;

    /// Sends a burst through a pipeline and returns what left, in order per port.
    std::vector<sent_frame> encapsulate(port_index from, overlay_index overlay,
                                        const std::vector<frame_in>& frames);
    std::vector<sent_frame> decapsulate(const std::vector<frame_in>& packets,
                                        std::optional<port_index> exception = std::nullopt);
    std::vector<sent_frame> decapsulate_from(const underlay_origin& from,
                                             const std::vector<frame_in>& packets);

    /// Sum of all drops of all overlays, by name; only what is not 0.
    std::map<std::string, std::uint64_t> drops() const;
    overlay_counters& counters(overlay_index overlay) { return *tables.overlay(overlay)->counters; }
    /// What the outer header to or from a peer looks like.
    outer_fields to_peer(const ip_address& peer) const;
    outer_fields from_peer(const ip_address& peer) const;

    rcu_domain rcu{1};
    waggle::tables tables{rcu};
    table_writer writer{tables, rcu, 1};
    heap_pool pool;
    offload_flags takes_offloads{};
    worker_context context;
    /// Bytes behind each packet that goes into a pipeline.
    std::uint16_t tailroom = 0;

    overlay_index red = 0;
    overlay_index blue = 0;
    vtep_index v4_peer = 0;
    vtep_index v6_peer = 0;
    vtep_index lost_peer = 0;

    static constexpr port_index underlay = 0;
    static constexpr port_index exception = 9;
    static constexpr std::uint16_t mtu = 1450;
    static constexpr std::uint16_t path_mtu = 1500;
    const ip_address own_v4 = ip("192.0.2.1");
    const ip_address own_v6 = ip("2001:db8::1");
    const ip_address peer_v4 = ip("192.0.2.2");
    const ip_address peer_v6 = ip("2001:db8::2");
    const ip_address lost_v4 = ip("192.0.2.9");
    const mac_address own_mac = mac("02:00:00:00:01:01");
    const mac_address peer_mac = mac("02:00:00:00:01:02");
    const endpoint local_a{mac("02:00:00:00:00:0a"), ip("10.1.0.10"), ip("fd00::a")};
    const endpoint local_b{mac("02:00:00:00:00:0b"), ip("10.1.0.11"), ip("fd00::b")};
    const endpoint remote_4{mac("02:00:00:00:00:14"), ip("10.1.0.20"), ip("fd00::14")};
    const endpoint remote_6{mac("02:00:00:00:00:16"), ip("10.1.0.22"), ip("fd00::16")};
    const endpoint lost{mac("02:00:00:00:00:19"), ip("10.1.0.25"), ip("fd00::19")};

private:
    void add_endpoint(const endpoint& added, forwarding_value red_place, forwarding_value blue_place);
    std::vector<rte_mbuf*> packets_of(const std::vector<frame_in>& frames);
    std::vector<sent_frame> collect();

    std::vector<sent_frame> _sent;
    waggle::outputs _outputs;
};

}  // namespace waggle::test
