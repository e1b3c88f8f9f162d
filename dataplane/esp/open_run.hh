#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "dataplane/esp/content.hh"
#include "dataplane/esp/prepare_open.hh"
#include "dataplane/esp/seal.hh"
#include "dataplane/esp/security_association.hh"

namespace waggle::esp {

/// Opens packets of one SA whose numbers rise one by one and are all fresh. Each is decrypted once the next
/// one is prepared (seal_run.hh tells why), and read once that one is decrypted. First add() for each packet,
/// then complete(). The caller owns the SA.
class open_run {
public:
    /// Where the packets are on their way: apart, so that the rest can stay in registers.
    struct places {
        std::array<aead_packet, 4> packets;
        std::array<std::uint64_t, burst_size> ivs;
        /// Of those that are not opened.
        std::array<open_verdict, burst_size> verdicts;
    };

    open_run(inbound_association& association, places& packets)
        : _association(association),
          _engine_opens(association.engine->open),
          _fixed(static_cast<std::uint32_t>(sizeof(esp_header)) + association.icv_length),
          _places(packets) {}

    /// `esp` and `length` as in open_burst, at least a whole ESP header. For each packet that is authentic
    /// and holds a datagram `opened(i, text, length)` is called, a little later: the i-th one, its decrypted
    /// text, and the bytes of the payload that the text starts with; complete() has the last word. False: the
    /// packet does not belong to the run, or the run is as long as can be, and nothing has happened.
    template <typename Opened>
    bool add(std::uint8_t* esp, std::uint32_t length, Opened&& opened) {
        const std::uint64_t iv = iv_of(esp);
        if (!is_next(load_word<std::uint64_t>(esp), iv, length - _fixed)) [[unlikely]]
            return false;
        _places.ivs[_count] = iv;
        aead_packet& mine = at(_count);
        prepare(_association, esp, length, mine);
        if (_association.extended_sequence) add_high_half(mine, _first + _count);
        if (_count >= 1) decrypt(_count - 1);
        if (_count >= 2) read(_count - 2, opened);
        ++_count;
        return true;
    }
    /// Opens the last packets as add() did the others, marks the numbers and counts. Bit i of the answer: the
    /// i-th packet is opened.
    template <typename Opened>
    std::uint64_t complete(std::uint64_t now, Opened&& opened) {
        if (_count == 0) return 0;
        decrypt(_count - 1);
        if (_count >= 2) read(_count - 2, opened);
        read(_count - 1, opened);
        return mark(now);
    }
    /// How many packets add() took.
    unsigned count() const { return _count; }
    /// Why the i-th packet is not opened.
    open_verdict verdict(unsigned i) const { return _places.verdicts[i]; }

private:
    /// `text`: bytes of the encrypted part; too short a packet wraps around.
    bool is_next(std::uint64_t spi_and_low, std::uint64_t iv, std::uint32_t text) {
        constexpr std::uint32_t alignment = esp_alignment;
        const std::uint32_t low = low_sequence(spi_and_low);
        const std::uint32_t unlike = (static_cast<std::uint32_t>(spi_and_low) ^ _association.spi_raw) |
                                     text % alignment | (text - alignment) >> 31;
        const replay_state& replay = _association.moving.replay;
        if (_count == 0) return unlike == 0 && replay.begins_run(low, iv, _first);
        const std::uint64_t next = _first + _count;
        return (unlike | (low ^ static_cast<std::uint32_t>(next))) == 0 && _count != burst_size &&
               replay.continues_run(next, iv);
    }
    aead_packet& at(unsigned i) { return _places.packets[i % 4]; }
    void decrypt(unsigned i) {
        const bool good = _engine_opens(_association.expanded_key, at(i), _association.icv_length);
        _authentic |= std::uint64_t{good} << i;
    }
    template <typename Opened>
    void read(unsigned i, Opened&& opened) {
        if ((_authentic >> i & 1) == 0) [[unlikely]]
            return;
        const aead_packet& packet = at(i);
        const content inside = read_content(packet.text, packet.length);
        if (inside.verdict != open_verdict::opened) [[unlikely]] {
            _places.verdicts[i] = inside.verdict;
            return;
        }
        _opened |= std::uint64_t{1} << i;
        _bytes += inside.length;
        opened(i, packet.text, inside.length);
    }
    std::uint64_t mark(std::uint64_t now);
    void mark_each(std::uint64_t now);

    inbound_association& _association;
    decltype(aead_engine::open) _engine_opens;
    /// Bytes of header, IV and ICV.
    std::uint32_t _fixed;
    places& _places;
    unsigned _count = 0;
    /// The first number in full.
    std::uint64_t _first = 0;
    std::uint64_t _authentic = 0;
    std::uint64_t _opened = 0;
    std::uint64_t _bytes = 0;
    static_assert(replay_state::longest_run == burst_size);
};

}  // namespace waggle::esp
