// The peer: librte_ipsec in transport mode with the software crypto devices of DPDK, on the same frames. GCM
// by the synchronous path of crypto_aesni_gcm, the faster one; that of crypto_chacha20_poly1305 fails for
// every packet, so ChaCha20-Poly1305 goes through its queues.
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <rte_crypto.h>
#include <rte_cryptodev.h>
#include <rte_dev.h>
#include <rte_ipsec.h>
#include <rte_mbuf.h>

#include "bench/esp_contenders.hh"
#include "bench/esp_suites.hh"
#include "bench/harness.hh"
#include "dataplane/packet/ipv4.hh"

namespace waggle::bench {
namespace {

constexpr unsigned packet_count = 128;
constexpr std::uint16_t burst = 64;
constexpr std::size_t ethernet_length = 14;
constexpr std::size_t ip_length = 20;
constexpr std::uint16_t iv_offset = sizeof(rte_crypto_op) + sizeof(rte_crypto_sym_op);
constexpr std::uint16_t iv_length = 12;

template <typename Pointer>
Pointer some(Pointer made, const char* what) {
    if (made == nullptr) throw std::runtime_error(std::string(what) + " failed");
    return made;
}

void succeed(int outcome, const char* what) {
    if (outcome < 0) throw std::runtime_error(std::string(what) + " failed: " + std::strerror(-outcome));
}

/// A crypto device with one queue pair, made once.
struct crypto_device {
    std::uint8_t id = 0;
    rte_mempool* sessions = nullptr;
    rte_mempool* operations = nullptr;

    explicit crypto_device(const std::string& driver) {
        need_eal();
        const std::string name = driver + "_bench";
        succeed(rte_eal_hotplug_add("vdev", name.c_str(), ""), driver.c_str());
        id = static_cast<std::uint8_t>(rte_cryptodev_get_dev_id(name.c_str()));
        rte_cryptodev_config settings{};
        settings.socket_id = SOCKET_ID_ANY;
        settings.nb_queue_pairs = 1;
        succeed(rte_cryptodev_configure(id, &settings), "rte_cryptodev_configure");
        sessions = some(rte_cryptodev_sym_session_pool_create(
                            ("bench_sessions_" + std::to_string(id)).c_str(), 64,
                            rte_cryptodev_sym_get_private_session_size(id), 0, 0, SOCKET_ID_ANY),
                        "rte_cryptodev_sym_session_pool_create");
        operations =
            some(rte_crypto_op_pool_create(("bench_operations_" + std::to_string(id)).c_str(),
                                           RTE_CRYPTO_OP_TYPE_SYMMETRIC, 1023, 0, iv_length, SOCKET_ID_ANY),
                 "rte_crypto_op_pool_create");
        rte_cryptodev_qp_conf queue{};
        queue.nb_descriptors = 1024;
        queue.mp_session = sessions;
        succeed(rte_cryptodev_queue_pair_setup(id, 0, &queue, SOCKET_ID_ANY),
                "rte_cryptodev_queue_pair_setup");
        succeed(rte_cryptodev_start(id), "rte_cryptodev_start");
    }

