#pragma once

#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "control/netlink/link.hh"
#include "control/netlink/namespace.hh"
#include "control/netlink/socket.hh"

namespace waggle::test {

/// Namespaces of one test: names unique to the process, all taken away at its end, also after a failure.
class namespace_test : public ::testing::Test {
protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root to make network namespaces";
    }
    void TearDown() override {
        for (const std::string& name : _names) (void)netlink::delete_named_namespace(name);
    }

    /// The full name for a short one: "wgtest-PID-SHORT".
    static std::string full_name(const std::string& short_name) {
        return "wgtest-" + std::to_string(getpid()) + "-" + short_name;
    }
    /// Makes the namespace; returns its full name.
    std::string make_namespace(const std::string& short_name) {
        const std::string name = full_name(short_name);
        _names.push_back(name);
        auto made = netlink::create_named_namespace(name);
        if (!made) ADD_FAILURE() << made.failure().message;
        return name;
    }
    static netlink::network_namespace open(const std::string& name) {
        auto opened = netlink::network_namespace::open_name(name);
        if (!opened) throw std::runtime_error(opened.failure().message);
        return std::move(*opened);
    }
    static netlink::socket socket_in(const std::string& name) {
        auto opened = netlink::socket::open_in(open(name));
        if (!opened) throw std::runtime_error(opened.failure().message);
        return std::move(*opened);
    }
    static netlink::link link_in(netlink::socket& with, const std::string& interface) {
        auto found = netlink::find_link(with, interface);
        if (!found || !*found) throw std::runtime_error("no link " + interface);
        return **found;
    }
    static void must(const netlink::reply& outcome) {
        if (!outcome) throw std::runtime_error(outcome.message);
    }
    /// Names a namespace for removal at the end that the code under test makes.
    void remove_at_end(const std::string& name) { _names.push_back(name); }

    /// A TAP that lives as long as the returned descriptor; up, with that MTU.
    static int make_tap(const std::string& namespace_name, const std::string& interface,
                        unsigned mtu = 1450) {
        int fd = -1;
        auto ran = netlink::run_in_namespace(open(namespace_name), [&] {
            fd = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
            ifreq request{};
            request.ifr_flags = IFF_TAP | IFF_NO_PI;
            std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
            if (ioctl(fd, TUNSETIFF, &request) != 0) {
                close(fd);
                fd = -1;
            }
        });
        if (!ran || fd < 0) throw std::runtime_error("can't make TAP " + interface);
        auto with = socket_in(namespace_name);
        netlink::link_change change;
        change.up = true;
        change.mtu = mtu;
        auto message = netlink::change_link(link_in(with, interface).index, change, "set up " + interface);
        must(with.transact(message));
        return fd;
    }

private:
    std::vector<std::string> _names;
};

}  // namespace waggle::test
