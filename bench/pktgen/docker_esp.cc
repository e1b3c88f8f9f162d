#include "bench/pktgen/docker_esp.hh"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <intel-ipsec-mb.h>
#include <random>
#include <stdexcept>

#include "bench/pktgen/bytes.hh"

namespace waggle::pktgen {

namespace {

constexpr std::size_t esp_at = 34;
constexpr std::size_t iv_at = esp_at + 8;
constexpr std::size_t text_at = esp_at + 16;
constexpr std::size_t icv_length = 8;
constexpr std::uint8_t esp_protocol = 50;
constexpr std::uint8_t udp_protocol = 17;

/// FNV-1a over source, tag and destination, addresses as IPv6 ones (facts of stock Docker).
std::uint32_t spi_of(std::uint32_t source, std::uint32_t tag, std::uint32_t destination) {
    std::array<std::uint8_t, 36> bytes{};
    const auto put_address = [&](std::size_t at, std::uint32_t address) {
        bytes[at + 10] = bytes[at + 11] = 0xff;
        put32(&bytes[at + 12], address);
    };
    put_address(0, source);
    put32(&bytes[16], tag);
    put_address(20, destination);
    std::uint32_t state = 0x811c'9dc5;
    for (const std::uint8_t byte : bytes) state = (state ^ byte) * 0x0100'0193;
    return state;
}

std::array<std::uint8_t, 16> parse_key(std::string_view text) {
    std::array<std::uint8_t, 16> key{};
    if (text.size() != 2 * key.size()) throw std::runtime_error("a key has 32 hexadecimal digits");
    for (std::size_t i = 0; i < key.size(); ++i) {
        const char* const digits = text.data() + 2 * i;
        if (std::from_chars(digits, digits + 2, key[i], 16).ptr != digits + 2)
            throw std::runtime_error("a key has hexadecimal digits only");
    }
    return key;
}

}  // namespace

docker_esp::docker_esp(const agreement& agreed, std::string_view key, std::uint32_t tag,
                       std::size_t inner_length)
    : _agreed(agreed),
      _inner_length(inner_length),
      // UDP, VXLAN and the trailer are 18 bytes; all ends on a multiple of 4.
      _padding((0 - (inner_length + 18)) % 4),
      _length(front + inner_length + _padding + 2 + icv_length),
      _library(alloc_mb_mgr(0)),
      _key(std::make_unique<gcm_key_data>()) {
    if (_library == nullptr) throw std::runtime_error("no memory for libipsec-mb");
    init_mb_mgr_auto(_library, nullptr);
    IMB_AES128_GCM_PRE(_library, parse_key(key).data(), _key.get());
    std::random_device random;
    _iv_start = std::uint64_t{random()} << 32 | random();
    for (unsigned vtep = 0; vtep < agreed.vteps; ++vtep) {
        const std::uint32_t there = vtep_address(agreed, vtep);
        _pairs.push_back({spi_of(there, tag, local_vtep), spi_of(local_vtep, tag, there), 0});
    }
}

docker_esp::~docker_esp() {
    free_mb_mgr(_library);
}

std::vector<std::uint8_t> docker_esp::packet(unsigned flow) const {
    std::vector<std::uint8_t> made(_length);
    std::array<std::uint8_t, outer_length> plain{};
    write_outer(plain, _agreed, flow, _inner_length);
    // Ethernet and IPv4 as without ESP, but for length, protocol and checksum; UDP and VXLAN as they are.
    std::copy_n(plain.begin(), esp_at, made.begin());
    std::copy(plain.begin() + esp_at, plain.end(), made.begin() + text_at);
    put16(&made[16], static_cast<unsigned>(_length - 14));
    made[23] = esp_protocol;
    put16(&made[24], 0);
    put16(&made[24], header_checksum(&made[14]));
    put32(&made[esp_at], _pairs[flow % _agreed.vteps].to_dataplane);
    write_inner(std::span(made).subspan(front, _inner_length), flow, false);
    std::uint8_t* const trailer = made.data() + front + _inner_length;
    for (std::size_t i = 0; i < _padding; ++i) trailer[i] = static_cast<std::uint8_t>(i + 1);
    trailer[_padding] = static_cast<std::uint8_t>(_padding);
    trailer[_padding + 1] = udp_protocol;
    return made;
}

void docker_esp::nonce(std::uint8_t* to, std::uint32_t spi, const std::uint8_t* iv) const {
    put32(to, spi);
    std::memcpy(to + 4, iv, 8);
}

void docker_esp::seal(std::uint8_t* packet, unsigned flow) {
    pair& with = _pairs[flow % _agreed.vteps];
    put32(packet + esp_at + 4, ++with.sequence);
    const std::uint64_t iv = _iv_start + with.sequence;
    put32(packet + iv_at, static_cast<std::uint32_t>(iv >> 32));
    put32(packet + iv_at + 4, static_cast<std::uint32_t>(iv));
    std::uint8_t initial[16];
    nonce(initial, with.to_dataplane, packet + iv_at);
    gcm_context_data context;
    std::uint8_t* const text = packet + text_at;
    const std::size_t text_length = _length - text_at - icv_length;
    IMB_AES128_GCM_ENC(_library, _key.get(), &context, text, text, text_length, initial, packet + esp_at, 8,
                       text + text_length, icv_length);
}

bool docker_esp::check_outside(std::span<const std::uint8_t> packet) const {
    if (packet.size() != _length) return false;
    const std::uint8_t* const outer = packet.data();
    if (!std::equal(_agreed.next_hop_mac.begin(), _agreed.next_hop_mac.end(), outer) ||
        !std::equal(_agreed.local_mac.begin(), _agreed.local_mac.end(), outer + 6))
        return false;
    if (get16(outer + 12) != 0x0800 || outer[14] != 0x45 || outer[23] != esp_protocol) return false;
    if (get16(outer + 16) != _length - 14 || get32(outer + 26) != local_vtep) return false;
    const std::uint32_t vtep = get32(outer + 30) - vtep_address(_agreed, 0);
    return vtep < _agreed.vteps && get32(outer + esp_at) == _pairs[vtep].from_dataplane &&
           get32(outer + esp_at + 4) != 0;
}

bool docker_esp::check(std::span<std::uint8_t> packet) const {
    if (!check_outside(packet)) return false;
    std::uint8_t* const outer = packet.data();
    if (header_checksum(outer + 14) != 0) return false;
    std::uint8_t initial[16];
    nonce(initial, get32(outer + esp_at), outer + iv_at);
    gcm_context_data context;
    std::uint8_t computed[icv_length];
    std::uint8_t* const text = outer + text_at;
    const std::size_t text_length = _length - text_at - icv_length;
    IMB_AES128_GCM_DEC(_library, _key.get(), &context, text, text, text_length, initial, outer + esp_at, 8,
                       computed, icv_length);
    if (!std::equal(computed, computed + icv_length, text + text_length)) return false;
    const std::uint8_t* const trailer = outer + front + _inner_length;
    for (std::size_t i = 0; i < _padding; ++i)
        if (trailer[i] != i + 1) return false;
    if (trailer[_padding] != _padding || trailer[_padding + 1] != udp_protocol) return false;
    // What is left is a tunnelled packet without ESP.
    std::vector<std::uint8_t> plain(outer_length + _inner_length);
    std::copy_n(outer, esp_at, plain.begin());
    std::copy_n(text, plain.size() - esp_at, plain.begin() + esp_at);
    put16(&plain[16], static_cast<unsigned>(plain.size() - 14));
    plain[23] = udp_protocol;
    put16(&plain[24], 0);
    put16(&plain[24], header_checksum(&plain[14]));
    return check_tunnelled(plain, _agreed, _inner_length, true);
}

}  // namespace waggle::pktgen
