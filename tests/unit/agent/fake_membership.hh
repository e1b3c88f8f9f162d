#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "control/swarm/membership.hh"

namespace waggle::control {

/// A membership whose managers are the test.
class fake_membership final : public swarm::membership {
public:
    explicit fake_membership(callbacks told) : _told(std::move(told)) {}

    void join(std::string, std::vector<std::string>, std::function<void(result<void>)> done) override {
        _done = std::move(done);
    }
    void want(std::map<std::string, swarm::wanted_attachment> all) override {
        ++wants;
        wanted = std::move(all);
    }
    void leave(std::function<void(result<void>)> done) override { _done = std::move(done); }
    void stop(bool, std::function<void()> done) override { done(); }
    const swarm::view& state() const override { return view; }

    void become(swarm::phase phase) {
        view.phase = phase;
        _told.changed();
    }
    void finish(result<void> how) { std::exchange(_done, nullptr)(std::move(how)); }
    void grant(const std::string& container_id, const std::string& address) {
        swarm::network network;
        network.id = "net1";
        network.name = "test-net";
        network.subnets = {{*ip_prefix::parse("10.0.1.0/24"), *vni::from(4097), std::nullopt}};
        view.networks.emplace(network.id, network);
        view.attachments[container_id] = {"task", container_id, network.id, {*ip_prefix::parse(address)}, {}};
        _told.changed();
    }

    swarm::view view;
    std::map<std::string, swarm::wanted_attachment> wanted;
    int wants = 0;

private:
    callbacks _told;
    std::function<void(result<void>)> _done;
};

inline swarm::session_key fake_key(std::uint8_t number) {
    return {number, *secret::from(std::vector<std::uint8_t>(16, number))};
}

}  // namespace waggle::control
