#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <thread>

#include "dataplane/api/applier.hh"
#include "dataplane/api/server.hh"
#include "dataplane/table/table_writer.hh"

namespace waggle::bench {

/// The benchmark's states name one underlay port and no other.
class one_underlay final : public api::port_opener {
public:
    result<port_index> open(const std::string&, const api::access_port&) override {
        return error{"no access ports here"};
    }
    void bind(port_index, overlay_index) override {}
    result<void> set_mtu(port_index, std::uint16_t) override { return {}; }
    void close(port_index) override {}
    result<void> set_udp_port(std::uint16_t) override { return {}; }
    std::optional<port_index> underlay(const std::string&) const override { return port_index{0}; }
    std::vector<api::port_report> list() const override { return {}; }
};

/// Real tables behind a real socket, served by a thread as the main lcore does.
class served_tables {
public:
    served_tables() {
        std::string pattern = (std::filesystem::temp_directory_path() / "waggle-bench-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
        _directory = pattern;
        auto listening = api::server::listen({.path = path(), .node = "bench"}, _applied);
        if (!listening) throw std::runtime_error(listening.failure().message);
        _server = *std::move(listening);
        _thread = std::thread([this] {
            while (!_stop) {
                pollfd watched{_server->descriptor(), POLLIN, 0};
                if (::poll(&watched, 1, 10) == 1) _server->poll();
            }
        });
    }
    ~served_tables() {
        _stop = true;
        _thread.join();
        _server.reset();
        std::filesystem::remove_all(_directory);
    }
    served_tables(const served_tables&) = delete;
    served_tables& operator=(const served_tables&) = delete;

    std::string path() const { return _directory / "dataplane.sock"; }
    /// Only while no change is under way.
    double table_bytes() const {
        return static_cast<double>(_tables.forwarding().memory_bytes() + _tables.neighbours().memory_bytes());
    }
    std::size_t entries() const { return _tables.forwarding().size() + _tables.neighbours().size(); }

private:
    std::filesystem::path _directory;
    rcu_domain _rcu{1};
    tables _tables{_rcu};
    table_writer _writer{_tables, _rcu, 1};
    one_underlay _ports;
    api::applier _applied{_writer, _ports, 4789};
    std::unique_ptr<api::server> _server;
    std::atomic<bool> _stop{false};
    std::thread _thread;
};

}  // namespace waggle::bench
