#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "control/gossip/networkdb/messages.hh"

/// Messages read where they stand, without a copy: those that come by the thousand, in the form in which all
/// engines write them. What is not in that form, valid or not, is nothing here; the codec judges it.
namespace waggle::networkdb {

struct envelope_view {
    message_type type = message_type::compound;
    std::string_view data;
};

struct table_event_view {
    table_change change = table_change::create;
    lamport_time time = 0;
    std::string_view owner;
    std::string_view network;
    std::string_view table;
    std::string_view key;
    std::string_view value;
    std::int32_t residual_reap_time = 0;

    table_event_view() = default;
    explicit table_event_view(const table_event& of)
        : change(of.change),
          time(of.time),
          owner(of.owner),
          network(of.network),
          table(of.table),
          key(of.key),
          value(of.value),
          residual_reap_time(of.residual_reap_time) {}
    friend bool operator==(const table_event_view&, const table_event_view&) = default;
};

std::optional<envelope_view> view_envelope(std::string_view bytes);
/// `data` of an envelope of the type.
std::optional<table_event_view> view_table_event(std::string_view data);
std::optional<std::vector<std::string_view>> view_compound(std::string_view data);

}  // namespace waggle::networkdb
