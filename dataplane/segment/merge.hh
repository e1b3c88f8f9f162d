#pragma once

struct rte_mbuf;

namespace waggle {

/// Merges TCP segments that follow one another in a flow into GSO frames, for a port that takes those: the
/// kernel behind it then works once a frame instead of once a segment. Takes up to 64 frames, Ethernet
/// header first, that go to one port, and returns how many are left at the start of `frames`.
///
/// A merged frame stands where its first segment stood. It is a chain of the mbufs of its segments, headers
/// in the first, with a packet_offload; cutting it gives back the same segments bit by bit. Checksums are
/// verified first, because nobody does so after us: a GSO frame has only a partial one. Frames of a flow keep
/// their order; whatever can't be merged passes unchanged.
unsigned merge_segments(rte_mbuf** frames, unsigned count);

}  // namespace waggle
