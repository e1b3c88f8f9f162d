#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include "common/ip_address.hh"
#include "common/mac_address.hh"

namespace waggle::netlink {

/// The attributes of one message or of one nested attribute by number. Points into the message. An attribute
/// whose size does not fit the asked type counts as absent.
class attributes {
public:
    /// Those after the family header of `header_size` bytes.
    attributes(const nlmsghdr* message, std::size_t header_size) {
        if (mnl_nlmsg_get_payload_len(message) < header_size) return;
        const auto* first = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, header_size));
        keep_all(first, static_cast<const char*>(mnl_nlmsg_get_payload_tail(message)));
    }
    /// Those nested in `outer`; none if it is null.
    explicit attributes(const nlattr* outer) {
        if (outer == nullptr) return;
        const auto* first = static_cast<const nlattr*>(mnl_attr_get_payload(outer));
        keep_all(first, reinterpret_cast<const char*>(first) + mnl_attr_get_payload_len(outer));
    }

    const nlattr* raw(unsigned type) const { return type < _table.size() ? _table[type] : nullptr; }

    std::optional<std::uint8_t> u8(unsigned type) const { return number<std::uint8_t>(type); }
    std::optional<std::uint16_t> u16(unsigned type) const { return number<std::uint16_t>(type); }
    std::optional<std::uint32_t> u32(unsigned type) const { return number<std::uint32_t>(type); }
    std::optional<std::int32_t> i32(unsigned type) const { return number<std::int32_t>(type); }
    std::string text(unsigned type) const {
        const nlattr* attribute = raw(type);
        if (attribute == nullptr) return {};
        const auto* data = static_cast<const char*>(mnl_attr_get_payload(attribute));
        return {data, strnlen(data, mnl_attr_get_payload_len(attribute))};
    }
    std::optional<mac_address> mac(unsigned type) const {
        const nlattr* attribute = raw(type);
        if (attribute == nullptr || mnl_attr_get_payload_len(attribute) != 6) return std::nullopt;
        return mac_address::load(mnl_attr_get_payload(attribute));
    }
    std::optional<ip_address> address(unsigned type) const {
        const nlattr* attribute = raw(type);
        if (attribute == nullptr) return std::nullopt;
        return address_at(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
    }
    static std::optional<ip_address> address_at(const void* bytes, std::size_t size) {
        if (size == 4) return ip_address::load_v4(bytes);
        if (size == 16) return ip_address::load_v6(bytes);
        return std::nullopt;
    }

private:
    template <typename T>
    std::optional<T> number(unsigned type) const {
        const nlattr* attribute = raw(type);
        if (attribute == nullptr || mnl_attr_get_payload_len(attribute) != sizeof(T)) return std::nullopt;
        T value{};
        std::memcpy(&value, mnl_attr_get_payload(attribute), sizeof value);
        return value;
    }
    void keep_all(const nlattr* attribute, const char* end) {
        for (; mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)));
             attribute = mnl_attr_next(attribute)) {
            const unsigned type = mnl_attr_get_type(attribute);
            if (type < _table.size()) _table[type] = attribute;
        }
    }
    std::array<const nlattr*, 80> _table{};
};

}  // namespace waggle::netlink
