#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <poll.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "dataplane/api/applier.hh"
#include "dataplane/api/file_descriptor.hh"
#include "dataplane/api/server.hh"
#include "dataplane/table/table_writer.hh"

namespace waggle::api {

/// Ports without devices: says no to what a test wants refused, and remembers what is open.
class counted_ports final : public port_opener {
public:
    struct port {
        std::string name;
        access_port parameters;
        overlay_index bound = no_overlay;
    };

    result<port_index> open(const std::string& name, const access_port& parameters) override {
        if (const auto* ethdev = std::get_if<ethdev_port>(&parameters.kind))
            if (ethdev->device == refused_device) return error{"no such device"};
        if (parameters.mtu == refused_mtu) return error{refused_mtu_reason};
        const port_index index = _next++;
        opened.emplace(index, port{name, parameters});
        return index;
    }
    void bind(port_index index, overlay_index overlay) override { opened.at(index).bound = overlay; }
    result<void> set_mtu(port_index index, std::uint16_t mtu) override {
        if (mtu == refused_mtu) return error{refused_mtu_reason};
        opened.at(index).parameters.mtu = mtu;
        return {};
    }
    void close(port_index index) override {
        ASSERT_EQ(opened.erase(index), 1U) << "closed twice";
        ++closed;
    }
    result<void> set_udp_port(std::uint16_t wanted) override {
        if (wanted == refused_udp_port) return error{"taken by another"};
        udp_port = wanted;
        return {};
    }
    std::optional<port_index> underlay(const std::string& name) const override {
        if (name == "uplink") return port_index{1};
        return std::nullopt;
    }
    std::vector<port_report> list() const override {
        std::vector<port_report> reports;
        reports.push_back({.name = "uplink", .kind = "packet", .role = port_role::underlay, .mtu = 1500});
        for (const auto& [index, one] : opened)
            reports.push_back({.name = one.name,
                               .kind = "tap",
                               .overlay = one.parameters.overlay,
                               .mtu = one.parameters.mtu,
                               .up = true,
                               .received_packets = index});
        return reports;
    }

    std::map<port_index, port> opened;
    unsigned closed = 0;
    std::string refused_device = "net_refused";
    std::uint16_t refused_mtu = 9999;
    std::uint16_t refused_udp_port = 1;
    std::uint16_t udp_port = 4789;
    std::string refused_mtu_reason = "the device does not take this MTU";

private:
    port_index _next = 2;
};

/// Everything behind the socket, without workers.
struct behind_socket {
    rcu_domain rcu{1};
    waggle::tables tables{rcu};
    table_writer writer{tables, rcu, 2};
    counted_ports ports;
    applier applied{writer, ports, 4789};
};

/// True if tables and ports are exactly what `wanted` says; else the difference in words.
testing::AssertionResult tables_hold(const behind_socket& behind, const state& wanted);

/// A served dataplane on a thread of its own; socket in a directory of the test's own.
class served_dataplane {
public:
    explicit served_dataplane(std::function<void(server_options&)> adjust = {});
    ~served_dataplane();

    const std::string& path() const { return _path; }
    std::uint64_t instance() const { return _server->instance(); }
    /// Runs on the serving thread, between two polls.
    template <typename Function>
    auto run(Function function) {
        std::packaged_task<decltype(function(*_behind, *_server))()> task(
            [&] { return function(*_behind, *_server); });
        auto outcome = task.get_future();
        {
            const std::lock_guard lock(_mutex);
            _tasks.push_back([&task] { task(); });
        }
        wake();
        return outcome.get();
    }
    testing::AssertionResult holds(const state& wanted) {
        return run([&](behind_socket& behind, server&) { return tables_hold(behind, wanted); });
    }
    /// Ends the server; start() makes a new one over the same tables or, with `forget`, over empty ones.
    void stop();
    void start(bool forget);

private:
    void serve();
    void wake();

    std::filesystem::path _directory;
    std::string _path;
    std::function<void(server_options&)> _adjust;
    std::unique_ptr<behind_socket> _behind;
    std::unique_ptr<server> _server;
    file_descriptor _wake;
    std::mutex _mutex;
    std::vector<std::function<void()>> _tasks;
    std::atomic<bool> _stopping{false};
    std::thread _thread;
};

}  // namespace waggle::api
