#include "tests/support/sealed_fixture.hh"

#include <algorithm>
#include <cstdlib>

namespace waggle::test {
namespace {

template <typename T>
std::shared_ptr<T> must(result<std::unique_ptr<T>> made) {
    if (!made) std::abort();
    return *std::move(made);
}

esp::association_parameters parameters_of(const esp_keys& keys) {
    esp::association_parameters parameters;
    parameters.cipher = keys.cipher == esp_cipher::chacha20_poly1305 ? esp::aead_cipher::chacha20_poly1305
                        : keys.key.size() == 16                      ? esp::aead_cipher::aes_128_gcm
                                                                     : esp::aead_cipher::aes_256_gcm;
    parameters.icv_length = static_cast<std::uint8_t>(keys.icv_length);
    parameters.extended_sequence = keys.extended;
    parameters.index = spi(keys.spi);
    parameters.key = keys.key;
    std::copy_n(keys.salt.begin(), 4, parameters.salt.begin());
    return parameters;
}

}  // namespace

sealed_fixture::sealed_fixture(protection_kind kind, const esp_keys& with, std::uint16_t port)
    : keys(with), inbound_keys(with), bound_to(protection::of(kind, red)), udp_port(port) {
    ++inbound_keys.spi;
    context.esp_udp_port = udp_port;
    tailroom = longest_trailer;
    writer.update_overlay(red, {.mtu = mtu, .flood = false, .protection = kind});
    for (const vtep_index vtep : {v4_peer, v6_peer}) send_with(vtep, make_sender());
    for (const ip_address& peer : {peer_v4, peer_v6}) {
        auto receiver = make_receiver();
        writer.set_receiver(spi(inbound_keys.spi), peer, *receiver);
        associations.push_back(std::move(receiver));
    }
    writer.commit();
}

std::shared_ptr<esp::outbound_association> sealed_fixture::make_sender(std::uint64_t first_sequence) const {
    return must(esp::make_outbound_at(parameters_of(keys), first_sequence, first_iv));
}

std::shared_ptr<esp::inbound_association> sealed_fixture::make_receiver(
    const esp::replay_settings& replay) const {
    auto made = must(esp::make_inbound(parameters_of(inbound_keys), replay));
    made->binding = bound_to.raw();
    return made;
}

void sealed_fixture::send_with(vtep_index vtep, std::shared_ptr<esp::outbound_association> with) {
    const overlay_index of = bound_to == protection::of(protection_kind::docker, 0) ? no_overlay : red;
    writer.set_sender(of, vtep, 0, with ? sender(with.get(), udp_port) : sender());
    if (with) associations.push_back(std::move(with));
}

}  // namespace waggle::test
