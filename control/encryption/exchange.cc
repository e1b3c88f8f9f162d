#include "control/encryption/exchange.hh"

#include <algorithm>
#include <utility>

namespace waggle::control {
namespace {

constexpr std::ptrdiff_t most_draining = 8;

bool is_draining(const agreed_keys& keys) {
    return keys.expires.has_value();
}

}  // namespace

exchange::exchange(exchange_settings settings, std::uint64_t started, random_source random, moment now)
    : _settings(std::move(settings)), _random(std::move(random)) {
    renew(started, now);
}

exchange::exchange(exchange_settings settings, const saved_exchange& saved, random_source random, moment now)
    : _settings(std::move(settings)),
      _random(std::move(random)),
      _started(saved.started),
      _boot(saved.boot),
      _epoch(saved.epoch),
      _current(key_pair::from(saved.current)),
      _next(key_pair::from(saved.next)),
      _announced_at(now),
      _rotates_at(saved.rotates_at) {
    announce();
    for (const auto& bytes : saved.announcements) {
        // What was accepted once and is refused now is of no use; its host announces itself again.
        const auto again = accept(bytes, now);
        static_cast<void>(again);
    }
}

void exchange::renew(std::uint64_t started, moment now) {
    _started = started;
    _random(_boot);
    _epoch = 1;
    _current = key_pair::make(_random);
    _next = key_pair::make(_random);
    _announced_at = now;
    _rotates_at = now + _interval;
    announce();
    for (auto& [name, peer] : _peers) {
        peer.agreed.clear();
        refresh(peer, now);
    }
}

void exchange::announce() {
    announcement own;
    own.overlay = _settings.overlay;
    own.node = _settings.node;
    own.started = _started;
    own.boot = _boot;
    own.workers = _settings.workers;
    own.preferred = _settings.preferred;
    own.current = {_epoch, _current.public_half};
    own.next = {_epoch + 1, _next.public_half};
    _announcement = seal_announcement(own, _settings.keys);
}

result<bool> exchange::accept(std::span<const std::uint8_t> bytes, moment now) {
    result<announcement> opened = open_announcement(bytes, _settings.overlay, _settings.keys);
    if (!opened) return opened.failure();
    const announcement& told = *opened;
    if (told.node == _settings.node) {
        if (told.started > _started)
            return error{"another host has the name of this node, '" + told.node +
                         "'; give each host a name of its own"};
        return false;
    }
    auto known = _peers.find(told.node);
    if (known == _peers.end()) {
        if (_peers.size() >= most_peers)
            return error{"is of host number " + std::to_string(most_peers + 1) + "; allowed: up to " +
                         std::to_string(most_peers)};
        known = _peers.try_emplace(told.node).first;
    } else {
        const announcement& before = known->second.told;
        const bool same_life = told.started == before.started && told.boot == before.boot;
        const bool newer =
            told.started > before.started || (same_life && told.current.epoch > before.current.epoch);
        if (!newer) return false;
        // What an earlier life sealed can't arrive from a host that has forgotten its keys.
        if (!same_life) known->second.agreed.clear();
    }
    known->second.told = std::move(*opened);
    known->second.bytes.assign(bytes.begin(), bytes.end());
    refresh(known->second, now);
    return true;
}

void exchange::refresh(known_peer& peer, moment now) {
    for (agreed_keys& each : peer.agreed) {
        const bool sends = each.own_epoch == _epoch && each.peer_epoch == peer.told.current.epoch;
        const bool receives = sends || (each.own_epoch == _epoch && each.peer_epoch == peer.told.next.epoch);
        each.sending = sends;
        if (sends) each.phase = api::association_phase::active;
        if (receives || each.expires) continue;
        each.phase = api::association_phase::draining;
        each.outbound.clear();
        each.expires = now + std::min(longest_drain, _interval);
    }
    // A host of the overlay that rotates without end must not cost more than this.
    while (std::ranges::count_if(peer.agreed, &is_draining) > most_draining)
        peer.agreed.erase(std::ranges::find_if(peer.agreed, &is_draining));
    for (const half& theirs : {peer.told.current, peer.told.next}) {
        const bool agreed = std::ranges::any_of(peer.agreed, [&](const agreed_keys& each) {
            return each.own_epoch == _epoch && each.peer_epoch == theirs.epoch;
        });
        if (!agreed) agree_on(peer, theirs);
    }
}

void exchange::agree_on(known_peer& peer, const half& theirs) {
    const std::optional<secret> shared = agree(_current.private_half, theirs.key);
    announcement own;
    own.supported = exchangeable_ciphers;
    own.preferred = _settings.preferred;
    const auto inbound = common_cipher(peer.told, own);
    const auto outbound = common_cipher(own, peer.told);
    if (!shared || !inbound || !outbound) return;

    const association_end us{_settings.node, _boot, {_epoch, _current.public_half}};
    const association_end them{peer.told.node, peer.told.boot, theirs};
    agreed_keys made;
    made.own_epoch = _epoch;
    made.peer_epoch = theirs.epoch;
    made.inbound_cipher = *inbound;
    made.outbound_cipher = *outbound;
    for (std::uint16_t worker = 0; worker < peer.told.workers; ++worker)
        made.inbound.push_back(
            derive_association(_settings.keys, _settings.overlay, *shared, them, us, *inbound, worker));
    for (std::uint16_t worker = 0; worker < _settings.workers; ++worker)
        made.outbound.push_back(
            derive_association(_settings.keys, _settings.overlay, *shared, us, them, *outbound, worker));
    made.sending = theirs.epoch == peer.told.current.epoch;
    made.phase = made.sending ? api::association_phase::active : api::association_phase::receive_only;
    peer.agreed.push_back(std::move(made));
}

void exchange::rotate(moment now) {
    // The old private half is wiped by this: what was sealed with its keys can't be opened any more by
    // whoever takes this host over later, once the agreed keys are drained too.
    _current = std::move(_next);
    _next = key_pair::make(_random);
    ++_epoch;
    _announced_at = now;
    _rotates_at = now + _interval;
    announce();
    for (auto& [name, peer] : _peers) refresh(peer, now);
}

void exchange::set_interval(std::chrono::seconds interval, moment now) {
    _interval = std::max(interval, settling);
    _rotates_at = std::min(_rotates_at, now + _interval);
}

moment exchange::rekey(moment now) {
    _rotates_at = std::min(_rotates_at, std::max(now, _announced_at + settling));
    return _rotates_at;
}

bool exchange::advance(moment now) {
    bool changed = false;
    for (auto& [name, peer] : _peers)
        changed |= std::erase_if(peer.agreed, [&](const agreed_keys& each) {
                       return each.expires && *each.expires <= now;
                   }) != 0;
    if (now < _rotates_at) return changed;
    rotate(now);
    return true;
}

moment exchange::wake_at() const {
    moment first = _rotates_at;
    for (const auto& [name, peer] : _peers)
        for (const agreed_keys& each : peer.agreed)
            if (each.expires) first = std::min(first, *each.expires);
    return first;
}

std::span<const agreed_keys> exchange::agreed_with(const std::string& peer) const {
    const auto known = _peers.find(peer);
    if (known == _peers.end()) return {};
    return known->second.agreed;
}

std::vector<std::string> exchange::peers() const {
    std::vector<std::string> names;
    for (const auto& [name, peer] : _peers) names.push_back(name);
    return names;
}

std::span<const std::uint8_t> exchange::announcement_of(const std::string& peer) const {
    const auto known = _peers.find(peer);
    if (known == _peers.end()) return {};
    return known->second.bytes;
}

saved_exchange exchange::save() const {
    saved_exchange saved{_started, _boot, _epoch, _current.private_half, _next.private_half, _rotates_at, {}};
    for (const auto& [name, peer] : _peers) saved.announcements.push_back(peer.bytes);
    return saved;
}

}  // namespace waggle::control
