#include "dataplane/api/counter_names.hh"

#include <array>

#include "dataplane/table/drop_reason.hh"

namespace waggle::api {

namespace {

struct named_counter {
    std::string_view name;
    std::string_view description;
    std::uint64_t counter_values::*value;
};

constexpr std::array<named_counter, 8> forwarded{{
    {"encapsulated_packets", "frames sent into the tunnel", &counter_values::encapsulated_packets},
    {"encapsulated_bytes", "bytes sent into the tunnel, without outer headers",
     &counter_values::encapsulated_bytes},
    {"decapsulated_packets", "frames delivered out of the tunnel", &counter_values::decapsulated_packets},
    {"decapsulated_bytes", "bytes delivered out of the tunnel, without outer headers",
     &counter_values::decapsulated_bytes},
    {"local_packets", "frames between two access ports of this host", &counter_values::local_packets},
    {"neighbours_answered", "ARP requests and neighbour solicitations answered from the table",
     &counter_values::neighbours_answered},
    {"replicated_packets", "copies made of flooded frames", &counter_values::replicated_packets},
    {"to_kernel_packets", "packets handed on to the kernel", &counter_values::to_kernel_packets},
}};

}  // namespace

std::size_t counter_count() {
    return forwarded.size() + drop_reason_count;
}

std::string_view counter_name(std::size_t counter) {
    return counter < forwarded.size() ? forwarded[counter].name
                                      : drop_reason_texts[counter - forwarded.size()].name;
}

std::string_view counter_description(std::size_t counter) {
    return counter < forwarded.size() ? forwarded[counter].description
                                      : drop_reason_texts[counter - forwarded.size()].description;
}

bool is_drop_counter(std::size_t counter) {
    return counter >= forwarded.size();
}

std::uint64_t counter_value(const counter_values& values, std::size_t counter) {
    return counter < forwarded.size() ? values.*forwarded[counter].value
                                      : values.drops[counter - forwarded.size()];
}

}  // namespace waggle::api
