#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "control/gossip/keyring/keyring.hh"
#include "control/gossip/memberlist/memberlist.hh"
#include "control/gossip/memberlist/wire/lzw.hh"
#include "control/gossip/memberlist/wire/packing.hh"

/// What a peer can send: datagrams and streams after their seal, to a member list that knows some members and
/// probes one; and below the seal, the sealed forms themselves. The first byte says which.
namespace {

using namespace waggle;
using namespace waggle::gossip;

class deaf final : public delegate {
public:
    void user_message(const ip_endpoint&, byte_view, time_point) override {}
    void get_broadcasts(std::size_t, std::size_t, std::vector<bytes>&) override {}
    bytes local_state(bool, time_point) override { return {}; }
    void merge_remote_state(byte_view, bool, time_point) override {}
    void node_joined(const member&, time_point) override {}
    void node_left(const member&, time_point) override {}
    void node_updated(const member&, time_point) override {}
    void reliable_sent(stream_id, bool, time_point) override {}
    void join_finished(const ip_endpoint&, bool, time_point) override {}
};

const ip_endpoint peer{ip_address::from_v4(0xc000'0202), 7946};

class watched_list {
public:
    watched_list() : _random(1), list(settings(), _random, _on_top) {
        list.start(_now);
        list.join(peer, _now);
        const bytes known = wire_alive('p');
        list.receive_packet(peer, known, _now);
        step();
    }
    void step() {
        for (int i = 0; i < 4; ++i) {
            _now += std::chrono::seconds(1);
            list.advance(_now);
            effects wanted = list.take_effects();
            for (const packet_to_send& packet : wanted.packets)
                if (packet.message.size() + list.settings().sealing_overhead > list.settings().packet_limit)
                    std::abort();
            for (const stream_to_open& opened : wanted.streams) last_stream = opened.id;
        }
        if (list.present() > list.size()) std::abort();
    }
    time_point now() const { return _now; }

private:
    static memberlist_settings settings() {
        memberlist_settings how;
        how.name = "o";
        how.advertise = {ip_address::from_v4(0xc000'0201), 7946};
        how.members_limit = 32;
        return how;
    }
    static bytes wire_alive(char name) {
        // {Addr, Incarnation 1, Node, Port, Vsn} as recorded from stock engines.
        bytes message{0x04, 0x85, 0xa4, 'A', 'd', 'd', 'r', 0xa4, 192, 0, 2, 2, 0xab};
        append(message, view_of("Incarnation"));
        append(message, bytes{1, 0xa4});
        append(message, view_of("Node"));
        append(message, bytes{0xa1, static_cast<std::uint8_t>(name), 0xa4});
        append(message, view_of("Port"));
        append(message, bytes{0xcd, 0x1f, 0x0a, 0xa3});
        append(message, view_of("Vsn"));
        append(message, bytes{0xa6, 1, 5, 2, 0, 0, 0});
        return message;
    }
    time_point _now{std::chrono::hours(1)};
    random_source _random;
    deaf _on_top;

public:
    memberlist list;
    stream_id last_stream = 1;
};

void unseal(byte_view input) {
    static const keyring ring = *keyring::make({bytes(16, 1), bytes(32, 2)}, 0);
    bytes out;
    if (ring.open_packet(input, out) == keyring::verdict::opened) std::abort();
    (void)ring.open_stream(input, out);
    (void)frame_length(input);
    // The padding of version 0 lies below the seal.
    static const aead_key key = *aead_key::make(bytes(16, 1));
    const bytes padded = seal(key, nonce{}, sealing_version::plain, {}, input);
    result<sealed_parts> parts = split_sealed(padded);
    parts->version = sealing_version::padded;
    out.clear();
    if (unseal(key, *parts, {}, out) && out.size() >= input.size()) std::abort();
}

void pack_and_unpack(byte_view input) {
    const result<bytes> back = wire::unpack(wire::compress_message(input), 1 << 20);
    if (back && !std::equal(back->begin(), back->end(), input.begin(), input.end())) std::abort();
    const result<bytes> plain = lzw::decompress(input, 4096);
    if (plain && plain->size() > 4096) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const byte_view input(data + 1, size - 1);
    if (data[0] == 3) unseal(input);
    if (data[0] == 4) pack_and_unpack(input);
    if (data[0] > 2) return 0;
    const result<bytes> message = wire::unpack(input, 1 << 16);
    if (!message) return 0;
    watched_list watched;
    if (data[0] == 0) watched.list.receive_packet(peer, *message, watched.now());
    if (data[0] == 1) watched.list.receive_stream(1, peer, *message, watched.now());
    if (data[0] == 2) watched.list.stream_answered(watched.last_stream, *message, watched.now());
    watched.step();
    return 0;
}
