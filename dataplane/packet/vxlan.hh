#pragma once

#include <cstdint>

#include "common/byte_order.hh"
#include "common/vni.hh"

namespace waggle {

/// VXLAN header, RFC 7348 section 5. Reserved bits are sent as zero and ignored on receipt.
struct [[gnu::may_alias]] vxlan_header {
    /// The I flag in the first byte, 24 reserved bits.
    be32 flags;
    /// VNI in the high 24 bits, 8 reserved bits.
    be32 vni_reserved;

    bool has_vni() const;
    vni id() const;
};
static_assert(sizeof(vxlan_header) == 8 && alignof(vxlan_header) == 1);

/// "VNI is valid", host byte order.
inline constexpr std::uint32_t vxlan_flag_vni = 0x0800'0000;

/// Port that IANA gave VXLAN.
inline constexpr std::uint16_t vxlan_default_port = 4789;

inline bool vxlan_header::has_vni() const {
    return (flags.raw() & be32(vxlan_flag_vni).raw()) != 0;
}
inline vni vxlan_header::id() const {
    return *vni::from(vni_reserved.host() >> 8);
}

/// The eight bytes in front of a tunnelled frame of overlay `id`.
constexpr vxlan_header make_vxlan_header(vni id) {
    return {.flags = be32(vxlan_flag_vni), .vni_reserved = be32(id.value() << 8)};
}

}  // namespace waggle
