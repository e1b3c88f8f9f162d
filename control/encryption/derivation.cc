#include "control/encryption/derivation.hh"

#include "control/encryption/byte_writer.hh"
#include "control/encryption/hkdf.hh"

namespace waggle::control {
namespace {

constexpr std::uint32_t first_free_spi = 256;

void add_end(byte_writer& info, const association_end& end) {
    info.number(static_cast<std::uint8_t>(end.node.size()));
    info.text(end.node);
    info.bytes(end.boot);
    info.number(end.own.epoch);
    info.bytes(end.own.key);
}

}  // namespace

std::optional<api::cipher> common_cipher(const announcement& sender, const announcement& receiver) {
    const auto common = static_cast<cipher_set>(sender.supported & receiver.supported);
    for (const api::cipher each : {sender.preferred, api::cipher::aes256gcm, api::cipher::chacha20poly1305})
        if ((common & set_of(each)) != 0) return each;
    return std::nullopt;
}

derived_association derive_association(const overlay_secret& overlay_keys, vni overlay, const secret& shared,
                                       const association_end& sender, const association_end& receiver,
                                       api::cipher cipher, std::uint16_t worker) {
    byte_writer info;
    info.text("waggle esp 1 association");
    info.number(overlay.value());
    info.number(static_cast<std::uint8_t>(cipher));
    info.number(worker);
    add_end(info, sender);
    add_end(info, receiver);
    const secret root = hkdf_extract(overlay_keys.mixing.reveal(), shared.reveal());
    const std::size_t length = api::keying_material_length(cipher);
    const secret all = hkdf_expand(root, info.written(), length + 4);

    derived_association made;
    made.keying_material = *secret::from(all.reveal().first(length));
    made.spi = byte_reader(all.reveal().subspan(length)).number<std::uint32_t>();
    if (made.spi < first_free_spi) made.spi += first_free_spi;
    return made;
}

}  // namespace waggle::control
