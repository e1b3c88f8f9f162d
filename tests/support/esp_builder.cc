#include "tests/support/esp_builder.hh"

#include <memory>
#include <openssl/evp.h>
#include <stdexcept>

namespace waggle::test {
namespace {

void check(int success) {
    if (success != 1) throw std::runtime_error("OpenSSL failed");
}

const EVP_CIPHER* cipher_of(const esp_keys& keys) {
    if (keys.cipher == esp_cipher::chacha20_poly1305) return EVP_chacha20_poly1305();
    return keys.key.size() == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
}

bytes big_endian(std::uint64_t value, unsigned size) {
    bytes out;
    for (unsigned i = size; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
    return out;
}

}  // namespace

bytes esp_padded(const bytes& plain, std::uint8_t next_header) {
    bytes text = plain;
    std::uint8_t padding = 0;
    while ((text.size() + 2) % 4 != 0) text.push_back(++padding);
    text.push_back(padding);
    text.push_back(next_header);
    return text;
}

bytes esp_sealed(const esp_keys& keys, std::uint64_t sequence, std::uint64_t iv, const bytes& text) {
    const bytes spi = big_endian(keys.spi, 4);
    const bytes low = big_endian(sequence, 4);
    const bytes iv_bytes = big_endian(iv, 8);
    // RFC 4303 section 2.2.1: the high half is authenticated and not sent.
    const bytes additional =
        keys.extended ? concatenated({spi, big_endian(sequence >> 32, 4), low}) : concatenated({spi, low});
    const bytes nonce = concatenated({keys.salt, iv_bytes});
    const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                             EVP_CIPHER_CTX_free);
    int length = 0;
    check(EVP_EncryptInit_ex(context.get(), cipher_of(keys), nullptr, keys.key.data(), nonce.data()));
    check(EVP_EncryptUpdate(context.get(), nullptr, &length, additional.data(),
                            static_cast<int>(additional.size())));
    bytes sealed(text.size() + 16);
    check(
        EVP_EncryptUpdate(context.get(), sealed.data(), &length, text.data(), static_cast<int>(text.size())));
    check(EVP_EncryptFinal_ex(context.get(), sealed.data() + length, &length));
    sealed.resize(text.size());
    bytes tag(16);
    check(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag.data()));
    tag.resize(keys.icv_length);
    return concatenated({spi, low, iv_bytes, sealed, tag});
}

bytes esp_packet(const esp_outer& with, const bytes& content) {
    const outer_fields& outer = with.outer;
    const std::uint8_t protocol = with.udp_port == 0 ? 50 : 17;
    const bytes payload = with.udp_port == 0
                              ? content
                              : udp(outer.source, outer.destination, with.udp_port, with.udp_port, content,
                                    outer.source.is_v4() ? checksum::zero : checksum::full);
    if (outer.source.is_v4())
        return ethernet(outer.destination_mac, outer.source_mac, 0x0800,
                        ipv4(outer.source, outer.destination, protocol, payload,
                             {.tos = outer.tos, .id = outer.id, .fragment = outer.fragment, .options = {}}));
    return ethernet(outer.destination_mac, outer.source_mac, 0x86dd,
                    ipv6(outer.source, outer.destination, protocol, payload, {.traffic_class = outer.tos}));
}

bytes esp_tunnelled(const esp_outer& with, const esp_keys& keys, std::uint32_t vni, const bytes& frame) {
    const outer_fields& outer = with.outer;
    const bytes datagram = udp(outer.source, outer.destination, outer.source_port, outer.destination_port,
                               vxlan(vni, frame), outer.sum);
    return esp_packet(with, esp_sealed(keys, with.sequence, with.iv, esp_padded(datagram)));
}

}  // namespace waggle::test
