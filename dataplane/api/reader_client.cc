#include "dataplane/api/reader_client.hh"

#include <cerrno>
#include <cstring>
#include <deque>
#include <poll.h>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

#include "dataplane/api/codec.hh"
#include "dataplane/api/file_descriptor.hh"
#include "dataplane/api/framing.hh"
#include "dataplane/api/report_codec.hh"
#include "dataplane/api/wire.hh"

namespace waggle::api {

namespace {

using clock = std::chrono::steady_clock;

error failed(const std::string& what) {
    return error{"waggle-dataplane: " + what};
}

}  // namespace

struct reader_client::connection {
    file_descriptor socket;
    std::chrono::milliseconds timeout{};
    frame_reader input{longest_answer};
    std::deque<event> events;

    /// False if nothing was ready in time.
    bool wait(short what, clock::time_point until) const {
        for (;;) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now()).count();
            pollfd watched{socket.get(), what, 0};
            const int ready = ::poll(&watched, 1, left > 0 ? static_cast<int>(left) : 0);
            if (ready < 0 && errno == EINTR) continue;
            return ready > 0;
        }
    }

    result<void> send(const wire::ToDataplane& message) {
        std::string bytes;
        append_frame(bytes, message);
        const auto until = clock::now() + timeout;
        for (std::size_t sent = 0; sent < bytes.size();) {
            const ssize_t count =
                ::send(socket.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count >= 0) {
                sent += static_cast<std::size_t>(count);
            } else if (errno == EAGAIN) {
                if (!wait(POLLOUT, until)) return failed("does not take a question in time");
            } else if (errno != EINTR) {
                // It may have said why before it closed.
                break;
            }
        }
        return {};
    }

    /// The next message, events included; nothing if none came until then.
    result<std::optional<wire::FromDataplane>> receive(clock::time_point until) {
        for (;;) {
            const auto frame = input.next();
            if (!frame) return failed("answers with " + frame.failure().message);
            if (*frame) {
                wire::FromDataplane message;
                if (!message.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size())))
                    return failed("answers with something that is not of this protocol");
                if (message.has_closing()) return failed(message.closing().reason());
                return std::optional(std::move(message));
            }
            if (!wait(POLLIN, until)) return std::optional<wire::FromDataplane>{};
            const auto space = input.space(256 << 10);
            const ssize_t count = ::recv(socket.get(), space.data(), space.size(), MSG_DONTWAIT);
            if (count > 0) {
                input.received(static_cast<std::size_t>(count));
            } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
                return failed("closed the connection");
            }
        }
    }

    /// One of a kind that this version does not know is left out.
    void keep(const wire::Event& happened) {
        if (auto known = decode(happened)) events.push_back(*std::move(known));
    }

    /// The next message that is not an event.
    result<wire::FromDataplane> answer() {
        for (;;) {
            auto message = receive(clock::now() + timeout);
            if (!message) return message.failure();
            if (!*message) return failed("is silent for " + std::to_string(timeout.count()) + " ms");
            if (!(*message)->has_event()) return std::move(**message);
            keep((*message)->event());
        }
    }

    /// Asks, and calls take(message) for each message of the answer, forget() when it starts again.
    template <typename Take, typename Forget>
    result<void> ask(wire::Query::What what, std::optional<vni> overlay, Take take, Forget forget) {
        wire::ToDataplane question;
        question.mutable_query()->set_what(what);
        if (overlay) question.mutable_query()->set_overlay(overlay->value());
        if (auto sent = send(question); !sent) return sent;
        for (;;) {
            auto message = answer();
            if (!message) return message.failure();
            if (message->restart()) forget();
            if (auto taken = take(*message); !taken) return taken;
            if (!message->more()) return {};
        }
    }

    /// All that an answer lists, decoded; list_of(message) is one message's part of the list.
    template <typename Report, typename List>
    result<std::vector<Report>> ask_all(wire::Query::What what, List list_of) {
        std::vector<Report> reports;
        auto done = ask(
            what, std::nullopt,
            [&](const wire::FromDataplane& message) -> result<void> {
                for (const auto& one : list_of(message)) {
                    auto report = decode(one);
                    if (!report) return report.failure();
                    reports.push_back(*std::move(report));
                }
                return {};
            },
            [&] { reports.clear(); });
        if (!done) return done.failure();
        return reports;
    }

    result<delta::upsert_lists> ask_entries(wire::Query::What what, std::optional<vni> overlay) {
        delta::upsert_lists lists;
        auto done = ask(
            what, overlay,
            [&](const wire::FromDataplane& message) { return decode(message.entries(), lists); },
            [&] { lists = {}; });
        if (!done) return done.failure();
        return lists;
    }
};

reader_client::reader_client(std::unique_ptr<connection> opened) : _connection(std::move(opened)) {
}
reader_client::reader_client(reader_client&&) noexcept = default;
reader_client& reader_client::operator=(reader_client&&) noexcept = default;
reader_client::~reader_client() = default;

