#pragma once

#include "dataplane/pipeline/tunnel_burst.hh"

/// The stages of decapsulate(), in order; each in the file of its name. A stage looks at the live packets of
/// the burst: what it delivers or drops is live no longer.
namespace waggle {

/// Finds the VXLAN and ESP packets for this host. What is not ours goes to the kernel where it has a port for
/// that. Ends the burst in front of a packet that is several in one.
void parse_outer(worker_context& context, tunnel_burst& b);

/// Opens ESP packets (RFC 4303, RFC 3948) by SPI and source; what is not authentic goes no further.
void open(worker_context& context, tunnel_burst& b);

/// VXLAN header (RFC 7348 section 5), sealed as the overlay wants and by an association of it, known overlay,
/// sender a VTEP of it.
void vxlan_checks(worker_context& context, tunnel_burst& b);

/// Finds the access port of each frame. Nothing goes from tunnel to tunnel.
void look_up_local(worker_context& context, tunnel_burst& b);

/// Brings the outer header's congestion mark to the inner one (RFC 6040 section 4.2).
void mark_congestion(worker_context& context, tunnel_burst& b);

/// Takes the outer headers off and gives the frames to their ports.
void deliver(worker_context& context, tunnel_burst& b);

/// The stages behind parse_outer().
void from_tunnel(worker_context& context, tunnel_burst& b);

/// The stages for the datagrams of one flow that the kernel or a NIC handed over in one piece (UDP
/// segmentation or receive offload). They stay where they are; takes the piece, of which parse_outer() said
/// what it is.
void take_apart(worker_context& context, const underlay_origin& from, rte_mbuf* aggregate);

}  // namespace waggle
