#include <cstddef>
#include <cstdint>

#include "control/gossip/memberlist/wire/lzw.hh"
#include "control/gossip/memberlist/wire/packing.hh"
#include "tests/fuzz/require.hh"

/// The input as what a peer compressed, and as what is to be compressed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace waggle;
    using namespace waggle::gossip;
    const byte_view input(data, size);
    constexpr std::size_t limit = 1 << 16;
    if (const result<bytes> plain = lzw::decompress(input, limit)) {
        require(plain->size() <= limit);
        if (!plain->empty()) require(!lzw::decompress(input, plain->size() - 1).ok());
    }
    const result<bytes> back = lzw::decompress(lzw::compress(input), size);
    require(back.ok() && text_of(*back) == text_of(input));
    if (size == 0) return 0;
    const result<bytes> unpacked = wire::unpack(wire::compress_message(input), size);

    if (unpacked) require(unpacked->size() <= size);
    return 0;
}
