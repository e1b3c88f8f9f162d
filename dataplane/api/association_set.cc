#include "dataplane/api/association_set.hh"

#include <algorithm>

#include "dataplane/api/describe.hh"
#include "dataplane/table/esp_drop_reason.hh"
#include "dataplane/table/table_writer.hh"

namespace waggle::api {

namespace {

constexpr double nearly_used = 0.9;
/// Seconds until an event is told again.
constexpr std::uint64_t told_for = 30;

/// The same sequence numbers, IVs and replay window go on. All but these may change under way.
bool is_same_life(const association& a, const association& b, direction of) {
    const bool same = a.instance == b.instance && a.keying_material == b.keying_material &&
                      a.profile == b.profile && a.overlay == b.overlay && a.cipher == b.cipher &&
                      a.icv_length == b.icv_length && a.extended_sequence == b.extended_sequence;
    if (of == direction::outbound) return same;
    return same && a.replay == b.replay && a.replay_window == b.replay_window;
}

esp::association_parameters parameters_of(const association_key& key, const association& wanted) {
    const auto material = wanted.keying_material.reveal();
    esp::association_parameters parameters;
    parameters.cipher = static_cast<esp::aead_cipher>(wanted.cipher);
    parameters.icv_length = wanted.icv_length;
    parameters.extended_sequence = wanted.extended_sequence;
    parameters.index = spi(key.spi);
    parameters.key = material.first(material.size() - parameters.salt.size());
    std::ranges::copy(material.last(parameters.salt.size()), parameters.salt.begin());
    return parameters;
}
static_assert(static_cast<int>(esp::aead_cipher::aes_128_gcm) == static_cast<int>(cipher::aes128gcm) &&
              static_cast<int>(esp::aead_cipher::aes_256_gcm) == static_cast<int>(cipher::aes256gcm) &&
              static_cast<int>(esp::aead_cipher::chacha20_poly1305) ==
                  static_cast<int>(cipher::chacha20poly1305));
static_assert(static_cast<int>(esp::replay_policy::strict) == static_cast<int>(replay_policy::strict) &&
              static_cast<int>(esp::replay_policy::resync) == static_cast<int>(replay_policy::resync) &&
              static_cast<int>(esp::replay_policy::off) == static_cast<int>(replay_policy::off));

double share_used(const esp::association_usage& usage) {
    return usage.sequence_limit == 0
               ? 0
               : static_cast<double>(usage.last_sequence) / static_cast<double>(usage.sequence_limit);
}

}  // namespace

association_set::association_set(table_writer& tables, std::function<std::uint64_t()> clock)
    : _tables(tables), _clock(std::move(clock)) {
}

association_set::~association_set() {
    std::vector<association_key> all;
    for (const auto& [key, one] : _entries) all.push_back(key);
    apply({}, all);
}

result<association_set::entry> association_set::make(const association_key& key,
                                                     const association& wanted) const {
    entry made;
    made.parameters = wanted;
    if (key.direction == direction::outbound) {
        auto sending = esp::make_outbound(parameters_of(key, wanted));
        if (!sending) return std::move(sending).context(describe(key)).failure();
        made.sending = *std::move(sending);
        return made;
    }
    auto receiving = esp::make_inbound(
        parameters_of(key, wanted),
        {.policy = static_cast<esp::replay_policy>(wanted.replay), .window = wanted.replay_window});
    if (!receiving) return std::move(receiving).context(describe(key)).failure();
    const overlay_index overlay = wanted.overlay ? _tables.overlay_of(*wanted.overlay) : no_overlay;
    (*receiving)->binding =
        protection::of(wanted.overlay ? protection_kind::waggle : protection_kind::docker, overlay).raw();
    made.receiving = *std::move(receiving);
    return made;
}

result<void> association_set::prepare(const upserts& wanted) {
    for (const auto& [key, parameters] : wanted) {
        // Of one that is for an overlay that is not there, the same change removes it again (it was checked).
        if (parameters.overlay && _tables.overlay_of(*parameters.overlay) == no_overlay) continue;
        const auto known = _entries.find(key);
        if (known != _entries.end() && is_same_life(known->second.parameters, parameters, key.direction)) {
            _prepared.erase(key);
            continue;
        }
        auto made = make(key, parameters);
        if (!made) {
            abandon();
            return made.failure();
        }
        _prepared.insert_or_assign(key, *std::move(made));
    }
    return {};
}

void association_set::publish(const association_key& key, const entry& with) {
    if (with.receiving) return _tables.set_receiver(spi(key.spi), key.vtep, *with.receiving);
    const auto slot = sender_slot_of(key, with.parameters);
    const auto vtep = _tables.vtep_of(key.vtep);
    if (!slot || !vtep) return;
    const overlay_index overlay = slot->overlay ? _tables.overlay_of(*slot->overlay) : no_overlay;
    if (slot->overlay && overlay == no_overlay) return;
    _senders.insert_or_assign(*slot, key);
    _tables.set_sender(overlay, *vtep, slot->lane,
                       sender(with.sending.get(), with.parameters.encapsulation_port));
}

void association_set::retire(entry& former) {
    if (former.sending) _tables.retire_association(std::move(former.sending));
    if (former.receiving) _tables.retire_association(std::move(former.receiving));
}

/// Nothing sends there any more, unless another one does.
void association_set::vacate(const association_key& key, const sender_slot& slot) {
    const auto holder = _senders.find(slot);
    if (holder == _senders.end() || !(holder->second == key)) return;
    _senders.erase(holder);
    const overlay_index overlay = slot.overlay ? _tables.overlay_of(*slot.overlay) : no_overlay;
    const auto vtep = _tables.vtep_of(key.vtep);
    if (vtep && !(slot.overlay && overlay == no_overlay)) _tables.set_sender(overlay, *vtep, slot.lane, {});
}

void association_set::apply(const upserts& wanted, const std::vector<association_key>& removals) {
    std::vector<std::pair<association_key, sender_slot>> vacated;
    std::vector<entry> former;
    const auto leaves = [&](const association_key& key, const association& before) {
        if (const auto slot = sender_slot_of(key, before)) vacated.emplace_back(key, *slot);
    };
    for (const auto& [key, parameters] : wanted) {
        auto known = _entries.find(key);
        if (known != _entries.end()) leaves(key, known->second.parameters);
        if (auto made = _prepared.extract(key)) {
            if (known != _entries.end())
                former.push_back(std::exchange(known->second, std::move(made.mapped())));
            else
                known = _entries.insert(std::move(made)).position;
        }
        if (known == _entries.end()) continue;
        known->second.parameters = parameters;
        publish(key, known->second);
    }
    for (const association_key& key : removals) {
        auto gone = _entries.extract(key);
        if (!gone) continue;
        leaves(key, gone.mapped().parameters);
        if (gone.mapped().receiving) _tables.remove_receiver(spi(key.spi), key.vtep);
        former.push_back(std::move(gone.mapped()));
    }
    // Successors send by now; what is vacated here has none.
    for (const auto& [key, slot] : vacated) {
        const auto now = _entries.find(key);
        if (now == _entries.end() || sender_slot_of(key, now->second.parameters) != slot) vacate(key, slot);
    }
    for (entry& one : former) retire(one);
    _prepared.clear();
}

void association_set::fill(association_report& report) const {
    const auto found = _entries.find(report.key);
    if (found == _entries.end()) return;
    const entry& one = found->second;
    const esp::association_usage usage = one.sending ? one.sending->usage() : one.receiving->usage();
    const auto age = std::chrono::steady_clock::now() - one.born;
    report.age_seconds =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(age).count());
    report.packets = usage.packets;
    report.bytes = usage.bytes;
    report.sequence = usage.last_sequence;
    report.sequence_used = share_used(usage);
    if (usage.last_used != 0 && _clock) {
        const std::uint64_t now = _clock();
        report.idle_seconds = now > usage.last_used ? (now - usage.last_used) / 1'000'000'000 : 0;
    }
    const auto add = [&](auto verdict, std::uint64_t count) {
        if (count == 0) return;
        const drop_reason_text& text = drop_reason_texts[static_cast<std::size_t>(reason_of(verdict))];
        report.errors.push_back({std::string(text.name), std::string(text.description), count});
    };
    if (one.sending) {
        for (std::size_t i = 1; i < esp::seal_verdict_count; ++i)
            add(static_cast<esp::seal_verdict>(i), one.sending->refused(static_cast<esp::seal_verdict>(i)));
    } else {
        for (std::size_t i = 1; i < esp::open_verdict_count; ++i)
            add(static_cast<esp::open_verdict>(i), one.receiving->refused(static_cast<esp::open_verdict>(i)));
    }
}

