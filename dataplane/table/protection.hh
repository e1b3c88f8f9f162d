#pragma once

#include <cstdint>

#include "dataplane/table/forwarding_entry.hh"

namespace waggle {

/// What stands around an overlay's packets on the underlay.
enum class protection_kind : std::uint8_t {
    none,
    /// ESP with associations that all such overlays share.
    docker,
    /// ESP with associations of one overlay.
    waggle,
};

/// How packets of an overlay must come, and what a security association is bound to: both are compared as
/// one word. An association serves an overlay exactly if their protections are equal.
class protection {
public:
    constexpr protection() = default;
    /// `overlay` counts for waggle only.
    static constexpr protection of(protection_kind kind, overlay_index overlay) {
        return protection(static_cast<std::uint32_t>(kind) << 16 |
                          (kind == protection_kind::waggle ? overlay : 0U));
    }
    static constexpr protection from_raw(std::uint32_t raw) { return protection(raw); }

    constexpr std::uint32_t raw() const { return _raw; }
    constexpr bool is_none() const { return _raw == 0; }
    friend constexpr bool operator==(protection, protection) = default;

private:
    constexpr explicit protection(std::uint32_t raw) : _raw(raw) {}
    std::uint32_t _raw = 0;
};

}  // namespace waggle
