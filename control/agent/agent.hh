#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/result.hh"
#include "config/config.hh"
#include "control/agent/link_gate.hh"
#include "control/agent/member_host.hh"
#include "control/agent/swarm_host.hh"
#include "control/agent/views.hh"
#include "control/api/control_api.hh"
#include "control/api/host.hh"
#include "control/api/http_server.hh"
#include "control/attach/container_links.hh"
#include "control/overlay/desired_state.hh"
#include "control/overlay/host_encryption.hh"
#include "control/overlay/host_facts.hh"
#include "control/overlay/key_files.hh"
#include "control/overlay/reconciler.hh"
#include "control/overlay/runtime_endpoints.hh"
#include "control/overlay/saved_keys.hh"
#include "control/overlay/swarm_places.hh"
#include "control/underlay/next_hop_resolver.hh"
#include "dataplane/api/owner_session.hh"

namespace waggle::control {

/// The running control process: takes what the file, the API and the kernel say, computes the desired state,
/// and keeps the dataplane and the container links equal to it. One io_context, one thread; the parts that
/// talk to the kernel have threads of their own and report here.
class agent : public host {
public:
    /// How a stop leaves the host.
    enum class stop_mode {
        /// No link, no TAP, no namespace stays.
        remove_everything,
        /// All of it stays and forwards, for the next process.
        leave_running,
    };
    /// Called once: the first snapshot is in force, or there is no dataplane to send it to.
    using ready_callback = std::function<void()>;

    /// `keys`: of the endpoints' configuration.
    agent(boost::asio::io_context& context, std::string config_path, runtime_endpoints endpoints,
          key_material keys, ready_callback ready);
    ~agent() override;

    /// Makes Waggle's namespace, starts all parts and serves the API.
    result<void> start();
    /// Ends everything and calls `done`; at most a few seconds are spent on a dataplane that does not answer.
    void stop(stop_mode mode, std::function<void()> done);

    status_view status() const override;
    std::vector<overlay_view> overlays() const override;
    std::vector<endpoint_view> endpoints() const override;
    std::vector<peer_view> peers() const override;
    std::vector<network_view> networks() const override;
    node_view membership() const override;
    std::optional<gossip_view> gossip() const override;
    std::vector<diff_item> diff() const override;
    std::optional<refusal> attach(const std::string& endpoint) override;
    std::optional<refusal> detach(const std::string& name) override;
    std::optional<refusal> reload() override;
    std::vector<announcement_view> announcements() const override;
    std::optional<refusal> accept_announcement(const std::string& text) override;
    std::optional<refusal> rekey(const std::string& overlay) override;
    std::optional<refusal> join(std::string token, std::vector<std::string> managers) override;
    std::optional<refusal> leave() override;

private:
    /// Name of Waggle's own network namespace on this host.
    std::string namespace_name() const;
    void recompute();
    void recompute_soon();
    void follow_vteps();
    void update_links();
    void drive();
    void read_mtus_again();

    void connect_session();
    void on_connected(std::uint64_t instance, std::uint64_t applied_generation);
    void begin_session();
    bool hops_are_known();
    void on_acknowledged(std::uint64_t generation);
    void on_refused(std::uint64_t generation, const std::string& reason);
    void on_disconnected(const std::string& reason);
    void on_next_hops(const std::vector<hop_status>& changed);
    void on_link_status(const link_status& status);
    void announce_ready();
    void on_event(const api::event& happened);
    void on_worn_association(const api::event& happened);

    /// Associations came, went or changed: what follows from that.
    void encryption_changed();
    void wait_for_encryption();
    void step_rotation();

    /// Opens the membership in a Docker swarm if this host has or wants one.
    result<void> open_membership();
    result<void> make_member();
    std::string member_directory() const { return node().state_directory + "/swarm"; }
    /// A member without a section of the file has networks that the file does not know all the same.
    void imply_swarm();
    void join_from_file();
    void follow_membership();
    void follow_member_keys();
    void follow_member_gossip();
    /// Tells everybody in the gossip that this host leaves; other functions find no gossip from now on.
    void quit_gossip(std::function<void()> done);
    void end_membership();
    void configure_encryption(const config::config& with);
    /// The file, the endpoints attached at run time, and what the managers of a Docker swarm make of them.
    const config::config& base() const { return _member ? _member->config().config : _endpoints.merged(); }

