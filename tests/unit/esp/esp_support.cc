#include "tests/unit/esp/esp_support.hh"

#include <array>
#include <numeric>
#include <stdexcept>

#include "dataplane/esp/sizes.hh"
#include "tests/unit/esp/openssl_aead.hh"

namespace waggle::esp {
namespace {

unsigned digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    throw std::runtime_error("not a hexadecimal digit");
}

/// Appends the low `count` bytes of `value`, big-endian.
void append(bytes& to, std::uint64_t value, unsigned count) {
    while (count-- > 0) to.push_back(static_cast<std::uint8_t>(value >> 8 * count));
}

}  // namespace

bytes from_hex(std::string_view text) {
    bytes data;
    bool high = true;
    for (const char c : text) {
        if (c == ' ' || c == '\n') continue;
        if (high)
            data.push_back(static_cast<std::uint8_t>(digit(c) << 4));
        else
            data.back() = static_cast<std::uint8_t>(data.back() | digit(c));
        high = !high;
    }
    if (!high) throw std::runtime_error("half a byte");
    return data;
}

std::string to_hex(const bytes& data) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : data) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

association_parameters test_parameters(aead_cipher cipher, bool extended) {
    static const auto key = [] {
        std::array<std::uint8_t, 32> counting{};
        std::iota(counting.begin(), counting.end(), std::uint8_t{0});
        return counting;
    }();
    return {.cipher = cipher,
            .icv_length = static_cast<std::uint8_t>(cipher == aead_cipher::aes_128_gcm ? 8 : 16),
            .extended_sequence = extended,
            .index = spi(0x1234),
            .key = std::span(key).first(key_length(cipher)),
            .salt = {0xa0, 0xa1, 0xa2, 0xa3}};
}

bytes seal_one(outbound_association& association, const bytes& payload, std::uint64_t now) {
    bytes buffer(sealed_length(payload.size(), association.icv_length));
    std::copy(payload.begin(), payload.end(), buffer.begin() + sizeof(esp_header));
    seal_burst burst;
    burst.count = 1;
    burst.esp[0] = buffer.data();
    burst.length[0] = static_cast<std::uint32_t>(payload.size());
    burst.room[0] = static_cast<std::uint32_t>(buffer.size());
    burst.association[0] = &association;
    seal(burst, now);
    if (burst.verdict[0] != seal_verdict::sealed) return {};
    if (burst.length[0] != buffer.size()) throw std::runtime_error("sealed to an unexpected length");
    return buffer;
}

opened_packet open_one(inbound_association& association, bytes packet, std::uint64_t now) {
    open_burst burst;
    burst.count = 1;
    burst.esp[0] = packet.data();
    burst.length[0] = static_cast<std::uint32_t>(packet.size());
    burst.association[0] = &association;
    open(burst, now);
    if (burst.verdict[0] != open_verdict::opened) return {burst.verdict[0], {}};
    const auto start = packet.begin() + sizeof(esp_header);
    return {open_verdict::opened, bytes(start, start + burst.length[0])};
}

bytes seal_by_openssl(const association_parameters& parameters, std::uint64_t sequence, std::uint64_t iv,
                      const bytes& text) {
    bytes packet;
    append(packet, parameters.index.value(), 4);
    append(packet, sequence, 4);
    bytes additional;
    append(additional, parameters.index.value(), 4);
    append(additional, sequence, parameters.extended_sequence ? 8 : 4);
    append(packet, iv, 8);
    bytes nonce(parameters.salt.begin(), parameters.salt.end());
    append(nonce, iv, 8);
    const sealed_text sealed = openssl_seal(parameters.cipher, {parameters.key.begin(), parameters.key.end()},
                                            nonce, additional, text);
    packet.insert(packet.end(), sealed.text.begin(), sealed.text.end());
    packet.insert(packet.end(), sealed.tag.begin(), sealed.tag.begin() + parameters.icv_length);
    return packet;
}

}  // namespace waggle::esp
