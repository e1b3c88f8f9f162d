#include "dataplane/api/port_set.hh"

#include <utility>

#include "dataplane/api/describe.hh"
#include "dataplane/table/table_writer.hh"

namespace waggle::api {

std::optional<port_index> port_set::find(const std::string& name) const {
    const auto found = _open.find(name);
    if (found == _open.end()) return std::nullopt;
    return found->second.index;
}

result<void> port_set::prepare(const std::string& name, const access_port& wanted, undo_steps& undo) {
    const auto found = _open.find(name);
    if (found != _open.end() && found->second.parameters.kind == wanted.kind) {
        open_port& port = found->second;
        if (port.parameters.mtu != wanted.mtu) {
            if (auto set = _opener.set_mtu(port.index, wanted.mtu); !set)
                return std::move(set).context(describe_port(name));
            // Should this fail too, the port has the other MTU until the next change: harmless.
            undo.emplace_back([this, index = port.index, mtu = port.parameters.mtu] {
                static_cast<void>(_opener.set_mtu(index, mtu));
            });
        }
        undo.emplace_back([this, name, before = port.parameters] { _open.at(name).parameters = before; });
        port.parameters = wanted;
        _prepared.insert(name);
        return {};
    }
    const auto opened = _opener.open(name, wanted);
    if (!opened) return error{describe_port(name) + ": " + opened.failure().message};
    if (found == _open.end()) {
        undo.emplace_back([this, name, index = *opened] {
            _opener.close(index);
            _open.erase(name);
        });
    } else {
        undo.emplace_back([this, name, index = *opened, before = found->second] {
            _opener.close(index);
            _open.at(name) = before;
        });
        _leaving.push_back(found->second);
        _replaced.insert(name);
    }
    _open[name] = open_port{*opened, wanted, no_overlay};
    _prepared.insert(name);
    return {};
}

std::unordered_set<std::string> port_set::bind() {
    for (const std::string& name : _prepared) {
        open_port& port = _open.at(name);
        const overlay_index overlay = _tables.overlay_of(port.parameters.overlay);
        if (overlay == port.bound) continue;
        if (port.bound != no_overlay) _tables.remove_port(port.bound, port.index);
        port.bound = overlay;
        if (overlay == no_overlay) continue;
        _tables.add_port(overlay, port.index);
        _opener.bind(port.index, overlay);
    }
    _prepared.clear();
    return std::exchange(_replaced, {});
}

void port_set::remove(const std::string& name) {
    const auto found = _open.find(name);
    if (found == _open.end()) return;
    _leaving.push_back(found->second);
    _open.erase(found);
}

void port_set::withdraw() {
    for (const open_port& port : _leaving)
        if (port.bound != no_overlay) _tables.remove_port(port.bound, port.index);
}

void port_set::close() {
    for (const open_port& port : _leaving) _opener.close(port.index);
    _leaving.clear();
}

void port_set::abandon() {
    _prepared.clear();
    _replaced.clear();
    _leaving.clear();
}

}  // namespace waggle::api
