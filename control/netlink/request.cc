#include "control/netlink/request.hh"

#include <utility>

namespace waggle::netlink {

request::request(std::uint16_t type, unsigned flags, std::string what) : _what(std::move(what)) {
    nlmsghdr* head = mnl_nlmsg_put_header(_buffer.data());
    head->nlmsg_type = type;
    head->nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST | NLM_F_ACK);
}

void request::put_bytes(std::uint16_t attribute, const void* data, std::size_t size) {
    if (!mnl_attr_put_check(message(), _buffer.size(), attribute, size, data)) _overflow = true;
}

void request::put_string(std::uint16_t attribute, const std::string& text) {
    put_bytes(attribute, text.c_str(), text.size() + 1);
}

void request::put_mac(std::uint16_t attribute, const mac_address& mac) {
    put_bytes(attribute, mac.bytes().data(), mac.bytes().size());
}

void request::put_address(std::uint16_t attribute, const ip_address& ip) {
    const auto bytes = ip.wire_bytes();
    put_bytes(attribute, bytes.data(), bytes.size());
}

}  // namespace waggle::netlink
