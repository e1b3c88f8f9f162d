#pragma once

#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <sys/wait.h>

#include "control/attach/container_links.hh"
#include "control/netlink/address.hh"
#include "control/netlink/namespace_ids.hh"
#include "control/netlink/route.hh"
#include "tests/unit/netlink/namespace_fixture.hh"

namespace waggle::control {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// A Waggle namespace with TAP "wgblue", container namespaces c1 and c2, and container_links under test.
class container_links_test : public test::namespace_test {
protected:
    void SetUp() override {
        namespace_test::SetUp();
        if (IsSkipped()) return;
        home = make_namespace("home");
        c1 = make_namespace("c1");
        c2 = make_namespace("c2");
        tap = make_tap(home, "wgblue");
    }
    void TearDown() override {
        links.reset();
        if (tap >= 0) close(tap);
        namespace_test::TearDown();
    }

    void start() {
        links = std::make_unique<container_links>(
            results, container_links::settings{"a", netlink::namespace_path(home)},
            [this](const link_status& status) { statuses[status.endpoint] = status; });
        const auto started = links->start();
        ASSERT_TRUE(started) << started.failure().message;
    }
    container_link make(const std::string& endpoint, const std::string& container, unsigned number,
                        const std::string& interface = "eth0") {
        container_link link;
        link.endpoint = endpoint;
        link.overlay = "blue";
        link.tap = "wgblue";
        link.mtu = 1400;
        link.addresses = {
            {ip_address::from_v4(0x0a01'0000 + number), 16},
            *ip_prefix::parse(std::string("fd00::").append(std::to_string(number)).append("/64"))};
        link.mac = mac_address::derived_from(link.addresses[0].address);
        link.attachment = {config::namespace_by_name{container}, interface, {}};
        return link;
    }
    /// Runs the results' io_context until the condition holds; nothing fails because the machine is slow.
    template <typename Condition>
    bool eventually(Condition condition, clock::duration patience = 30s) {
        const auto end = clock::now() + patience;
        while (clock::now() < end) {
            results.restart();
            results.poll();
            if (condition()) return true;
            std::this_thread::sleep_for(2ms);
        }
        return condition();
    }
    bool becomes(const std::string& endpoint, link_condition condition) {
        const bool came = eventually(
            [&] { return statuses.contains(endpoint) && statuses[endpoint].condition == condition; });
        if (!came) ADD_FAILURE() << endpoint << ": " << statuses[endpoint].reason;
        return came;
    }
    std::optional<netlink::link> find(const std::string& container, const std::string& interface = "eth0") {
        auto with = socket_in(container);
        auto found = netlink::find_link(with, interface);
        return found ? *found : std::nullopt;
    }
    std::vector<std::string> addresses_of(const std::string& container,
                                          const std::string& interface = "eth0") {
        auto with = socket_in(container);
        std::vector<std::string> texts;
        const auto link = find(container, interface);
        if (!link) return {};
        auto list = netlink::list_addresses(with, link->index);
        // The link may have gone in between.
        if (!list) return {};
        for (const auto& one : *list) {
            if (one.address.address.is_link_local()) continue;
            EXPECT_FALSE(one.tentative) << one.address.to_string();
            texts.push_back(one.address.to_string());
        }
        return texts;
    }
    std::vector<std::string> our_routes_of(const std::string& container) {
        auto with = socket_in(container);
        const auto link = find(container);
        if (!link) return {};
        auto routes = netlink::list_routes(with, link->index);
        if (!routes) return {};
        std::vector<std::string> texts;
        for (const netlink::route& route : *routes) {
            if (route.protocol != netlink::waggle_protocol) continue;
            texts.push_back(route.destination.to_string());
            if (route.gateway) texts.back().append(" ").append(route.gateway->to_string());
        }
        std::sort(texts.begin(), texts.end());
        return texts;
    }
    std::size_t macvlans_in(const std::string& container) {
        auto with = socket_in(container);
        return netlink::list_links(with, {}, "macvlan")->size();
    }
    // A repair may be making the link anew, so that there is none for a moment.
    void change(const std::string& container, const std::string& interface,
                const netlink::link_change& what) {
        EXPECT_TRUE(eventually([&] {
            const auto now = find(container, interface);
            if (!now) return false;
            auto message = netlink::change_link(now->index, what, "change");
            return socket_in(container).transact(message).ok();
        }));
    }
    void remove(const std::string& container, const std::string& interface) {
        EXPECT_TRUE(eventually([&] {
            const auto now = find(container, interface);
            if (!now) return false;
            auto message = netlink::delete_link(now->index, "remove");
            return socket_in(container).transact(message).ok();
        }));
    }

    boost::asio::io_context results;
    std::map<std::string, link_status> statuses;
    std::unique_ptr<container_links> links;
    std::string home, c1, c2;
    int tap = -1;
};

}  // namespace waggle::control
