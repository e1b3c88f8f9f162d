#include "dataplane/table/counter_values.hh"

namespace waggle {

counter_values& counter_values::operator+=(const overlay_counters& from) {
    encapsulated_packets += from.encapsulated_packets.read();
    encapsulated_bytes += from.encapsulated_bytes.read();
    decapsulated_packets += from.decapsulated_packets.read();
    decapsulated_bytes += from.decapsulated_bytes.read();
    local_packets += from.local_packets.read();
    neighbours_answered += from.neighbours_answered.read();
    replicated_packets += from.replicated_packets.read();
    to_kernel_packets += from.to_kernel_packets.read();
    for (std::size_t i = 0; i < drops.size(); ++i) drops[i] += from.drops[i].read();
    return *this;
}

}  // namespace waggle