    static crypto_device& of(esp::aead_cipher cipher) {
        if (cipher == esp::aead_cipher::chacha20_poly1305) {
            static crypto_device chacha("crypto_chacha20_poly1305");
            return chacha;
        }
        static crypto_device gcm("crypto_aesni_gcm");
        return gcm;
    }
};

rte_mempool* packet_pool() {
    need_eal();
    static rte_mempool* const pool = some(
        rte_pktmbuf_pool_create("rte_ipsec_bench", 1023, 0, 0, 2048 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY),
        "rte_pktmbuf_pool_create");
    return pool;
}

/// One direction of an SA.
class direction {
public:
    direction(const esp_suite& suite, bool outbound) : _device(crypto_device::of(suite.cipher)) {
        const bool is_chacha = suite.cipher == esp::aead_cipher::chacha20_poly1305;
        const esp::association_parameters parameters = esp_parameters(suite);
        rte_crypto_sym_xform cipher{};
        cipher.type = RTE_CRYPTO_SYM_XFORM_AEAD;
        cipher.aead.op = outbound ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT;
        cipher.aead.algo = is_chacha ? RTE_CRYPTO_AEAD_CHACHA20_POLY1305 : RTE_CRYPTO_AEAD_AES_GCM;
        cipher.aead.key = {.data = parameters.key.data(),
                           .length = static_cast<std::uint16_t>(parameters.key.size())};
        cipher.aead.iv = {.offset = iv_offset, .length = iv_length};
        cipher.aead.digest_length = suite.icv_length;
        cipher.aead.aad_length = parameters.extended_sequence ? 12 : 8;

        rte_ipsec_sa_prm settings{};
        settings.ipsec_xform.spi = parameters.index.value();
        std::memcpy(&settings.ipsec_xform.salt, parameters.salt.data(), sizeof settings.ipsec_xform.salt);
        settings.ipsec_xform.options.esn = parameters.extended_sequence;
        settings.ipsec_xform.direction =
            outbound ? RTE_SECURITY_IPSEC_SA_DIR_EGRESS : RTE_SECURITY_IPSEC_SA_DIR_INGRESS;
        settings.ipsec_xform.proto = RTE_SECURITY_IPSEC_SA_PROTO_ESP;
        settings.ipsec_xform.mode = RTE_SECURITY_IPSEC_SA_MODE_TRANSPORT;
        settings.ipsec_xform.replay_win_sz = outbound ? 0 : 4096;
        settings.crypto_xform = &cipher;
        // The library's name for "over IPv4", not the protocol inside.
        settings.trs.proto = IPPROTO_IPIP;

        const int size = rte_ipsec_sa_size(&settings);
        succeed(size, "rte_ipsec_sa_size");
        _memory.reset(static_cast<rte_ipsec_sa*>(std::aligned_alloc(
            RTE_CACHE_LINE_SIZE, RTE_ALIGN(static_cast<std::size_t>(size), RTE_CACHE_LINE_SIZE))));
        std::memset(static_cast<void*>(_memory.get()), 0, static_cast<std::size_t>(size));
        succeed(rte_ipsec_sa_init(_memory.get(), &settings, static_cast<std::uint32_t>(size)),
                "rte_ipsec_sa_init");
        _session.sa = _memory.get();
        _session.type = is_chacha ? RTE_SECURITY_ACTION_TYPE_NONE : RTE_SECURITY_ACTION_TYPE_CPU_CRYPTO;
        _session.crypto.ses = static_cast<rte_cryptodev_sym_session*>(some(
            rte_cryptodev_sym_session_create(_device.id, &cipher, _device.sessions), "session creation"));
        _session.crypto.dev_id = _device.id;
        succeed(rte_ipsec_session_prepare(&_session), "rte_ipsec_session_prepare");
    }
    ~direction() {
        rte_cryptodev_sym_session_free(_device.id, _session.crypto.ses);
        rte_ipsec_sa_fini(_memory.get());
    }
    direction(const direction&) = delete;
    direction& operator=(const direction&) = delete;

    /// Seals or opens a burst. Throws if one packet is refused.
    void handle(rte_mbuf** packets) {
        const std::uint16_t done = _session.type == RTE_SECURITY_ACTION_TYPE_CPU_CRYPTO
                                       ? handle_at_once(packets)
                                       : handle_by_queue(packets);
        if (done != burst) throw std::runtime_error("librte_ipsec refused packets");
    }

private:
    std::uint16_t handle_at_once(rte_mbuf** packets) {
        const std::uint16_t prepared = rte_ipsec_pkt_cpu_prepare(&_session, packets, burst);
        return rte_ipsec_pkt_process(&_session, packets, prepared);
    }
    std::uint16_t handle_by_queue(rte_mbuf** packets) {
        std::array<rte_crypto_op*, burst> operations;
        if (rte_crypto_op_bulk_alloc(_device.operations, RTE_CRYPTO_OP_TYPE_SYMMETRIC, operations.data(),
                                     burst) == 0)
            return 0;
        const std::uint16_t prepared =
            rte_ipsec_pkt_crypto_prepare(&_session, packets, operations.data(), burst);
        const std::uint16_t sent = rte_cryptodev_enqueue_burst(_device.id, 0, operations.data(), prepared);
        std::uint16_t received = 0;
        for (int tries = 0; received < sent && tries < 1000; ++tries)
            received = static_cast<std::uint16_t>(
                received + rte_cryptodev_dequeue_burst(_device.id, 0, &operations[received],
                                                       static_cast<std::uint16_t>(sent - received)));
        // One SA, so that the packets need no grouping; rte_ipsec_pkt_crypto_group() marks them like this.
        for (std::uint16_t i = 0; i < received; ++i) {
            packets[i]->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD;
            if (operations[i]->status != RTE_CRYPTO_OP_STATUS_SUCCESS)
                packets[i]->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED;
        }
        rte_mempool_put_bulk(_device.operations, reinterpret_cast<void**>(operations.data()), burst);
        return rte_ipsec_pkt_process(&_session, packets, received);
    }

