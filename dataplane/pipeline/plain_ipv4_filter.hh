#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <immintrin.h>

#include "dataplane/packet/esp.hh"
#include "dataplane/packet/ethernet.hh"
#include "dataplane/packet/ipv4.hh"
#include "dataplane/packet/udp.hh"
#include "dataplane/packet/vxlan.hh"
#include "dataplane/packet/words.hh"
#include "dataplane/pipeline/worker_context.hh"

namespace waggle {

/// What plain_ipv4_filter finds; of `other` it knows nothing.
enum class plain_packet : std::uint8_t { other, vxlan, esp };

/// Recognises the most common packets with a few wide loads: VXLAN and ESP over IPv4 without options, whole,
/// right and for us, with nothing behind the datagram.
class plain_ipv4_filter {
public:
    explicit plain_ipv4_filter(const worker_context& context) {
        if (!context.vtep_v4) return;
        pattern common;
        common.want(offsetof(ethernet_header, type), be16(ethertype::ipv4), be16(0xffff));
        common.want(l3_offset, std::uint8_t{0x45}, std::uint8_t{0xff});
        common.want(l3_offset + offsetof(ipv4_header, fragment), be16(0),
                    be16(ipv4_more_fragments | ipv4_fragment_offset));
        common.want(l3_offset + offsetof(ipv4_header, destination),
                    load_word<std::uint32_t>(context.vtep_v4->wire_bytes().data()), ~std::uint32_t{0});
        pattern sealed = common;
        sealed.want(protocol_offset, std::uint8_t{ip_protocol::esp}, std::uint8_t{0xff});
        _sealed.set(sealed);
        common.want(protocol_offset, std::uint8_t{ip_protocol::udp}, std::uint8_t{0xff});
        common.want(udp_offset + offsetof(udp_header, destination_port), context.udp_port, be16(0xffff));
        _vxlan.set(common);
    }
    /// Of a packet of `length` bytes at `data`, Ethernet header first.
    plain_packet classify(const std::uint8_t* data, std::uint16_t length) const {
        if (length < shortest) return plain_packet::other;
        const auto bytes = load_word<__m256i>(data + window_start);
        if (_vxlan.fits(bytes)) [[likely]] {
            const be16 udp(static_cast<std::uint16_t>(length - udp_offset));
            const bool right =
                load_word<std::uint16_t>(data + udp_offset + offsetof(udp_header, length)) == udp.raw() &&
                header_is_right(data + l3_offset, length);
            return right ? plain_packet::vxlan : plain_packet::other;
        }
        return _sealed.fits(bytes) && header_is_right(data + l3_offset, length) ? plain_packet::esp
                                                                                : plain_packet::other;
    }

    static constexpr std::size_t udp_offset = l3_offset + sizeof(ipv4_header);

private:
    static constexpr std::size_t protocol_offset = l3_offset + offsetof(ipv4_header, protocol);
    static constexpr std::uint16_t shortest = udp_offset + sizeof(udp_header) + sizeof(vxlan_header);
    static_assert(shortest == udp_offset + sizeof(esp_header));
    /// What one load takes: from the EtherType to the first bytes of the VXLAN or ESP header.
    using window = std::array<std::uint8_t, sizeof(__m256i)>;
    static constexpr std::size_t window_start = offsetof(ethernet_header, type);
    static_assert(window_start + sizeof(window) <= shortest);

    /// Bits that must be as in `wanted`, where the others are 0.
    struct pattern {
        window care{};
        window wanted{};
        template <typename T>
        void want(std::size_t at, T value, T mask) {
            std::memcpy(&care[at - window_start], &mask, sizeof mask);
            std::memcpy(&wanted[at - window_start], &value, sizeof value);
        }
    };
    class loaded_pattern {
    public:
        void set(const pattern& from) {
            _care = load_word<__m256i>(from.care.data());
            _wanted = load_word<__m256i>(from.wanted.data());
        }
        bool fits(__m256i bytes) const {
            const __m256i difference = _mm256_xor_si256(_mm256_and_si256(bytes, _care), _wanted);
            return _mm256_testz_si256(difference, difference) != 0;
        }

    private:
        // At first one that no packet fits.
        __m256i _care = _mm256_setzero_si256();
        __m256i _wanted = _mm256_set1_epi8(1);
    };

    /// Total length and checksum of an IPv4 header without options, of a packet of `length` bytes. Words of
    /// any width, added with the carry brought round, give what the ten 16-bit words of RFC 1071 do.
    static bool header_is_right(const std::uint8_t* header, std::uint16_t length) {
        const be16 total(static_cast<std::uint16_t>(length - l3_offset));
        const auto word = load_word<std::uint64_t>(header);
        std::uint64_t sum = word + load_word<std::uint64_t>(header + 8);
        sum += sum < word ? 1 : 0;
        const std::uint64_t last = load_word<std::uint32_t>(header + 16);
        sum += last;
        sum += sum < last ? 1 : 0;
        const auto half = static_cast<std::uint32_t>((sum + std::rotl(sum, 32)) >> 32);
        return load_word<std::uint16_t>(header + offsetof(ipv4_header, total_length)) == total.raw() &&
               half + std::rotl(half, 16) >= 0xffff'0000;
    }

    loaded_pattern _vxlan;
    loaded_pattern _sealed;
};

}  // namespace waggle
