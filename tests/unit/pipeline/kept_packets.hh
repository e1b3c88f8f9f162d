#pragma once

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include "dataplane/pipeline/outputs.hh"
#include "tests/support/packet_builder.hh"

namespace waggle::test {

/// The way to one other worker: keeps what goes there. Ends before the pool of the packets.
class kept_packets {
public:
    explicit kept_packets(std::uint32_t worker) : _worker(worker) {}
    ~kept_packets() { free(); }
    kept_packets(const kept_packets&) = delete;
    kept_packets& operator=(const kept_packets&) = delete;

    waggle::outputs* way() { return &_way; }
    /// Contents of what came, in order; the packets are freed.
    std::vector<bytes> take() {
        _way.flush_all();
        std::vector<bytes> contents;
        for (const rte_mbuf* one : _kept) {
            const auto* data = rte_pktmbuf_mtod(one, const std::uint8_t*);
            contents.emplace_back(data, data + one->data_len);
        }
        free();
        return contents;
    }

private:
    static void keep(void* self, port_index to, rte_mbuf** packets, unsigned count) {
        auto& into = *static_cast<kept_packets*>(self);
        EXPECT_EQ(to, into._worker);
        into._kept.insert(into._kept.end(), packets, packets + count);
    }
    void free() {
        for (rte_mbuf* one : _kept) rte_pktmbuf_free(one);
        _kept.clear();
    }

    std::uint32_t _worker;
    std::vector<rte_mbuf*> _kept;
    waggle::outputs _way{keep, this};
};

}  // namespace waggle::test
