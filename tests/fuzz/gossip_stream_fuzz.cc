#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "control/gossip/keyring/keyring.hh"
#include "control/gossip/memberlist/wire/packing.hh"
#include "control/gossip/transport/frame_reader.hh"
#include "tests/fuzz/watched_list.hh"

/// What comes on a TCP connection. First byte: 0 a frame as anybody can send it, 1 a message sealed by a peer
/// that opened the connection, 2 one that answers.
namespace {

using namespace waggle;
using namespace waggle::gossip;

const keyring& ring() {
    static const keyring made = *keyring::make({bytes(16, 1), bytes(32, 2)}, 0);
    return made;
}

/// The frame at the front of what was sent, which comes in pieces; empty if there is none.
bytes read_frame(byte_view sent) {
    frame_reader reader;
    for (std::size_t piece = 1; !reader.complete(); piece = piece * 3 % 1000) {
        const boost::asio::mutable_buffer room = reader.room();
        require(room.size() != 0);
        const std::size_t count = std::min({room.size(), sent.size(), piece});
        if (count == 0) return {};
        std::copy_n(sent.data(), count, static_cast<std::uint8_t*>(room.data()));
        if (!reader.advance(count)) return {};
        sent = sent.subspan(count);
    }
    const byte_view frame = reader.frame();
    return {frame.begin(), frame.end()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const byte_view input(data + 1, size - 1);
    bytes out;
    if (data[0] == 0) {
        const bytes frame = read_frame(input);
        require(frame.size() <= input.size());
        require(frame.empty() || ring().open_stream(frame, out) != keyring::verdict::opened);
        return 0;
    }
    const bytes sealed = ring().seal_stream(input);
    require(read_frame(sealed) == sealed);
    require(ring().open_stream(sealed, out) == keyring::verdict::opened);
    // A smaller limit than in use: filling 64 MB takes a fuzzer's time.
    const result<bytes> message = wire::unpack(out, std::size_t{1} << 16);
    if (!message) return 0;
    watched_list watched;
    if (data[0] == 1) watched.list.receive_stream(1, peer, *message, watched.now());
    if (data[0] == 2) watched.list.stream_answered(watched.last_stream, *message, watched.now());
    watched.step();
    return 0;
}
