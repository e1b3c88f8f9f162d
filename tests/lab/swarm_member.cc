/// A worker of a Docker swarm and nothing else, for labs with stock engines:
///   swarm_member DIRECTORY RUNTIME_DIRECTORY HOSTNAME
/// Reads lines: "join TOKEN MANAGER...", "want CONTAINER=NETWORK...", "view", "leave", "stop", "release".
/// Answers each with one line: what went wrong or an empty one, of "view" the view as JSON.

#include <iostream>
#include <sstream>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "control/swarm/membership.hh"

namespace {

using namespace waggle;
using namespace waggle::control;
using nlohmann::json;

const char* name_of(swarm::phase phase) {
    switch (phase) {
        case swarm::phase::outside:
            return "outside";
        case swarm::phase::joining:
            return "joining";
        case swarm::phase::disconnected:
            return "disconnected";
        case swarm::phase::ready:
            return "ready";
        case swarm::phase::expelled:
            return "expelled";
    }
    return "?";
}

std::string hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes)
        for (const unsigned digit : {unsigned{byte} >> 4, unsigned{byte} & 15})
            text += "0123456789abcdef"[digit];
    return text;
}

json keys(const std::vector<swarm::session_key>& all) {
    json list = json::array();
    for (const auto& each : all)
        list.push_back({{"lamport", each.lamport_time}, {"key", hex(each.key.reveal())}});
    return list;
}

json describe(const swarm::view& seen) {
    json told = {{"phase", name_of(seen.phase)},
                 {"problem", seen.problem},
                 {"node", seen.node_id},
                 {"cluster", seen.cluster_id},
                 {"role", seen.role},
                 {"manager", seen.session_manager},
                 {"complete", seen.complete},
                 {"rejected", seen.tasks_rejected},
                 {"port", seen.vxlan_port},
                 {"refused", seen.refused},
                 {"gossip_keys", keys(seen.gossip_keys)},
                 {"ipsec_keys", keys(seen.ipsec_keys)}};
    told["certificate_ends"] = std::chrono::system_clock::to_time_t(seen.certificate_ends);
    told["renewal"] = std::chrono::system_clock::to_time_t(seen.renewal);
    told["managers"] = json::array();
    for (const auto& each : seen.managers) told["managers"].push_back(each.address);
    told["networks"] = json::object();
    for (const auto& [id, each] : seen.networks) {
        json subnets = json::array();
        for (const auto& subnet : each.subnets)
            subnets.push_back({{"subnet", subnet.subnet.to_string()}, {"vni", subnet.id.value()}});
        told["networks"][each.name] = {{"id", id},
                                       {"subnets", subnets},
                                       {"encrypted", each.encrypted},
                                       {"attachable", each.attachable},
                                       {"mtu", each.mtu.value_or(0)}};
    }
    told["attachments"] = json::object();
    for (const auto& [container, each] : seen.attachments) {
        json addresses = json::array();
        for (const auto& address : each.addresses) addresses.push_back(address.to_string());
        told["attachments"][container] = {
            {"task", each.id}, {"network", each.network_id}, {"addresses", addresses}};
    }
    told["load_balancers"] = json::object();
    for (const auto& [id, address] : seen.load_balancers) told["load_balancers"][id] = address.to_string();
    return told;
}

class program {
public:
    program(boost::asio::io_context& context, std::unique_ptr<swarm::membership> member)
        : _member(std::move(member)), _work(context.get_executor()), _input(context, ::dup(STDIN_FILENO)) {
        read();
    }

private:
    void read() {
        boost::asio::async_read_until(_input, _buffer, '\n',
                                      [this](boost::system::error_code failed, std::size_t) {
                                          if (failed) return end(false);
                                          std::istream from(&_buffer);
                                          std::string line;
                                          std::getline(from, line);
                                          run(line);
                                      });
    }
    void answer(const std::string& text) {
        std::cout << text << std::endl;
        read();
    }
    void answer(const result<void>& outcome) { answer(outcome ? std::string() : outcome.failure().message); }
    void end(bool release) {
        _member->stop(release, [this] {
            _member.reset();
            _work.reset();
        });
    }

    void run(const std::string& line) {
        std::istringstream words(line);
        std::string what;
        words >> what;
        if (what == "view") return answer(describe(_member->state()).dump());
        if (what == "stop" || what == "release") return end(what == "release");
        if (what == "leave") return _member->leave([this](const result<void>& outcome) { answer(outcome); });
        if (what == "join") {
            std::string token;
            words >> token;
            std::vector<std::string> managers;
            for (std::string each; words >> each;) managers.push_back(each);
            return _member->join(token, managers, [this](const result<void>& outcome) { answer(outcome); });
        }
        if (what == "want") {
            std::map<std::string, swarm::wanted_attachment> wanted;
            for (std::string each; words >> each;) {
                const auto at = each.find('=');
                wanted[each.substr(0, at)].target = each.substr(at + 1);
            }
            _member->want(std::move(wanted));
            return answer(std::string());
        }
        answer("no such command");
    }

    std::unique_ptr<swarm::membership> _member;
    /// While an answer is waited for, nothing is read.
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> _work;
    boost::asio::posix::stream_descriptor _input;
    boost::asio::streambuf _buffer;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    spdlog::set_default_logger(spdlog::stderr_logger_mt("member"));
    boost::asio::io_context context;
    auto opened = swarm::membership::open(context, {argv[1], argv[2], argv[3]}, {});
    if (!opened) {
        std::cerr << opened.failure().message << '\n';
        return 1;
    }
    const program running(context, std::move(*opened));
    context.run();
}
