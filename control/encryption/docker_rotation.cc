#include "control/encryption/docker_rotation.hh"

#include <algorithm>
#include <array>
#include <span>

namespace waggle::control {
namespace {

constexpr std::uint8_t icv_length = 8;

/// The key and the salt, which is the SPI.
secret keying_material(const docker_key& key, std::uint32_t spi) {
    std::array<std::uint8_t, 20> bytes{};
    std::ranges::copy(key.key.reveal(), bytes.begin());
    for (std::size_t i = 0; i < 4; ++i) bytes[16 + i] = static_cast<std::uint8_t>(spi >> (24 - 8 * i));
    secret result = *secret::from(bytes);
    wipe(bytes);
    return result;
}

}  // namespace

bool docker_rotation::rotate(docker_keyring next) {
    if (next == _target) return false;
    _target = std::move(next);
    for (const docker_key& key : _target.keys) {
        auto same = std::ranges::find(_accepted, key.tag, &docker_key::tag);
        if (same == _accepted.end())
            _accepted.push_back(key);
        else
            *same = key;
        if (_sending.tag == key.tag) _sending = key;
    }
    _step = step::receive;
    return true;
}

bool docker_rotation::advance() {
    switch (_step) {
        case step::receive:
            _sending = _target.sending();
            _step = step::send;
            return true;
        case step::send:
            _accepted.assign(_target.keys.begin(), _target.keys.end());
            _step = step::steady;
            return true;
        case step::steady:
            break;
    }
    return false;
}

association_list docker_rotation::associations(const docker_peer& with,
                                               const docker_settings& settings) const {
    association_list list;
    for (const docker_key& key : _accepted) {
        const std::uint32_t spi = docker_spi(with.peer, with.self, key.tag);
        api::association inbound;
        inbound.profile = api::encryption::docker;
        inbound.cipher = api::cipher::aes128gcm;
        inbound.icv_length = icv_length;
        inbound.keying_material = keying_material(key, spi);
        inbound.replay_window = settings.replay_window;
        inbound.replay = settings.replay;
        list.emplace_back(api::association_key{api::direction::inbound, with.peer, spi}, std::move(inbound));
    }
    const std::uint32_t spi = docker_spi(with.self, with.peer, _sending.tag);
    api::association outbound;
    outbound.profile = api::encryption::docker;
    outbound.cipher = api::cipher::aes128gcm;
    outbound.icv_length = icv_length;
    outbound.keying_material = keying_material(_sending, spi);
    outbound.encapsulation_port = with.encapsulation_port;
    outbound.keepalive_seconds = with.keepalive_seconds;
    list.emplace_back(api::association_key{api::direction::outbound, with.peer, spi}, std::move(outbound));
    return list;
}

}  // namespace waggle::control
