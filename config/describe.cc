#include "config/describe.hh"

namespace waggle::config {

namespace {

constexpr const char* absent = "-";

std::string text_of(const std::optional<ip_address>& ip) {
    return ip ? ip->to_string() : absent;
}

template <typename List, typename Text>
std::string joined(const List& list, Text text) {
    std::string all;
    for (const auto& each : list) all += (all.empty() ? "" : ", ") + text(each);
    return all.empty() ? absent : all;
}

std::string text_of(hugepage_mode mode) {
    if (mode == hugepage_mode::required) return "required";
    return mode == hugepage_mode::never ? "never" : "automatic";
}

std::string text_of(const underlay_port& port) {
    if (const auto* packet = std::get_if<packet_underlay>(&port.kind))
        return port.name + " (packet " + packet->interface + ")";
    const auto& ethdev = std::get<ethdev_underlay>(port.kind);
    return port.name + " (ethdev " + ethdev.device + ", exception " + ethdev.exception_interface + ")";
}

std::string text_of(replay_policy policy) {
    if (policy == replay_policy::resync) return "resync";
    return policy == replay_policy::off ? "off" : "strict";
}

std::string text_of(const replay_protection& replay) {
    return "replay " + text_of(replay.policy) + " window " + std::to_string(replay.window);
}

std::string text_of(const std::optional<docker_encryption>& docker) {
    return docker ? "keys " + docker->keys + ", " + text_of(docker->replay) : absent;
}

std::string text_of(const waggle_profile& waggle) {
    return "waggle, secret " + waggle.secret + ", " +
           (waggle.algorithm == aead::aes256gcm ? "aes256gcm" : "chacha20poly1305") + ", rekey " +
           std::to_string(waggle.rekey_seconds) + ", replay window " + std::to_string(waggle.replay_window);
}

std::string text_of(const std::optional<encryption>& how) {
    if (!how) return absent;
    const auto* waggle = std::get_if<waggle_profile>(&*how);
    return waggle == nullptr ? "docker" : text_of(*waggle);
}

std::string text_of(const std::optional<esp_in_udp>& udp) {
    if (!udp) return absent;
    return "port " + std::to_string(udp->port) + ", keepalive " + std::to_string(udp->keepalive_seconds);
}

struct namespace_text {
    std::string operator()(const namespace_by_path& by) const { return "path " + by.path; }
    std::string operator()(const namespace_by_name& by) const { return "namespace " + by.name; }
    std::string operator()(const namespace_by_pid& by) const { return "pid " + std::to_string(by.pid); }
};

struct attachment_text {
    std::string operator()(const container_attachment& to) const {
        std::string text =
            "container " + std::visit(namespace_text{}, to.network_namespace) + " " + to.interface;
        for (const route& each : to.routes) {
            text += ", route " + each.destination.to_string();
            if (each.gateway) text += " via " + each.gateway->to_string();
        }
        return text;
    }
    std::string operator()(const vhost_user_attachment& to) const {
        return "vhost-user " + to.socket + " queues " + std::to_string(to.queues);
    }
    std::string operator()(const memif_attachment& to) const {
        return "memif " + to.socket + " id " + std::to_string(to.id);
    }
    std::string operator()(const ethdev_attachment& to) const { return "ethdev " + to.device; }
};

}  // namespace

std::string describe(const attachment& to) {
    return std::visit(attachment_text{}, to);
}

field_list fields_of(const node& self) {
    return {
        {"name", self.name},
        {"vtep.ipv4", text_of(self.vtep_v4)},
        {"vtep.ipv6", text_of(self.vtep_v6)},
        {"udp_port", std::to_string(self.udp_port)},
        {"underlay", joined(self.underlay, [](const underlay_port& port) { return text_of(port); })},
        {"workers", std::to_string(self.worker_count())},
        {"lcores", joined(self.lcores, [](unsigned cpu) { return std::to_string(cpu); })},
        {"memory", std::to_string(self.memory_megabytes)},
        {"hugepages", text_of(self.hugepages)},
        {"idle", self.idle == idle_mode::busy ? "busy" : "adaptive"},
        {"runtime_directory", self.runtime_directory},
        {"state_directory", self.state_directory},
        {"docker_encryption", text_of(self.docker_encryption)},
    };
}

field_list fields_of(const std::optional<gossip>& maybe) {
    if (!maybe)
        return {{"gossip.seeds", absent},
                {"gossip.keys", absent},
                {"gossip.advertise", absent},
                {"gossip.port", absent}};
    return {
        {"gossip.seeds", maybe->seeds.empty()
                             ? "none"
                             : joined(maybe->seeds, [](const seed& each) { return to_string(each); })},
        {"gossip.keys", maybe->keys},
        {"gossip.advertise", text_of(maybe->advertise)},
        {"gossip.port", std::to_string(maybe->port)},
    };
}

field_list fields_of(const std::optional<swarm>& maybe) {
    if (!maybe)
        return {{"swarm", "no"},
                {"swarm.managers", absent},
                {"swarm.token", absent},
                {"swarm.advertise", absent},
                {"swarm.port", absent}};
    return {
        {"swarm", "yes"},
        {"swarm.managers", joined(maybe->managers, [](const seed& each) { return to_string(each); })},
        {"swarm.token", maybe->token.empty() ? absent : maybe->token},
        {"swarm.advertise", text_of(maybe->advertise)},
        {"swarm.port", std::to_string(maybe->port)},
    };
}

field_list fields_of(const network_encryption& each) {
    return {{"encryption", text_of(each.profile)}};
}

std::string to_string(const seed& each) {
    const std::string ip = each.ip.to_string();
    return (each.ip.is_v4() ? ip : "[" + ip + "]") + ":" + std::to_string(each.port);
}

field_list fields_of(const overlay& each) {
    return {
        {"vni", each.id.to_string()},
        {"subnets", joined(each.subnets, [](const ip_prefix& subnet) { return subnet.to_string(); })},
        {"mtu", each.mtu ? std::to_string(*each.mtu) : absent},
        {"flood", each.flood ? "true" : "false"},
        {"encryption", text_of(each.encryption)},
        {"network", each.network.empty() ? absent : each.network},
    };
}

field_list fields_of(const peer& each) {
    std::string overlays = "all";
    if (each.overlays) overlays = joined(*each.overlays, [](const std::string& name) { return name; });
    return {
        {"vtep.ipv4", text_of(each.vtep_v4)},
        {"vtep.ipv6", text_of(each.vtep_v6)},
        {"overlays", overlays},
        {"esp_in_udp", text_of(each.esp_in_udp)},
    };
}

field_list fields_of(const endpoint& each) {
    return {
        {"overlay", each.overlay},
        {"addresses",
         each.addresses.empty()
             ? "auto"
             : joined(each.addresses, [](const ip_prefix& address) { return address.to_string(); })},
        {"mac", each.mac.is_zero() ? absent : each.mac.to_string()},
        {"host", each.host},
        {"attachment", each.attached ? describe(*each.attached) : absent},
        {"aliases", joined(each.aliases, [](const std::string& alias) { return alias; })},
    };
}

}  // namespace waggle::config
