#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "dataplane/esp/prepare_seal.hh"
#include "dataplane/esp/security_association.hh"

namespace waggle::esp {

/// Seals packets of one SA, each once the next one is prepared. Preparing one needs nothing of the cipher of
/// the one before, so that the CPU does it while it waits for that cipher's last steps, each of which needs
/// the one before; what prepare() stores has reached the cache when its own cipher loads it in wider pieces.
class seal_run {
public:
    /// Where the packets are on their way: apart, so that the rest can stay in registers.
    using places = std::array<aead_packet, 2>;

    /// The packets get the numbers from `first_sequence` on, which are the caller's (take_sequence()).
    seal_run(outbound_association& association, std::uint64_t first_sequence, places& packets)
        : _association(association),
          _engine_seals(association.engine->seal),
          _sequence(first_sequence),
          _mine(&packets[0]),
          _other(&packets[1]) {}

    /// `esp` and `payload` as in seal_burst, with room for what comes behind. Bytes from the ESP header to
    /// the end of the ICV; sealed after the next add() or finish().
    std::uint32_t add(std::uint8_t* esp, std::uint32_t payload) {
        prepare(_association, esp, payload, _sequence++, *_mine);
        _bytes += payload;
        const std::uint32_t text = _mine->length;
        std::swap(_mine, _other);
        if (std::exchange(_is_waiting, true)) seal(*_mine);
        return static_cast<std::uint32_t>(sizeof(esp_header)) + text + _association.icv_length;
    }
    /// After the last packet; there was one. `now` as for seal().
    void finish(std::uint64_t now) {
        seal(*_other);
        _association.moving.bytes.fetch_add(_bytes, std::memory_order_relaxed);
        _association.moving.last_used.store(now, std::memory_order_relaxed);
    }

private:
    void seal(const aead_packet& packet) {
        _engine_seals(_association.expanded_key, packet, _association.icv_length);
    }

    outbound_association& _association;
    decltype(aead_engine::seal) _engine_seals;
    std::uint64_t _sequence;
    std::uint64_t _bytes = 0;
    /// Place of the next packet, and of the one that waits.
    aead_packet* _mine;
    aead_packet* _other;
    bool _is_waiting = false;
};

}  // namespace waggle::esp
