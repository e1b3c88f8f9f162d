#pragma once

#include <cstddef>
#include <vector>

#include "tests/support/dataplane_fixture.hh"

namespace waggle::test {

/// UDP datagrams of one flow and length as a port delivers them joined (UDP segmentation): outer headers of
/// the first, then all payloads. `packets`: Ethernet header first, IP without options.
inline frame_in in_one_piece(const std::vector<bytes>& packets) {
    const bool v4 = read16(packets.front(), 12) == 0x0800;
    const std::size_t headers = v4 ? 14 + 20 + 8 : 14 + 40 + 8;
    bytes piece = packets.front();
    for (std::size_t i = 1; i < packets.size(); ++i)
        piece.insert(piece.end(), packets[i].begin() + static_cast<std::ptrdiff_t>(headers),
                     packets[i].end());
    const auto put = [&](std::size_t at, std::size_t value) {
        piece[at] = static_cast<std::uint8_t>(value >> 8);
        piece[at + 1] = static_cast<std::uint8_t>(value);
    };
    if (v4) {
        put(16, piece.size() - 14);
        put(38, piece.size() - 34);
        put(24, 0);
        unsigned sum = 0;
        for (std::size_t at = 14; at < 34; at += 2)
            sum += static_cast<unsigned>(piece[at] << 8 | piece[at + 1]);
        sum = (sum & 0xffff) + (sum >> 16);
        put(24, ~(sum + (sum >> 16)) & 0xffff);
    } else {
        put(18, piece.size() - 54);
        put(58, piece.size() - 54);
    }
    const packet_offload offload{.checksum_start = static_cast<std::uint16_t>(headers - 8),
                                 .checksum_offset = 6,
                                 .segment_size = static_cast<std::uint16_t>(packets.front().size() - headers),
                                 .kind = segmentation::udp,
                                 .partial_checksum = 1};
    return {piece, offload};
}

}  // namespace waggle::test
