#include "control/overlay/host_encryption.hh"

#include <algorithm>
#include <utility>

#include "control/encryption/announcement_text.hh"
#include "control/overlay/overlay_profiles.hh"

namespace waggle::control {
namespace {

/// How long others may take to hear that this host does not want a profile any more.
constexpr std::chrono::seconds time_to_hear{60};

std::optional<overlay_secret> secret_of(const config::overlay& overlay, const key_material& keys) {
    if (overlay.preferred) {
        const auto root = keys.networks.find(overlay.preferred->secret);
        if (root == keys.networks.end()) return std::nullopt;
        return overlay_secret_of(root->second, overlay.id);
    }
    const auto found = keys.secrets.find(overlay.name);
    if (found == keys.secrets.end()) return std::nullopt;
    return found->second;
}

}  // namespace

host_encryption::host_encryption(random_source random, std::function<std::uint64_t()> life)
    : _random(std::move(random)), _life(std::move(life)) {
}

exchange_settings host_encryption::settings_for(const config::overlay& overlay,
                                                const overlay_secret& keys) const {
    const config::waggle_profile& profile = *waggle_of(overlay);
    return {
        overlay.id, _config.node.name, keys,
        profile.algorithm == config::aead::aes256gcm ? api::cipher::aes256gcm : api::cipher::chacha20poly1305,
        static_cast<std::uint16_t>(_config.node.worker_count())};
}

void host_encryption::configure(const config::config& config, key_material keys, moment now) {
    const std::vector<config::overlay> overlays_before = std::exchange(_config, config).overlays;
    _config.endpoints.clear();
    if (!keys.docker)
        _docker.reset();
    else if (_docker)
        _docker->rotate(std::move(*keys.docker));
    else
        _docker.emplace(std::move(*keys.docker));

    std::map<std::string, exchange> before = std::exchange(_exchanges, {});
    for (const config::overlay& overlay : _config.overlays) {
        const config::waggle_profile* profile = waggle_of(overlay);
        const std::optional<overlay_secret> secret = secret_of(overlay, keys);
        if (profile == nullptr || !secret) continue;
        exchange_settings settings = settings_for(overlay, *secret);
        auto known = before.find(overlay.name);
        exchange& kept =
            known != before.end() && known->second.settings() == settings
                ? _exchanges.insert(before.extract(known)).position->second
                : _exchanges.emplace(overlay.name, begin_exchange(overlay, std::move(settings), now))
                      .first->second;
        kept.set_interval(std::chrono::seconds(profile->rekey_seconds), now);
    }
    for (const config::overlay& overlay : overlays_before)
        if (auto former = before.extract(overlay.name); former && overlay.preferred)
            leave(overlay, std::move(former.mapped()), now);
    std::erase_if(_preferred, [&](const auto& each) { return !_exchanges.contains(each.first); });
}

exchange host_encryption::begin_exchange(const config::overlay& overlay, exchange_settings settings,
                                         moment now) {
    const auto saved = std::ranges::find(_saved.overlays, overlay.id.value(), &saved_encryption::overlay::id);
    if (saved != _saved.overlays.end()) {
        const saved_encryption::overlay taken = std::move(*saved);
        _saved.overlays.erase(saved);
        exchange earlier(settings, taken.exchange, _random, now);
        // Under other settings or another secret what was agreed is of no use.
        if (earlier.own_announcement() == taken.announcement) {
            if (overlay.preferred)
                for (const std::string& peer : earlier.peers()) _preferred[overlay.name].resume(peer);
            return earlier;
        }
    }
    return {std::move(settings), _life(), _random, now};
}

/// Where another profile takes over at once, nothing that is still under way is to be lost.
void host_encryption::leave(const config::overlay& overlay, exchange former, moment now) {
    const auto known = std::ranges::find(_config.overlays, overlay.name, &config::overlay::name);
    if (known == _config.overlays.end() || known->id != overlay.id || !is_docker(*known)) return;
    _left.push_back({overlay.name, *overlay.preferred, std::move(former), now + time_to_hear});
}

void host_encryption::resume(const saved_encryption& saved, moment now) {
    _instance = saved.instance;
    _saved = saved;
    for (const config::overlay& overlay : _config.overlays) {
        const auto known = _exchanges.find(overlay.name);
        if (known == _exchanges.end()) continue;
        if (std::ranges::find(_saved.overlays, overlay.id.value(), &saved_encryption::overlay::id) ==
            _saved.overlays.end())
            continue;
        known->second = begin_exchange(overlay, known->second.settings(), now);
        known->second.set_interval(std::chrono::seconds(waggle_of(overlay)->rekey_seconds), now);
    }
}

bool host_encryption::exchanges_on(vni overlay) const {
    return std::ranges::any_of(_config.overlays, [&](const config::overlay& each) {
        return each.id == overlay && waggle_of(each) != nullptr;
    });
}

void host_encryption::hear(vni overlay, std::set<std::string> announcements) {
    const auto of = std::ranges::find(_config.overlays, overlay, &config::overlay::id);
    if (of != _config.overlays.end() && of->preferred) _preferred[of->name].hear(std::move(announcements));
}

saved_encryption host_encryption::save() const {
    saved_encryption saved;
    saved.instance = _instance.value_or(0);
    for (const auto& [name, each] : _exchanges)
        saved.overlays.push_back({each.settings().overlay.value(), each.own_announcement(), each.save()});
    return saved;
}

bool host_encryption::dataplane_is(std::uint64_t instance, moment now) {
    const bool lost = _instance && *_instance != instance;
    _instance = instance;
    if (!lost) return false;
    _saved.overlays.clear();
    _left.clear();
    for (auto& [name, each] : _exchanges) each.renew(_life(), now);
    return !_exchanges.empty();
}

bool host_encryption::confirmed() {
    return _docker && _docker->advance();
}

std::vector<host_encryption::own_announcement> host_encryption::announcements() const {
    std::vector<own_announcement> all;
    for (const auto& [name, each] : _exchanges) all.push_back({name, each.epoch(), each.own_announcement()});
    return all;
}

result<bool> host_encryption::accept(std::span<const std::uint8_t> bytes, moment now) {
    const auto claimed = claimed_overlay(bytes);
    for (auto& [name, each] : _exchanges)
        if (each.settings().overlay.value() == claimed)
            return each.accept(bytes, now).context("an announcement for overlay " + name);
    return error{"the announcement is for no overlay of this host with the waggle profile"};
}

result<moment> host_encryption::rekey(const std::string& overlay, moment now) {
    if (overlay.empty()) {
        if (_exchanges.empty() && _docker && !_config.node.docker_encryption)
            return error{
                "no overlay has the waggle profile; the keys of encrypted networks come from the managers of "
                "the "
                "Docker swarm, which change them every twelve hours"};
        if (_exchanges.empty())
            return error{
                "no overlay has the waggle profile; Docker's keys come with their file: change it and "
                "reload"};
        moment last = now;
        for (auto& [name, each] : _exchanges) last = std::max(last, each.rekey(now));
        return last;
    }
    const auto found = _exchanges.find(overlay);
    if (found != _exchanges.end()) return found->second.rekey(now);
    const auto known = std::ranges::find(_config.overlays, overlay, &config::overlay::name);
    if (known == _config.overlays.end()) return error{"there is no overlay " + overlay};
    if (is_docker(*known) && !_config.node.docker_encryption)
        return error{"the keys of overlay " + overlay +
                     " come from the managers of the Docker swarm, which change them every twelve hours"};
    if (is_docker(*known))
        return error{"the keys of overlay " + overlay + " come from " + _config.node.docker_encryption->keys +
                     "; change it and reload"};
    return error{"overlay " + overlay + " is not encrypted"};
}

bool host_encryption::replace(const api::association_key& worn, moment now) {
    for (const config::overlay& overlay : _config.overlays) {
        const auto found = _exchanges.find(overlay.name);
        if (found == _exchanges.end()) continue;
        association_map of_overlay;
        add_exchange(overlay, found->second, of_overlay, now);
        if (!of_overlay.contains(worn)) continue;
        found->second.rekey(now);
        return true;
    }
    return false;
}

bool host_encryption::advance(moment now) {
    bool changed = false;
    for (auto& [name, each] : _exchanges) changed |= each.advance(now);
    for (auto& [name, each] : _preferred) changed |= each.advance(now);
    changed |= std::erase_if(_left, [&](const left_exchange& each) { return each.until <= now; }) != 0;
    return changed;
}

std::optional<moment> host_encryption::wake_at() const {
    std::optional<moment> first;
    const auto wake = [&](moment when) { first = first ? std::min(*first, when) : when; };
    for (const auto& [name, each] : _exchanges) wake(each.wake_at());
    for (const auto& [name, each] : _preferred)
        if (const auto when = each.wake_at()) wake(*when);
    for (const left_exchange& each : _left) wake(each.until);
    return first;
}

}  // namespace waggle::control
