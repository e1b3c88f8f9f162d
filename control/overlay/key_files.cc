#include "control/overlay/key_files.hh"

#include <algorithm>
#include <charconv>

#include "config/private_file.hh"
#include "control/overlay/durable_file.hh"

namespace waggle::control {
namespace {

result<docker_keyring> read_docker_keys(const std::string& path) {
    const auto text = config::read_private_file(path);
    if (!text) return text.failure();
    return parse_docker_keys(text->view()).context(path);
}

result<secret> read_secret(const std::string& path) {
    const auto text = config::read_private_file(path);
    if (!text) return text.failure();
    return parse_secret_root(text->view()).context(path);
}

}  // namespace

result<key_material> read_key_files(const config::config& config) {
    key_material keys;
    if (config.node.docker_encryption) {
        auto ring = read_docker_keys(config.node.docker_encryption->keys);
        if (!ring) return error{"node.docker_encryption.keys: " + ring.failure().message};
        keys.docker = std::move(*ring);
    }
    for (const config::overlay& overlay : config.overlays) {
        if (!overlay.encryption) continue;
        const auto* profile = std::get_if<config::waggle_profile>(&*overlay.encryption);
        if (profile == nullptr) continue;
        const auto read = read_secret(profile->secret);
        if (!read)
            return error{"encryption.secret of overlay " + overlay.name + ": " + read.failure().message};
        keys.secrets.emplace(overlay.name, overlay_secret_of(*read, overlay.id));
    }
    if (!config.swarm) return keys;
    for (const config::network_encryption& network : config.swarm->encryption) {
        auto read = read_secret(network.profile.secret);
        if (!read)
            return error{"swarm.encryption of network " + network.name + ": " + read.failure().message};
        keys.networks.emplace(network.profile.secret, std::move(*read));
    }
    return keys;
}

std::uint64_t life_counter::next(std::uint64_t now) {
    if (_last == 0)
        if (const auto text = read_file(_path)) {
            std::uint64_t kept = 0;
            std::from_chars(text->data(), text->data() + text->size(), kept);
            // A file that was damaged into the far future must not stop the count.
            if (kept < UINT64_MAX / 2) _last = kept;
        }
    _last = std::max(now, _last + 1);
    const auto kept = write_durably(_path, std::to_string(_last) + "\n");
    // Without it only a clock that was set back can do harm.
    static_cast<void>(kept);
    return _last;
}

}  // namespace waggle::control
