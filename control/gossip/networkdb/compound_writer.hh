#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "control/gossip/networkdb/message_view.hh"

namespace waggle::networkdb {

/// A compound, written part by part into one buffer: byte for byte what encode_compound() makes of the
/// encoded parts, at a fraction of the time, for answers of a hundred thousand entries.
class compound_writer {
public:
    /// A message in its envelope.
    void add(std::string_view part);
    /// The same as its encode(); residual_reap_time is not negative.
    void add(const table_event_view& event);

    bool empty() const { return _parts.empty(); }
    /// Bytes that the parts take so far.
    std::size_t size() const { return _parts.size(); }
    /// The compound in its envelope. The writer is empty afterwards.
    std::string take();

private:
    std::string _parts;
};

}  // namespace waggle::networkdb
