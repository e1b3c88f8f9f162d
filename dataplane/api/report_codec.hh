#pragma once

#include <cstdint>
#include <vector>

#include "common/result.hh"
#include "dataplane/api/report.hh"
#include "dataplane/api/wire.hh"

namespace waggle::api {

/// Stands for "before the overlay was known" in wire::Counters.
inline constexpr std::uint32_t unknown_overlay_number = 1 << 24;

void encode(const status_report& from, wire::Status& out);
void encode(const port_report& from, wire::PortReport& out);
void encode(const overlay_report& from, wire::OverlayReport& out);
void encode(const association_report& from, wire::AssociationReport& out);
void encode(const event& from, wire::Event& out);

status_report decode(const wire::Status& from);
result<port_report> decode(const wire::PortReport& from);
result<overlay_report> decode(const wire::OverlayReport& from);
result<association_report> decode(const wire::AssociationReport& from);
/// Fails for a kind that this version does not know.
result<event> decode(const wire::Event& from);
/// `names`: the list of the answer's first message.
result<void> decode(const wire::Counters& from, const std::vector<wire::Counters::Name>& names,
                    std::vector<counter_report>& out);

}  // namespace waggle::api