result<reader_client> reader_client::connect(const std::string& path, std::chrono::milliseconds timeout) {
    auto opened = std::make_unique<connection>();
    opened->timeout = timeout;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return error{"socket path " + path + " is too long"};
    std::memcpy(address.sun_path, path.data(), path.size());
    opened->socket = file_descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(opened->socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        if (errno == ENOENT) return error{"waggle-dataplane is not running (no socket at " + path + ")"};
        if (errno == ECONNREFUSED)
            return error{"waggle-dataplane is not running (nobody serves the socket at " + path + ")"};
        if (errno == EACCES)
            return error{"not allowed to talk to waggle-dataplane (" + path + "); run this as root"};
        return error{"cannot connect to waggle-dataplane (" + path + "): " + std::strerror(errno)};
    }
    wire::ToDataplane hello;
    hello.mutable_hello()->set_version(protocol_version);
    hello.mutable_hello()->set_role(wire::READER);
    if (auto sent = opened->send(hello); !sent) return sent.failure();
    const auto welcome = opened->answer();
    if (!welcome) return welcome.failure();
    if (!welcome->has_welcome()) return failed("does not answer the greeting");
    return reader_client(std::move(opened));
}

result<status_report> reader_client::status() {
    status_report report;
    auto done = _connection->ask(
        wire::Query::STATUS, std::nullopt,
        [&](const wire::FromDataplane& message) {
            report = decode(message.status());
            return result<void>();
        },
        [] {});
    if (!done) return done.failure();
    return report;
}

result<std::vector<port_report>> reader_client::ports() {
    return _connection->ask_all<port_report>(
        wire::Query::PORTS,
        [](const wire::FromDataplane& message) -> auto& { return message.ports().ports(); });
}

result<std::vector<overlay_report>> reader_client::overlays() {
    return _connection->ask_all<overlay_report>(
        wire::Query::OVERLAYS,
        [](const wire::FromDataplane& message) -> auto& { return message.overlays().overlays(); });
}

result<std::vector<vtep_report>> reader_client::vteps() {
    auto lists = _connection->ask_entries(wire::Query::VTEPS, std::nullopt);
    if (!lists) return lists.failure();
    std::unordered_map<ip_address, std::vector<vni>> overlays;
    for (const member& one : lists->members) overlays[one.vtep].push_back(one.overlay);
    std::vector<vtep_report> reports;
    for (auto& [address, parameters] : lists->vteps)
        reports.push_back({address, std::move(parameters), std::move(overlays[address])});
    return reports;
}

result<std::vector<forwarding_report>> reader_client::forwarding(std::optional<vni> overlay) {
    auto lists = _connection->ask_entries(wire::Query::FORWARDING, overlay);
    if (!lists) return lists.failure();
    std::vector<forwarding_report> reports;
    reports.reserve(lists->forwarding.size());
    for (auto& [key, target] : lists->forwarding) reports.push_back({key, std::move(target)});
    return reports;
}

result<std::vector<neighbour_report>> reader_client::neighbours(std::optional<vni> overlay) {
    auto lists = _connection->ask_entries(wire::Query::NEIGHBOURS, overlay);
    if (!lists) return lists.failure();
    std::vector<neighbour_report> reports;
    reports.reserve(lists->neighbours.size());
    for (const auto& [key, mac] : lists->neighbours) reports.push_back({key, mac});
    return reports;
}

result<std::vector<counter_report>> reader_client::counters() {
    std::vector<counter_report> reports;
    std::vector<wire::Counters::Name> names;
    auto done = _connection->ask(
        wire::Query::COUNTERS, std::nullopt,
        [&](const wire::FromDataplane& message) {
            const wire::Counters& counters = message.counters();
            names.insert(names.end(), counters.names().begin(), counters.names().end());
            return decode(counters, names, reports);
        },
        [] {});
    if (!done) return done.failure();
    return reports;
}

result<std::vector<association_report>> reader_client::associations() {
    return _connection->ask_all<association_report>(
        wire::Query::ASSOCIATIONS,
        [](const wire::FromDataplane& message) -> auto& { return message.associations().associations(); });
}

result<state> reader_client::applied_state() {
    delta whole;
    auto lists = _connection->ask_entries(wire::Query::STATE, std::nullopt);
    if (!lists) return lists.failure();
    whole.upserts = *std::move(lists);
    state out;
    apply(out, whole);
    return out;
}

result<void> reader_client::subscribe() {
    wire::ToDataplane message;
    message.mutable_subscribe();
    return _connection->send(message);
}

result<std::optional<event>> reader_client::next_event(std::chrono::milliseconds wait) {
    const auto until = clock::now() + wait;
    while (_connection->events.empty()) {
        auto message = _connection->receive(until);
        if (!message) return message.failure();
        if (!*message) return std::optional<event>{};
        if ((*message)->has_event()) _connection->keep((*message)->event());
    }
    event first = std::move(_connection->events.front());
    _connection->events.pop_front();
    return std::optional(std::move(first));
}

}  // namespace waggle::api