    struct freer {
        void operator()(rte_ipsec_sa* memory) const { std::free(memory); }
    };
    crypto_device& _device;
    std::unique_ptr<rte_ipsec_sa, freer> _memory;
    rte_ipsec_session _session{};
};

struct subject {
    direction out;
    direction in;
    std::size_t frame_length;
    std::vector<rte_mbuf*> packets{packet_count};

    subject(const esp_suite& suite, std::size_t length)
        : out(suite, true), in(suite, false), frame_length(length) {
        if (rte_pktmbuf_alloc_bulk(packet_pool(), packets.data(), packet_count) != 0)
            throw std::runtime_error("no packets");
    }
    ~subject() { rte_pktmbuf_free_bulk(packets.data(), packet_count); }
    subject(const subject&) = delete;
    subject& operator=(const subject&) = delete;

    /// As it would be encapsulated: Ethernet, IPv4, UDP and VXLAN header, frame.
    void make_clear() {
        for (rte_mbuf* packet : packets) {
            rte_pktmbuf_reset(packet);
            const std::size_t length = ethernet_length + ip_length + esp_tunnel_headers + frame_length;
            auto* bytes = reinterpret_cast<std::uint8_t*>(
                rte_pktmbuf_append(packet, static_cast<std::uint16_t>(length)));
            auto& ip = *reinterpret_cast<ipv4_header*>(bytes + ethernet_length);
            ip = {};
            ip.version_ihl = 0x45;
            ip.total_length = be16(static_cast<std::uint16_t>(length - ethernet_length));
            ip.protocol = ip_protocol::udp;
            set_lengths(packet);
        }
    }
    void seal() {
        for (unsigned first = 0; first < packet_count; first += burst) out.handle(&packets[first]);
    }
    void open() {
        for (unsigned first = 0; first < packet_count; first += burst) in.handle(&packets[first]);
    }
    /// What a port would set.
    void arrive() {
        for (rte_mbuf* packet : packets) {
            packet->ol_flags = 0;
            set_lengths(packet);
        }
    }

private:
    static void set_lengths(rte_mbuf* packet) {
        packet->l2_len = ethernet_length;
        packet->l3_len = ip_length;
    }
};

measured sealing(const esp_suite& suite, std::size_t frame_length) {
    auto used = std::make_shared<subject>(suite, frame_length);
    return {.run =
                [used] {
                    used->seal();
                    return std::uint64_t{packet_count};
                },
            .before_slice =
                [used] {
                    used->make_clear();
                    used->seal();
                    used->make_clear();
                },
            .one_unit_a_slice = true};
}

measured opening(const esp_suite& suite, std::size_t frame_length) {
    auto used = std::make_shared<subject>(suite, frame_length);
    return {.run =
                [used] {
                    used->open();
                    return std::uint64_t{packet_count};
                },
            .before_slice =
                [used] {
                    for (int round = 0; round < 2; ++round) {
                        used->make_clear();
                        used->seal();
                        used->arrive();
                        if (round == 0) used->open();
                    }
                },
            .one_unit_a_slice = true};
}

}  // namespace

contender rte_ipsec_seal(const esp_suite& suite, std::size_t frame_length, std::string baseline) {
    return {.name = esp_name("rte_ipsec_seal", suite, frame_length),
            .make = [&suite, frame_length] { return sealing(suite, frame_length); },
            .baseline = std::move(baseline)};
}

contender rte_ipsec_open(const esp_suite& suite, std::size_t frame_length, std::string baseline) {
    return {.name = esp_name("rte_ipsec_open", suite, frame_length),
            .make = [&suite, frame_length] { return opening(suite, frame_length); },
            .baseline = std::move(baseline)};
}

}  // namespace waggle::bench