    result<void> join_swarm();
    /// Tells the swarm what this host has, and takes in what the swarm says.
    void follow_swarm();
    void follow_gossip();
    void accept_announcements();
    void on_swarm_changed();
    void on_places_changed();
    void follow_places_from(const api::state& state);
    void bring_views_up_to_date() const;
    bool swarm_is_known() const;
    bool waits_for_managers() const;

    void empty_dataplane();
    void finish_stop();
    void part_stopped();

    const config::node& node() const { return _endpoints.merged().node; }
    view_sources sources() const {
        bring_views_up_to_date();
        return {_endpoints, _facts,      _hop_reasons, _desired,     _reconciler,
                _gate,      _encryption, _effective,   _swarm.get(), _member.get()};
    }

    /// A new connection of which the dataplane has not been told anything yet.
    struct pending_connection {
        std::uint64_t instance = 0;
        std::uint64_t applied_generation = 0;
    };

    boost::asio::io_context& _context;
    std::string _config_path;
    runtime_endpoints _endpoints;
    /// What the file, the endpoints attached at run time and the swarm say together.
    mutable config::config _effective;
    /// What the files of the configuration hold, without the keys of a Docker swarm.
    key_material _file_keys;
    mutable std::vector<std::string> _swarm_problems;
    /// The endpoints in it that are not the swarm's, the first ones.
    std::size_t _given_endpoints = 0;
    /// It lacks what the swarm says of endpoints, which is for the views alone: sources() adds it.
    mutable bool _places_outdated = false;
    swarm_places _places;
    std::chrono::steady_clock::duration _recompute_took{};
    std::set<std::string> _announcements_heard;
    ready_callback _ready;
    std::chrono::steady_clock::time_point _started;
    /// Since when what the swarm knows could be heard.
    std::chrono::steady_clock::time_point _swarm_reachable_since;

    life_counter _lives;
    saved_keys _saved_keys;
    host_encryption _encryption;
    bool _encryption_posted = false;

    host_facts _facts;
    /// The addresses that this host sends to.
    std::vector<ip_address> _vteps;
    std::map<ip_address, std::string> _hop_reasons;
    /// Without its state, which the reconciler has.
    mutable desired_state _desired;
    reconciler _reconciler;
    link_gate _gate;
    std::vector<container_link> _links_handed_over;

    /// What the resolver was told last.
    underlay_settings _underlay;
    std::unique_ptr<next_hop_resolver> _resolver;
    std::unique_ptr<container_links> _links;
    std::unique_ptr<api::owner_session> _session;
    std::unique_ptr<http_server> _api;
    /// Null unless this host is or wants to be a member of a Docker swarm.
    std::unique_ptr<member_host> _member;
    /// The file wants a membership; otherwise there is one if somebody asked for it.
    bool _swarm_in_file = false;
    /// What the encryption was configured with last.
    std::vector<config::overlay> _overlays_with_keys;
    /// Since then the files were read again.
    bool _file_keys_changed = false;
    std::optional<docker_keyring> _member_keys;
    /// What the gossip has of the managers.
    std::vector<swarm::session_key> _gossip_keys;
    std::string _gossip_failure;
    std::chrono::seconds _join_pause{0};
    /// Null without a gossip section and outside of a Docker swarm.
    std::unique_ptr<swarm_host> _swarm;
    /// What is being told that this host leaves the swarm.
    std::unique_ptr<swarm_host> _left_swarm;

    std::optional<pending_connection> _pending;
    std::uint64_t _generation_sent = 0;
    std::uint64_t _generation_acknowledged = 0;
    /// False until the dataplane confirmed a snapshot of this process: until then links are left alone.
    bool _synchronized = false;
    bool _recompute_posted = false;
    boost::asio::steady_timer _drive_timer;
    boost::asio::steady_timer _hop_timer;
    boost::asio::steady_timer _mtu_timer;
    boost::asio::steady_timer _stop_timer;
    boost::asio::steady_timer _encryption_timer;
    boost::asio::steady_timer _swarm_timer;
    boost::asio::steady_timer _join_timer;
    boost::asio::steady_timer _gossip_timer;

    std::function<void()> _stopped;
    bool _emptying = false;
    /// What still runs while stopping.
    unsigned _stopping_parts = 0;
    std::thread _remover;
};

}  // namespace waggle::control
