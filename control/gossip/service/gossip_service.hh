#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/result.hh"
#include "config/gossip.hh"
#include "control/gossip/node/gossip_node.hh"
#include "control/gossip/service/gossip_view.hh"
#include "control/gossip/transport/transport.hh"

namespace waggle::gossip {

/// The gossip of a running process: a node on a transport with the keys of a file. Its functions are for one
/// thread, the process's main one; the node lives on another, which nobody keeps waiting.
class gossip_service {
public:
    struct callbacks {
        /// Both on the gossip's thread.
        std::function<void(const notice&)> log;
        gossip_node::change_callback changed;
    };

    /// Reads the keys, binds port and address, starts the thread and joins the seeds.
    static result<std::unique_ptr<gossip_service>> start(const config::gossip& how, callbacks told);
    /// Without a leave: others find the host dead, or a next life at its address.
    ~gossip_service();

    /// Other seeds, and the key file read again. On failure nothing changes.
    result<void> reload(const config::gossip& how);
    /// Work with the node, on its thread; effects are carried out afterwards.
    void post(std::function<void(gossip_node& node, time_point now)> work);
    /// Tells the others, waits a few seconds at most until they are told, and ends the thread.
    void leave();

    /// This host's name in the gossip, new with every start.
    const std::string& name() const { return _name; }
    gossip_view view();

private:
    gossip_service(gossip_node_settings settings, config::gossip how);
    void describe(gossip_view& view, const gossip_node& node, time_point now) const;

    std::string _name;
    config::gossip _how;
    gossip_node _node;
    std::unique_ptr<transport> _transport;
    std::vector<std::string> _fingerprints;
    /// At the last look, for rates.
    time_point _looked;
    gossip_view _last;
};

}  // namespace waggle::gossip
