#include "control/overlay/reconciler.hh"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

namespace waggle::control {
namespace {

bool is_name_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

/// Whether `text` speaks of `name`, and not of a longer name that contains it.
bool mentions(std::string_view text, std::string_view name) {
    for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
        bool starts = at == 0 || !is_name_character(text[at - 1]);
        std::string_view rest = text.substr(at + name.size());
        if (rest.starts_with('.')) rest.remove_prefix(1);
        bool ends = rest.empty() || !is_name_character(rest.front());
        if (starts && ends) return true;
    }
    return false;
}

/// The one port that the reason names, if it names exactly one.
std::optional<std::string> named_in(const std::string& reason, const std::vector<std::string>& ports) {
    std::optional<std::string> named;
    for (const std::string& port : ports) {
        if (!mentions(reason, port)) continue;
        if (named) return std::nullopt;
        named = port;
    }
    return named;
}

}  // namespace

void reconciler::desire(changing_state desired, moment now) {
    bool changed = _refusal && *_desired != *desired;
    // What is in flight or in force goes its own way from here on.
    if (!_changes.empty()) _changes.undo(*_desired);
    _changes.clear();
    _desired = std::move(desired);
    _faults.follow(*_desired);
    if (changed) retry_soon(now);
}

void reconciler::retry_soon(moment now) {
    // A changed state is worth another try, but a stream of changes must not become a stream of snapshots.
    _refusal->retry_at = std::max(now, _refusal->refused_at + first_pause);
    _refusal->pause = first_pause;
}

void reconciler::amend(const api::delta& entries, moment now) {
    if (entries.empty()) return;
    if (_in_flight && _in_flight->is_snapshot && _in_flight->target == _desired)
        _desired = std::make_shared<api::state>(*_desired);
    else if (_desired == (_in_flight ? _in_flight->target : _in_force))
        _changes.note(*_desired, entries);
    api::apply(*_desired, entries);
    if (_refusal) retry_soon(now);
}

void reconciler::connected(std::uint64_t instance, std::set<std::string> open_ports, moment now) {
    if (_instance != instance) _faults.retry_soon(now);
    _instance = instance;
    _connected = true;
    _in_force.reset();
    _in_flight.reset();
    _changes.clear();
    _snapshot_needed = true;
    _open_ports = std::move(open_ports);
    _faults.stop_search();
    _probe_without_suspects = false;
    _refusal.reset();
}

void reconciler::disconnected() {
    _connected = false;
    _in_force.reset();
    _in_flight.reset();
    _changes.clear();
}

bool reconciler::acknowledged() {
    if (!_in_flight) return false;
    const bool entries_only = _in_force == _in_flight->target && !_snapshot_needed;
    _in_force = std::move(_in_flight->target);
    _in_flight.reset();
    _snapshot_needed = false;
    _open_ports.clear();
    if (_refusal) _messages.push_back({false, "the dataplane accepts the state again"});
    _refusal.reset();
    if (entries_only) return false;
    for (const std::string& port : _faults.absolve(*_in_force))
        _messages.push_back({false, "the dataplane accepts port " + port + " now"});
    return true;
}

void reconciler::refused(const std::string& reason, moment now) {
    if (!_in_flight) return;
    flight failed = std::move(*_in_flight);
    _in_flight.reset();
    if (_in_force == failed.target && _in_force == _desired)
        _changes.put_before(std::move(failed.changes));
    else if (_in_force == failed.target)
        failed.changes.undo(*_in_force);
    if (_in_force != _desired) _changes.clear();
    _snapshot_needed = true;
    bool probed = _probe_without_suspects;
    _probe_without_suspects = false;
    if (std::optional<std::string> named = named_in(reason, failed.suspects))
        return blame(*named, reason, *failed.target, now);
    // What was said without the suspects is not about them.
    if (failed.suspects.empty() || probed || (_refusal && _refusal->reason == reason))
        return refuse_whole(reason, now);
    if (failed.suspects.size() == 1) return blame(failed.suspects.front(), reason, *failed.target, now);
    if (failed.searching) return _faults.halve(failed.suspects);
    _faults.hold(failed.suspects);
    _probe_without_suspects = true;
}

