#include "config/schema/encryption.hh"

#include <bit>

#include "config/yaml/map_reader.hh"
#include "config/yaml/values.hh"

namespace waggle::config {

namespace {

constexpr std::string_view profiles = "docker, waggle";
constexpr std::uint64_t least_window = 64;
constexpr std::uint64_t most_window = 65536;
constexpr std::uint64_t least_rekey = 60;
constexpr std::uint64_t most_rekey = 86400;
constexpr std::uint64_t most_keepalive = 3600;

void read_window(const map_reader& map, std::uint32_t& window) {
    const auto entry = map.optional("replay_window");
    if (!entry) return;
    const auto number = read_number(*entry, least_window, most_window, "(a power of two)");
    if (!number) return;
    if (!std::has_single_bit(*number)) {
        entry->refuse("a power of two from 64 to 65536");
        return;
    }
    window = static_cast<std::uint32_t>(*number);
}

void read_replay(const map_reader& map, replay_protection& replay) {
    if (const auto entry = map.optional("replay"))
        if (const auto policy = read_choice<replay_policy>(*entry, {{"strict", replay_policy::strict},
                                                                    {"resync", replay_policy::resync},
                                                                    {"off", replay_policy::off}}))
            replay.policy = *policy;
    read_window(map, replay.window);
}

std::optional<std::string> read_required_path(const map_reader& map, std::string_view key,
                                              std::string_view allowed) {
    const auto entry = map.required(key, allowed);
    if (!entry) return std::nullopt;
    return read_absolute_path(*entry);
}

waggle_profile read_waggle_profile(const map_reader& map) {
    waggle_profile profile;
    if (auto path = read_required_path(map, "secret", "the path of a file with the overlay's secret"))
        profile.secret = std::move(*path);
    if (const auto entry = map.optional("algorithm"))
        if (const auto chosen = read_choice<aead>(
                *entry, {{"aes256gcm", aead::aes256gcm}, {"chacha20poly1305", aead::chacha20poly1305}}))
            profile.algorithm = *chosen;
    if (const auto entry = map.optional("rekey"))
        if (const auto seconds = read_number(*entry, least_rekey, most_rekey, "seconds"))
            profile.rekey_seconds = static_cast<std::uint32_t>(*seconds);
    read_window(map, profile.replay_window);
    return profile;
}

}  // namespace

docker_encryption read_docker_encryption(const cursor& at) {
    docker_encryption result;
    const map_reader map(at, {"keys", "replay", "replay_window"});
    if (auto path = read_required_path(map, "keys", "the path of a file with the three keys"))
        result.keys = std::move(*path);
    read_replay(map, result.replay);
    return result;
}

std::optional<encryption> read_encryption(const cursor& at, const scope& known) {
    if (peek(at, "profile") == "docker") {
        const map_reader map(at, {"profile"});
        if (!known.has_docker_keys)
            at.problem(
                "has the docker profile, whose keys are missing; allowed: with "
                "node.docker_encryption.keys");
        return docker_profile{};
    }
    if (peek(at, "profile") == "waggle") {
        const map_reader map(at, {"profile", "secret", "algorithm", "rekey", "replay_window"});
        return read_waggle_profile(map);
    }
    const map_reader map(at, {"profile", "secret", "algorithm", "rekey", "replay_window"});
    if (const auto profile = map.required("profile", profiles)) profile->refuse(profiles);
    return std::nullopt;
}

std::optional<network_encryption> read_network_encryption(const cursor& at) {
    const map_reader map(at, {"network", "secret", "algorithm", "rekey", "replay_window"});
    const auto name = map.required("network", "the name of a network of the Docker swarm");
    waggle_profile profile = read_waggle_profile(map);
    if (!name) return std::nullopt;
    const auto text = read_name(*name);
    if (!text) return std::nullopt;
    return network_encryption{*text, std::move(profile)};
}

esp_in_udp read_esp_in_udp(const cursor& at) {
    esp_in_udp result;
    const map_reader map(at, {"port", "keepalive"});
    if (const auto entry = map.optional("port"))
        if (const auto number = read_number(*entry, 1, 65535))
            result.port = static_cast<std::uint16_t>(*number);
    if (const auto entry = map.optional("keepalive"))
        if (const auto number = read_number(*entry, 0, most_keepalive, "seconds"))
            result.keepalive_seconds = static_cast<std::uint16_t>(*number);
    return result;
}

}  // namespace waggle::config
