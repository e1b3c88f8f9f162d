#pragma once

#include "common/byte_order.hh"

namespace waggle {

/// UDP header, RFC 768.
struct [[gnu::may_alias]] udp_header {
    be16 source_port;
    be16 destination_port;
    be16 length;
    be16 checksum;
};
static_assert(sizeof(udp_header) == 8 && alignof(udp_header) == 1);

}  // namespace waggle
