#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/packet/checksum.hh"
#include "dataplane/packet/packet_offload.hh"

namespace waggle {

/// How one large frame becomes segments: read once, then each piece is written on its own, in any order.
/// Holds a pointer to the frame, which must stay as it is.
class cut_plan {
public:
    cut_plan() = default;

    /// Reads the headers of a linear frame of `length` bytes. False (and no pieces) if `offload` asks for no
    /// cut or for one that does not fit the frame: fragments, a header that contradicts the frame, an IPv6
    /// routing header (its pseudo header has another destination), no payload.
    bool read(const std::uint8_t* frame, std::size_t length, const packet_offload& offload);

    /// At least one after read() said true.
    std::uint32_t pieces() const { return _pieces; }
    /// Ethernet, IP and TCP or UDP, bytes.
    std::uint32_t header_length() const { return _header_length; }
    /// Bytes of piece `index`, Ethernet header included; the last piece may be shorter than the others.
    std::uint32_t piece_length(std::uint32_t index) const {
        return _header_length + (index + 1 == _pieces ? _last_payload : _segment);
    }
    /// The largest IP packet among the pieces, bytes.
    std::uint16_t largest_packet() const;

    /// Writes piece `index`, piece_length(index) bytes, with complete checksums. One pass over the payload.
    void write(std::uint32_t index, std::uint8_t* to) const;

private:
    bool read_ipv4(std::size_t length);
    bool read_ipv6(std::size_t length);
    bool read_transport(std::size_t end);
    void sum_headers();

    const std::uint8_t* _frame = nullptr;
    std::uint32_t _pieces = 0;
    std::uint32_t _segment = 0;
    std::uint32_t _last_payload = 0;
    std::uint32_t _header_length = 0;
    std::uint32_t _l4_offset = 0;
    segmentation _kind = segmentation::none;
    bool _ipv6 = false;
    std::uint8_t _protocol = 0;
    std::uint16_t _first_id = 0;
    std::uint32_t _first_sequence = 0;
    std::uint8_t _tcp_flags = 0;
    /// Sums of what all pieces have alike: the IPv4 header without total length, id and checksum; pseudo
    /// header and transport header without lengths, sequence number, flags and checksum.
    checksum_sum _ip_base = 0;
    checksum_sum _l4_base = 0;
};

/// The largest IP packet that cutting the frame leads to; 0 if it can't be cut as `offload` says.
inline std::uint16_t segmented_length(const std::uint8_t* frame, std::size_t length,
                                      const packet_offload& offload) {
    cut_plan plan;
    return plan.read(frame, length, offload) ? plan.largest_packet() : std::uint16_t{0};
}

}  // namespace waggle
