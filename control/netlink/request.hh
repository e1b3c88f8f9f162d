#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "common/ip_address.hh"
#include "common/mac_address.hh"

namespace waggle::netlink {

/// One rtnetlink message in the making. Small and copyable, so that many can be sent as one batch.
class request {
public:
    /// `type` and `flags` as in nlmsghdr; NLM_F_REQUEST and NLM_F_ACK are added. `what` names the action in
    /// error messages: "create link eth0".
    request(std::uint16_t type, unsigned flags, std::string what);

    /// Appends the family header (ifinfomsg, rtmsg, …); call it first and once. Zeroed.
    template <typename Header>
    Header& header() {
        static_assert(std::is_trivially_copyable_v<Header>);
        return *static_cast<Header*>(mnl_nlmsg_put_extra_header(message(), sizeof(Header)));
    }

    void put_u8(std::uint16_t attribute, std::uint8_t value) { put_bytes(attribute, &value, sizeof value); }
    void put_u16(std::uint16_t attribute, std::uint16_t value) { put_bytes(attribute, &value, sizeof value); }
    void put_u32(std::uint16_t attribute, std::uint32_t value) { put_bytes(attribute, &value, sizeof value); }
    void put_string(std::uint16_t attribute, const std::string& text);
    void put_mac(std::uint16_t attribute, const mac_address& mac);
    /// 4 or 16 bytes in network order.
    void put_address(std::uint16_t attribute, const ip_address& ip);
    void put_bytes(std::uint16_t attribute, const void* data, std::size_t size);

    /// Puts what `content` adds inside a nested attribute.
    template <typename Content>
    void nest(std::uint16_t attribute, Content content) {
        nlattr* start = mnl_attr_nest_start_check(message(), _buffer.size(), attribute);
        if (start == nullptr) {
            _overflow = true;
            return;
        }
        content();
        mnl_attr_nest_end(message(), start);
    }

    nlmsghdr* message() { return reinterpret_cast<nlmsghdr*>(_buffer.data()); }
    const nlmsghdr* message() const { return reinterpret_cast<const nlmsghdr*>(_buffer.data()); }
    const std::string& what() const { return _what; }
    /// An attribute did not fit: the message must not be sent.
    bool overflow() const { return _overflow; }
    bool is_dump() const { return (message()->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP; }

private:
    alignas(NLMSG_ALIGNTO) std::array<char, 768> _buffer{};
    std::string _what;
    bool _overflow = false;
};

}  // namespace waggle::netlink
