#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/result.hh"
#include "dataplane/port/file_descriptor.hh"
#include "dataplane/port/packet_pools.hh"
#include "dataplane/port/port.hh"

namespace waggle {

/// A network namespace without a name: gone with the object (and what else holds it).
class lab_namespace {
public:
    lab_namespace();
    /// For namespace_visit and tap_options.
    std::string path() const;
    /// Runs shell commands inside; fails the test if one fails.
    void run(const std::string& commands) const;
    /// Standard output of a command inside.
    std::string output(const std::string& command) const;
    /// Waits until the kernel sends on the interface: it activates the queue of a link that came up a little
    /// later, and loses what is sent before.
    void wait_until_up(const std::string& interface) const;

private:
    file_descriptor _file;
};

/// A packet socket that sees everything on an interface, without filter or virtio-net header.
class lab_sniffer {
public:
    lab_sniffer(const lab_namespace& where, const std::string& interface);
    void send(const std::vector<std::uint8_t>& frame) const;
    /// The next frame that `wanted` accepts; empty after `patience`.
    std::vector<std::uint8_t> receive(bool (*wanted)(const std::vector<std::uint8_t>&),
                                      std::chrono::seconds patience = std::chrono::seconds(20)) const;

private:
    file_descriptor _socket;
};

/// EAL without hugepages and one pair of pools for all tests of the program. Skips without root.
class port_test : public testing::Test {
protected:
    void SetUp() override;
    static packet_pools& pools();

    /// Receives until `count` frames are there or twenty seconds are over. The caller frees them.
    static std::vector<rte_mbuf*> receive(port& from, unsigned count, unsigned queue = 0);
    static rte_mbuf* make_packet(const std::vector<std::uint8_t>& bytes);
    static std::vector<std::uint8_t> bytes_of(const rte_mbuf* packet);
};

/// Frames by hand. Addresses as text.
std::vector<std::uint8_t> udp_v4_frame(const std::string& destination_mac, const std::string& source,
                                       const std::string& destination, std::uint16_t port,
                                       std::size_t payload);
std::vector<std::uint8_t> udp_v6_frame(const std::string& destination_mac, const std::string& source,
                                       const std::string& destination, std::uint16_t port,
                                       std::size_t payload);

template <typename T>
T expect_ok(result<T> outcome) {
    if (!outcome) throw std::runtime_error(outcome.failure().message);
    return *std::move(outcome);
}

}  // namespace waggle