std::optional<event> association_set::look_at(const association_key& key, entry& one) const {
    const esp::association_usage usage = one.sending->usage();
    if (share_used(usage) < nearly_used) return std::nullopt;
    const auto what = usage.last_sequence >= usage.sequence_limit ? event::kind::sequence_used_up
                                                                  : event::kind::sequence_nearly_used;
    if (one.told == what && _checks - one.told_at < told_for) return std::nullopt;
    one.told = what;
    one.told_at = _checks;
    return event{.what = what, .association = key};
}

std::vector<std::pair<ip_address, std::uint16_t>> association_set::take_keepalives() {
    std::vector<std::pair<ip_address, std::uint16_t>> due;
    if (!_clock) return due;
    const std::uint64_t now = _clock();
    for (const auto& [slot, key] : _senders) {
        const auto found = _entries.find(key);
        if (found == _entries.end()) continue;
        entry& one = found->second;
        const std::uint64_t interval = std::uint64_t{one.parameters.keepalive_seconds} * 1'000'000'000;
        if (interval == 0 || one.parameters.encapsulation_port == 0) continue;
        const std::uint64_t last = std::max(one.sending->usage().last_used, one.last_keepalive);
        if (last != 0 && now < last + interval) continue;
        one.last_keepalive = now;
        due.emplace_back(key.vtep, one.parameters.encapsulation_port);
    }
    return due;
}

std::vector<event> association_set::check() {
    ++_checks;
    std::vector<event> happened;
    for (const auto& [slot, key] : _senders)
        if (const auto found = _entries.find(key); found != _entries.end())
            if (auto told = look_at(key, found->second)) happened.push_back(*std::move(told));
    return happened;
}

}  // namespace waggle::api
