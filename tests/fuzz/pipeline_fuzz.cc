#include <cstdint>
#include <cstring>

#include "tests/fuzz/require.hh"
#include "tests/support/dataplane_fixture.hh"

namespace waggle::test {
namespace {

/// First byte: direction, overlay, whether an offload follows, whether there is an exception port.
struct input {
    explicit input(std::span<const std::uint8_t> data) {
        choice = data[0];
        data = data.subspan(1);
        if ((choice & 4) != 0 && data.size() >= 8) {
            packet_offload offload;
            std::memcpy(&offload.checksum_start, &data[0], 2);
            std::memcpy(&offload.checksum_offset, &data[2], 2);
            std::memcpy(&offload.segment_size, &data[4], 2);
            offload.kind = static_cast<segmentation>(data[6] & 3);
            offload.partial_checksum = data[7] & 1;
            frame.offload = offload;
            data = data.subspan(8);
        }
        frame.content.assign(data.begin(), data.end());
    }
    std::uint8_t choice = 0;
    frame_in frame;
};

}  // namespace

/// A whole direction on one frame whose buffer has not a byte to spare: whatever comes in, every buffer is
/// freed or sent, and what is sent is at least an Ethernet frame.
void run(std::span<const std::uint8_t> data) {
    static dataplane_fixture dataplane;
    if (data.empty()) return;
    const input given(data);
    const bool blue = (given.choice & 2) != 0;
    const auto sent =
        (given.choice & 1) != 0
            ? dataplane.encapsulate(blue ? 3 : 1, blue ? dataplane.blue : dataplane.red, {given.frame})
            : dataplane.decapsulate({given.frame}, (given.choice & 8) != 0
                                                       ? std::optional(dataplane_fixture::exception)
                                                       : std::nullopt);
    for (const sent_frame& frame : sent)
        require(frame.content.size() >= 14 || frame.port == dataplane_fixture::exception);
    require(dataplane.pool.in_use() == 0);
}

}  // namespace waggle::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    waggle::test::run({data, size});
    return 0;
}
