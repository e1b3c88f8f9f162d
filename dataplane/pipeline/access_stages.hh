#pragma once

#include "dataplane/pipeline/access_burst.hh"

/// The stages of encapsulate(), in order; each in the file of its name. A stage looks at the live packets of
/// the burst: what it answers, delivers or drops is live no longer.
namespace waggle {

/// Fills in what the frames say of themselves. Drops what no overlay carries: runts, impossible source
/// addresses, VLAN tags (RFC 7348 section 6.1), offloads that don't fit the frame.
void parse_inner(access_burst& b);

/// ARP (RFC 826) and neighbour solicitations (RFC 4861) for remote endpoints are answered from the table;
/// local endpoints answer themselves.
void answer_neighbours(worker_context& context, access_burst& b);

/// Finds the VTEP of each frame. Frames for local ports leave here; groups and unknown destinations are put
/// aside for flood() or dropped.
void look_up(worker_context& context, access_burst& b);

/// Sends copies of the frames put aside to all local ports and VTEPs of the overlay.
void flood(worker_context& context, access_burst& b);

/// Drops what has no way to its VTEP or is larger than the way can carry; the latter is answered with ICMP
/// (RFC 1191, RFC 8201) where that is allowed.
void check_size(worker_context& context, access_burst& b);

/// Completes partial checksums and cuts GSO frames; the results go through the rest of the tunnel here, in
/// order with the others. Leaves a burst without offloads alone.
void finish_offloads(worker_context& context, access_burst& b);

/// Ethernet, IP, UDP and VXLAN header in front of each frame (RFC 7348 section 5, RFC 6040 section 4.1),
/// where the overlay is not encrypted.
void outer_header(worker_context& context, access_burst& b);

/// The same where it is, with ESP around UDP and VXLAN (RFC 4303 in transport mode, RFC 3948): without a
/// usable association nothing passes.
void seal(worker_context& context, access_burst& b);

/// Out of the underlay ports.
void transmit(worker_context& context, access_burst& b);

/// outer_header() or seal(), and transmit().
void leave(worker_context& context, access_burst& b);

/// From check_size() to transmit(): frames whose VTEP is known.
void through_tunnel(worker_context& context, access_burst& b);

}  // namespace waggle
