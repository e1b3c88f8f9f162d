// esp::open() with packets of anybody and, sealed here, of a peer that makes its trailers and numbers as it
// likes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "dataplane/esp/open.hh"
#include "tests/fuzz/require.hh"

namespace waggle::esp {
namespace {

/// Takes bytes off the input; zeros after its end.
class input {
public:
    input(const std::uint8_t* data, std::size_t size) : _rest(data, size) {}
    std::uint8_t byte() {
        if (_rest.empty()) return 0;
        const std::uint8_t first = _rest.front();
        _rest = _rest.subspan(1);
        return first;
    }
    std::span<const std::uint8_t> take(std::size_t wanted) {
        const auto taken = _rest.first(std::min(wanted, _rest.size()));
        _rest = _rest.subspan(taken.size());
        return taken;
    }
    bool empty() const { return _rest.empty(); }

private:
    std::span<const std::uint8_t> _rest;
};

/// On the heap without a byte to spare: a read or write past either end is seen.
struct packet {
    std::size_t length = 0;
    std::unique_ptr<std::uint8_t[]> bytes;
    bool authentic = false;
};

constexpr std::array<std::uint8_t, 32> key{};

association_parameters parameters_of(std::uint8_t choice) {
    const auto cipher = static_cast<aead_cipher>(choice % 3);
    return {.cipher = cipher,
            .icv_length = static_cast<std::uint8_t>(cipher == aead_cipher::aes_128_gcm ? 8 : 16),
            .extended_sequence = (choice & 0x10) != 0,
            .index = spi(0x1234),
            .key = std::span(key).first(key_length(cipher)),
            .salt = {}};
}

/// Header and text as given, the ICV right: what only a peer can send. High halves of sequence numbers are 0.
void make_authentic(const inbound_association& association, packet& made) {
    const std::size_t fixed = sizeof(esp_header) + association.icv_length;
    if (made.length < fixed) return;
    aead_packet work{};
    std::uint8_t* esp = made.bytes.get();
    work.text = esp + sizeof(esp_header);
    work.length = static_cast<std::uint32_t>(made.length - fixed);
    work.icv = work.text + work.length;
    std::memcpy(work.nonce, &association.salt_raw, 4);
    std::memcpy(work.nonce + 4, esp + 8, 8);
    if (association.extended_sequence) {
        std::memcpy(work.extended_additional, esp, 4);
        std::memcpy(work.extended_additional + 8, esp + 4, 4);
        work.additional = work.extended_additional;
        work.additional_length = 12;
    } else {
        work.additional = esp;
        work.additional_length = 8;
    }
    association.engine->seal(association.expanded_key, work, association.icv_length);
    made.authentic = true;
}

packet read_packet(input& from, const inbound_association& association) {
    const std::uint8_t flags = from.byte();
    const auto content = from.take(from.byte());
    packet made;
    made.length = content.size();
    made.bytes = std::make_unique<std::uint8_t[]>(std::max<std::size_t>(made.length, 1));
    std::copy(content.begin(), content.end(), made.bytes.get());
    if ((flags & 1) != 0) make_authentic(association, made);
    return made;
}

using number_and_iv = std::pair<std::uint32_t, std::uint64_t>;

void run(input from) {
    association_parameters parameters = parameters_of(from.byte());
    replay_settings replay;
    const std::uint8_t choice = from.byte();
    replay.policy = static_cast<replay_policy>(choice % 3);
    replay.window = 1U << (choice / 3) % 17;
    if (replay.policy != replay_policy::strict) parameters.extended_sequence = false;
    auto made = make_inbound(parameters, replay);
    require(made.ok());
    inbound_association& association = **made;

    std::set<number_and_iv> accepted;
    std::uint64_t now = 1;
    for (unsigned rounds = 0; rounds < 64 && !from.empty(); ++rounds) {
        std::array<packet, burst_size> packets;
        open_burst burst;
        burst.count = 1 + from.byte() % burst_size;
        now += std::uint64_t{from.byte()} << 24;
        for (unsigned i = 0; i < burst.count; ++i) {
            packets[i] = read_packet(from, association);
            burst.esp[i] = packets[i].bytes.get();
            burst.length[i] = static_cast<std::uint32_t>(packets[i].length);
            burst.association[i] = packets[i].length % 7 == 6 ? nullptr : &association;
        }
        open(burst, now);
        for (unsigned i = 0; i < burst.count; ++i) {
            require(burst.verdict[i] < open_verdict::count_);
            if (burst.verdict[i] != open_verdict::opened) continue;
            require(packets[i].authentic && burst.association[i] != nullptr);
            require(sizeof(esp_header) + burst.length[i] + sizeof(esp_trailer) + association.icv_length <=
                    packets[i].length);
            const auto& header = *reinterpret_cast<const esp_header*>(burst.esp[i]);
            const bool first = accepted.insert({header.sequence.host(), header.iv.host()}).second;
            require(first || replay.policy != replay_policy::strict);
        }
    }
}

}  // namespace
}  // namespace waggle::esp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    waggle::esp::run(waggle::esp::input(data, size));
    return 0;
}
