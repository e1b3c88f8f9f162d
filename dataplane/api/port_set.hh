#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/result.hh"
#include "dataplane/api/port_opener.hh"
#include "dataplane/api/state.hh"

namespace waggle {
class table_writer;
}

namespace waggle::api {

/// The access ports of the applied state and their numbers. A change goes through it in steps: prepare()
/// what can fail, then bind(), remove(), withdraw() and close(); or, if something failed, the undo steps.
class port_set {
public:
    using undo_steps = std::vector<std::function<void()>>;

    port_set(port_opener& opener, table_writer& tables) : _opener(opener), _tables(tables) {}
    port_set(const port_set&) = delete;
    port_set& operator=(const port_set&) = delete;

    std::optional<port_index> find(const std::string& name) const;

    /// Opens the port, or fits an open one to its new parameters. A port of another kind or device is opened
    /// beside the old one, which goes at close(): no frame is lost, but they can't share a device.
    result<void> prepare(const std::string& name, const access_port& wanted, undo_steps& undo);
    /// Lets the prepared ports receive for their overlays, which exist by now. Returns the names of those
    /// that have another number than before.
    std::unordered_set<std::string> bind();
    /// Gives a port up.
    void remove(const std::string& name);
    /// Takes ports that were given up out of the flood lists (at the next commit).
    void withdraw();
    /// Closes them, once nothing leads to them any more.
    void close();
    /// Forgets what was prepared, after the undo steps.
    void abandon();

private:
    struct open_port {
        port_index index = 0;
        access_port parameters;
        overlay_index bound = no_overlay;
    };

    port_opener& _opener;
    table_writer& _tables;
    std::unordered_map<std::string, open_port> _open;
    std::unordered_set<std::string> _prepared;
    std::unordered_set<std::string> _replaced;
    std::vector<open_port> _leaving;
};

}  // namespace waggle::api
