// Packets of a security association that another worker owns pass from worker to worker.
#include <array>
#include <chrono>

#include <rte_mbuf.h>

#include "dataplane/esp/seal.hh"
#include "dataplane/esp/sizes.hh"
#include "dataplane/packet/esp_outer.hh"
#include "tests/unit/worker/lab_host.hh"

namespace waggle {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t key[16] = {1, 2, 3};

template <typename T>
T must(std::optional<T> parsed) {
    if (!parsed) throw std::runtime_error("not an address");
    return *parsed;
}

/// A host with two workers at one end of a veth pair; at the other, senders without a dataplane.
class association_owner : public port_test {
protected:
    void start(unsigned running) {
        host = std::make_unique<lab_host>(
            _link.here,
            lab_host::settings{
                .workers = 2, .vtep = must(ip_address::parse("192.0.2.1")), .running = running},
            pools());
        host->open_underlay({"up", config::packet_underlay{"v0"}});
        host->writer.update_overlay(host->overlay, {.mtu = 1450, .protection = protection_kind::docker});
        const port_index tap = host->open_tap(_container);
        host->add_local(tap, endpoint, must(ip_address::parse("10.0.0.1")));
        wire = std::make_unique<lab_sniffer>(_link.there, "v1");
    }
    /// Both ends of an association from 192.0.2.`last`, which `owner` has for the next minute.
    void add_association(std::uint8_t last, std::uint32_t owner) {
        const ip_address source = ip_address::from_v4(0xc000'0200U + last);
        esp::association_parameters parameters{.cipher = esp::aead_cipher::aes_128_gcm,
                                               .icv_length = 8,
                                               .index = spi(0x1000U + last),
                                               .key = key};
        peers.push_back({expect_ok(esp::make_outbound(parameters)), source});
        inbound.push_back(expect_ok(esp::make_inbound(parameters, {})));
        inbound.back()->binding = protection::of(protection_kind::docker, no_overlay).raw();
        inbound.back()->claim.owner_for_received(owner, ~std::uint64_t{0} / 2);
        const vtep_index vtep = expect_ok(host->writer.create_vtep(make_unreachable_vtep_entry(source)));
        host->writer.add_member(host->overlay, vtep);
        host->writer.set_receiver(parameters.index, source, *inbound.back());
        host->writer.commit();
    }
    void send(const std::pair<std::unique_ptr<esp::outbound_association>, ip_address>& from) const {
        constexpr std::size_t ip_end = sizeof(ethernet_header) + sizeof(ipv4_header);
        constexpr std::size_t frame_length = 60;
        constexpr std::size_t payload = sizeof(udp_header) + sizeof(vxlan_header) + frame_length;
        const std::size_t sealed = esp::sealed_length(payload, 8);
        std::vector<std::uint8_t> packet(ip_end + sealed);
        std::uint8_t* const esp = packet.data() + ip_end;
        const vtep_entry way =
            make_vtep_entry({.remote = must(ip_address::parse("192.0.2.1")),
                             .source = from.second,
                             .source_mac = must(mac_address::parse(veth_pair::there_mac)),
                             .destination_mac = must(mac_address::parse(veth_pair::here_mac)),
                             .udp_port = 4789,
                             .path_mtu = 1500});
        const vxlan_header vxlan{.flags = be32(vxlan_flag_vni), .vni_reserved = be32(7U << 8)};
        write_sealed_outer_v4(
            esp, way.header.data(), way.checksum_base,
            {.frame_length = frame_length, .source_port = be16(50000), .id = 1, .tos = 0, .vxlan = vxlan},
            sealed);
        std::uint8_t* const frame = esp + sizeof(esp_header) + sizeof(udp_header) + sizeof(vxlan_header);
        endpoint.store(frame);
        must(mac_address::parse("02:42:0a:00:00:02")).store(frame + 6);
        esp::seal_burst burst;
        burst.count = 1;
        burst.esp[0] = esp;
        burst.length[0] = payload;
        burst.room[0] = static_cast<std::uint32_t>(sealed);
        burst.association[0] = from.first.get();
        ASSERT_EQ(esp::seal(burst, 1), 1U);
        wire->send(packet);
    }
    std::uint64_t opened_by(unsigned worker) const {
        return host->writer.counters(host->overlay, worker).decapsulated_packets;
    }
    /// Waits until `reached`, for as long as a slow machine may take.
    template <typename Condition>
    static void wait_for(Condition reached) {
        for (int i = 0; i < 2000 && !reached(); ++i) std::this_thread::sleep_for(10ms);
    }

    const mac_address endpoint = must(mac_address::parse("02:42:0a:00:00:01"));
    veth_pair _link;
    lab_namespace _container;
    std::vector<std::unique_ptr<esp::inbound_association>> inbound;
    std::unique_ptr<lab_host> host;
    std::vector<std::pair<std::unique_ptr<esp::outbound_association>, ip_address>> peers;
    std::unique_ptr<lab_sniffer> wire;
};

// The kernel sends each peer's packets to one of the workers; half of the associations are the other one's.
TEST_F(association_owner, opens_what_comes_to_the_other_worker) {
    start(2);
    constexpr unsigned rounds = 20;
    for (std::uint8_t i = 0; i < 8; ++i) add_association(static_cast<std::uint8_t>(10 + i), i % 2);
    for (unsigned round = 0; round < rounds; ++round)
        for (const auto& peer : peers) send(peer);
    wait_for([&] { return opened_by(0) + opened_by(1) == 8 * rounds; });
    EXPECT_EQ(opened_by(0) + opened_by(1), 8 * rounds);
    for (const auto& each : inbound) EXPECT_EQ(each->usage().packets, rounds);
    EXPECT_EQ(host->dropped(drop_reason::replayed), 0U);
    EXPECT_EQ(host->dropped(drop_reason::handover_full), 0U);
}

// A worker that does not run takes nothing: its ring fills, and what does not fit is counted.
TEST_F(association_owner, counts_what_does_not_fit_the_owners_ring) {
    start(1);
    for (std::uint8_t i = 0; i < 16; ++i) add_association(static_cast<std::uint8_t>(10 + i), 1);
    for (unsigned round = 0; host->dropped(drop_reason::handover_full) == 0 && round < 2000; ++round)
        for (const auto& peer : peers) send(peer);
    wait_for([&] { return host->dropped(drop_reason::handover_full) != 0; });
    EXPECT_GT(host->dropped(drop_reason::handover_full), 0U);
    EXPECT_EQ(opened_by(0), 0U);
}

}  // namespace
}  // namespace waggle
