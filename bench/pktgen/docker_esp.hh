#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "bench/pktgen/flows.hh"

struct IMB_MGR;
struct gcm_key_data;

namespace waggle::pktgen {

/// Docker's encryption of an overlay (ESP in transport mode, AES-128-GCM, ICV of 8 bytes) for frames of one
/// length: seals what goes to the dataplane and opens what comes from it. Written here once more, on
/// libipsec-mb's cipher: the checker shares no code with the dataplane that it judges.
class docker_esp {
public:
    /// `key`: 32 hexadecimal digits; `tag`: its Lamport time. Throws std::runtime_error.
    docker_esp(const agreement& agreed, std::string_view key, std::uint32_t tag, std::size_t inner_length);
    ~docker_esp();
    docker_esp(const docker_esp&) = delete;
    docker_esp& operator=(const docker_esp&) = delete;

    /// Ethernet, IPv4, ESP, UDP and VXLAN in front of an inner frame.
    static constexpr std::size_t front = 66;
    /// Bytes of a whole packet.
    std::size_t length() const { return _length; }

    /// A packet of `flow` in clear, with room for the ICV.
    std::vector<std::uint8_t> packet(unsigned flow) const;
    /// Gives a copy of it the next number and IV and seals it.
    void seal(std::uint8_t* packet, unsigned flow);

    /// True if the outer side of a packet is what the dataplane had to make for one of the flows.
    bool check_outside(std::span<const std::uint8_t> packet) const;
    /// The same of all of it; opens it in place.
    bool check(std::span<std::uint8_t> packet) const;

private:
    struct pair {
        std::uint32_t to_dataplane;
        std::uint32_t from_dataplane;
        std::uint32_t sequence;
    };
    void nonce(std::uint8_t* to, std::uint32_t spi, const std::uint8_t* iv) const;

    agreement _agreed;
    std::size_t _inner_length;
    std::size_t _padding;
    std::size_t _length;
    IMB_MGR* _library;
    std::unique_ptr<gcm_key_data> _key;
    std::uint64_t _iv_start;
    /// By VTEP.
    std::vector<pair> _pairs;
};

}  // namespace waggle::pktgen
