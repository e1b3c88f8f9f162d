#include "config/write.hh"

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

namespace waggle::config {

namespace {

/// Text is always quoted, numbers never: the loader tells them apart by that.
void write_text(YAML::Emitter& out, const char* key, const std::string& value) {
    out << YAML::Key << key << YAML::Value << YAML::DoubleQuoted << value;
}
void write_number(YAML::Emitter& out, const char* key, std::uint32_t value) {
    out << YAML::Key << key << YAML::Value << value;
}

struct namespace_writer {
    YAML::Emitter& out;
    void operator()(const namespace_by_path& by) const { write_text(out, "path", by.path); }
    void operator()(const namespace_by_name& by) const { write_text(out, "namespace", by.name); }
    void operator()(const namespace_by_pid& by) const { write_number(out, "pid", by.pid); }
};

struct attachment_writer {
    YAML::Emitter& out;
    void operator()(const container_attachment& to) const {
        write_text(out, "kind", "container");
        std::visit(namespace_writer{out}, to.network_namespace);
        write_text(out, "interface", to.interface);
        if (to.routes.empty()) return;
        out << YAML::Key << "routes" << YAML::Value << YAML::BeginSeq;
        for (const route& each : to.routes) {
            out << YAML::Flow << YAML::BeginMap;
            write_text(out, "to", each.destination.to_string());
            if (each.gateway) write_text(out, "via", each.gateway->to_string());
            out << YAML::EndMap;
        }
        out << YAML::EndSeq;
    }
    void operator()(const vhost_user_attachment& to) const {
        write_text(out, "kind", "vhost-user");
        write_text(out, "socket", to.socket);
        write_number(out, "queues", to.queues);
    }
    void operator()(const memif_attachment& to) const {
        write_text(out, "kind", "memif");
        write_text(out, "socket", to.socket);
        write_number(out, "id", to.id);
    }
    void operator()(const ethdev_attachment& to) const {
        write_text(out, "kind", "ethdev");
        write_text(out, "device", to.device);
    }
};

void write(YAML::Emitter& out, const endpoint& one) {
    out << YAML::BeginMap;
    write_text(out, "name", one.name);
    write_text(out, "overlay", one.overlay);
    if (one.addresses.empty()) {
        write_text(out, "addresses", "auto");
    } else {
        out << YAML::Key << "addresses" << YAML::Value << YAML::Flow << YAML::BeginSeq;
        for (const ip_prefix& address : one.addresses) out << YAML::DoubleQuoted << address.to_string();
        out << YAML::EndSeq;
    }
    if (!one.mac.is_zero()) write_text(out, "mac", one.mac.to_string());
    write_text(out, "host", one.host);
    if (!one.aliases.empty()) {
        out << YAML::Key << "aliases" << YAML::Value << YAML::Flow << YAML::BeginSeq;
        for (const std::string& alias : one.aliases) out << YAML::DoubleQuoted << alias;
        out << YAML::EndSeq;
    }
    if (one.attached) {
        out << YAML::Key << "attachment" << YAML::Value << YAML::BeginMap;
        std::visit(attachment_writer{out}, *one.attached);
        out << YAML::EndMap;
    }
    out << YAML::EndMap;
}

}  // namespace

std::string write_endpoint(const endpoint& one) {
    YAML::Emitter out;
    write(out, one);
    return std::string(out.c_str()) + "\n";
}

std::string write_endpoints(const std::vector<endpoint>& endpoints) {
    YAML::Emitter out;
    out << YAML::BeginMap << YAML::Key << "endpoints" << YAML::Value << YAML::BeginSeq;
    for (const endpoint& each : endpoints) write(out, each);
    out << YAML::EndSeq << YAML::EndMap;
    return std::string(out.c_str()) + "\n";
}

}  // namespace waggle::config