std::optional<reconciler::batch> reconciler::next(moment now) {
    if (!_connected || _in_flight || !_desired) return std::nullopt;
    if (_refusal && now < _refusal->retry_at) return std::nullopt;
    for (;;) {
        bool trying = !_probe_without_suspects && !_faults.try_next().empty();
        std::set<std::string> left_out =
            _faults.left_out(*_desired, _probe_without_suspects ? moment::min() : now);
        changing_state target = left_out.empty() ? _desired : without_ports(_desired, left_out, _in_force);
        if (target != _desired && _in_force == _desired && _in_force) {
            // They part here.
            _in_force = std::make_shared<api::state>(*_in_force);
            _changes.undo(*_in_force);
            _changes.clear();
        }
        batch out;
        entry_changes changes;
        if (_in_force) {
            if (_in_force == target) {
                changes = std::exchange(_changes, {});
                out.change = changes.until(*target);
            } else {
                out.change = api::difference(*_in_force, *target);
            }
            if (out.change.empty()) {
                // Nothing to send; the refused batch before it left the state in force as it is.
                if (_probe_without_suspects) {
                    _probe_without_suspects = false;
                    continue;
                }
                if (trying) continue;
                if (_refusal) {
                    // Nothing is left that could be accepted, and nothing to try again.
                    _messages.push_back({false, "what the dataplane refused is not wanted any more"});
                    _refusal.reset();
                }
                return std::nullopt;
            }
        }
        if (_snapshot_needed) {
            out.snapshot = target;
            out.change = {};
        }
        std::vector<std::string> suspects;
        if (target != _in_force) suspects = suspects_in(*target);
        const bool is_snapshot = out.snapshot != nullptr;
        _in_flight = flight{std::move(target), std::move(suspects), trying, is_snapshot, std::move(changes)};
        return out;
    }
}

std::optional<moment> reconciler::wake_at() const {
    if (!_connected || _in_flight) return std::nullopt;
    if (_refusal) return _refusal->retry_at;
    return _faults.next_retry();
}

std::vector<reconciler::message> reconciler::take_messages() {
    return std::exchange(_messages, {});
}

bool reconciler::port_in_force(const std::string& port) const {
    if (!_in_force || !_desired) return false;
    auto wanted = _desired->ports.find(port);
    auto present = _in_force->ports.find(port);
    return wanted != _desired->ports.end() && present != _in_force->ports.end() &&
           wanted->second == present->second;
}

shared_state reconciler::exactly_in_force() const {
    if (!_in_force) return nullptr;
    const bool ahead = _in_force == _desired && !_changes.empty();
    const bool sent_ahead = _in_flight && _in_flight->target == _in_force && !_in_flight->changes.empty();
    if (!ahead && !sent_ahead) return _in_force;
    auto exact = std::make_shared<api::state>(*_in_force);
    if (ahead) _changes.undo(*exact);
    if (sent_ahead) _in_flight->changes.undo(*exact);
    return exact;
}

api::delta reconciler::diff() const {
    static const api::state nothing;
    if (!_desired) return _in_force ? api::difference(*_in_force, nothing) : api::delta();
    if (!_in_force) return api::difference(nothing, *_desired);
    if (_in_force != _desired) return api::difference(*exactly_in_force(), *_desired);
    entry_changes all = _changes;
    if (_in_flight && _in_flight->target == _in_force) all.put_before(_in_flight->changes);
    return all.until(*_desired);
}

std::vector<std::string> reconciler::suspects_in(const api::state& target) const {
    std::vector<std::string> names;
    for (const auto& [name, port] : target.ports) {
        if (_in_force) {
            auto present = _in_force->ports.find(name);
            if (present != _in_force->ports.end() && present->second == port) continue;
        } else if (_open_ports.contains(name)) {
            continue;
        }
        names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
}

void reconciler::blame(const std::string& port, const std::string& reason, const api::state& target,
                       moment now) {
    // It is wanted differently by now, or no more: what was refused will not be sent again.
    auto wanted = _desired->ports.find(port);
    if (wanted == _desired->ports.end() || wanted->second != target.ports.at(port)) return;
    if (_faults.blame(port, target.ports.at(port), reason, now))
        _messages.push_back(
            {true, "the dataplane refuses port " + port + ", which is tried again later: " + reason});
}

void reconciler::refuse_whole(const std::string& reason, moment now) {
    _faults.stop_search();
    auto pause = _refusal ? std::min(_refusal->pause * 2, longest_pause) : first_pause;
    if (!_refusal || _refusal->reason != reason)
        _messages.push_back({true, "the dataplane refuses the state: " + reason});
    _refusal = whole_refusal{reason, pause, now, now + pause};
}

}  // namespace waggle::control
