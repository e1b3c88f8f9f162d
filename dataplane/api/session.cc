#include "dataplane/api/session.hh"

#include <cerrno>
#include <poll.h>
#include <utility>

#include <google/protobuf/arena.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "dataplane/api/codec.hh"

namespace waggle::api {

namespace {

/// One client's share of a turn: other clients and the rest of the main lcore wait that long.
constexpr std::size_t bytes_per_turn = 1 << 20;
constexpr unsigned answers_per_turn = 4;
constexpr std::size_t bytes_per_receive = 256 << 10;

}  // namespace

session::session(file_descriptor connection, host& served_by)
    : _connection(std::move(connection)), _host(served_by) {
}

bool session::is_abandoned() const {
    pollfd watched{_connection.get(), 0, 0};
    return ::poll(&watched, 1, 0) == 1 && (watched.revents & (POLLHUP | POLLERR)) != 0;
}

std::uint32_t session::interest() const {
    std::uint32_t events = 0;
    if (!is_paused() && !_ended) events |= EPOLLIN;
    if (pending() != 0 || _has_more) events |= EPOLLOUT;
    return events;
}

void session::handle(std::uint32_t events) {
    if (is_paused() || _ended) {
        // Nobody is left to take the answer.
        if ((events & (EPOLLHUP | EPOLLERR)) != 0) _finished = true;
    } else if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        receive();
    }
    if (!_finished) advance();
}

void session::receive() {
    for (std::size_t taken = 0; taken < bytes_per_turn;) {
        const auto space = _input.space(_role == role::owner ? bytes_per_receive : longest_reader_message);
        const ssize_t count = ::recv(_connection.get(), space.data(), space.size(), 0);
        if (count > 0) {
            _input.received(static_cast<std::size_t>(count));
            taken += static_cast<std::size_t>(count);
            if (_role == role::unknown) return;
            continue;
        }
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        _ended = true;
        return;
    }
}

/// Works on what was received and on the running answer until either is through or the socket is full.
void session::advance() {
    _has_more = false;
    for (unsigned answers = 0; !_finished;) {
        flush();
        if (_finished || pending() >= output_limit) return;
        if (_dump != nullptr) {
            if (++answers > answers_per_turn) {
                _has_more = true;
                return;
            }
            answer_some();
            continue;
        }
        const auto frame = _input.next();
        if (!frame) return close(frame.failure().message);
        if (!*frame) break;
        take(**frame);
    }
    if (_finished) return;
    if (_ended) {
        _finished = true;
    } else if (!_input.has_partial()) {
        _partial_since.reset();
    } else if (!_partial_since) {
        _partial_since = clock::now();
    }
}

void session::answer_some() {
    google::protobuf::Arena arena;
    auto& message = *google::protobuf::Arena::CreateMessage<wire::FromDataplane>(&arena);
    const bool more = _dump->fill(message);
    message.set_more(more);
    send(message);
    if (!more) _dump.reset();
}

void session::send(const wire::FromDataplane& message) {
    if (pending() == 0) {
        _output.clear();
        _sent = 0;
        _last_sent = clock::now();
    } else if (_sent >= output_limit) {
        _output.erase(0, _sent);
        _sent = 0;
    }
    append_frame(_output, message);
}

void session::flush() {
    while (pending() != 0) {
        const ssize_t count =
            ::send(_connection.get(), _output.data() + _sent, pending(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (count < 0) {
            _finished = true;
            return;
        }
        _sent += static_cast<std::size_t>(count);
        _last_sent = clock::now();
    }
    _output.clear();
    _sent = 0;
    if (_output.capacity() > output_limit) _output.shrink_to_fit();
}

void session::send_event(const wire::FromDataplane& message) {
    if (_finished) return;
    send(message);
    if (pending() > output_hard_limit) return close("events are not taken fast enough");
    flush();
}

void session::close(const std::string& reason) {
    if (_finished) return;
    wire::FromDataplane message;
    message.mutable_closing()->set_reason(reason);
    send(message);
    flush();
    _finished = true;
}

void session::check_deadlines(clock::time_point now, std::chrono::milliseconds hello_deadline,
                              std::chrono::milliseconds stall_deadline) {
    if (_role == role::unknown && now - _connected > hello_deadline) return close("no greeting came in time");
    if (_partial_since && now - *_partial_since > stall_deadline)
        return close("a message was begun and not finished in time");
    if (pending() != 0 && now - _last_sent > stall_deadline) close("answers are not taken");
}

void session::take(std::string_view frame) {
    google::protobuf::Arena arena;
    auto& message = *google::protobuf::Arena::CreateMessage<wire::ToDataplane>(&arena);
    if (!message.ParseFromArray(frame.data(), static_cast<int>(frame.size())))
        return close("not a message of this protocol");
    if (_role == role::unknown) {
        if (!message.has_hello()) return close("the first message must be a greeting");
        take(message.hello());
    } else if (_role == role::owner) {
        take_as_owner(message);
        if (message.has_snapshot_part()) wipe_keys(*message.mutable_snapshot_part());
        if (message.has_delta()) wipe_keys(*message.mutable_delta()->mutable_upserts());
    } else {
        take_as_reader(message);
    }
}

void session::take(const wire::Hello& hello) {
    if (hello.version() != protocol_version)
        return close("protocol version " + std::to_string(hello.version()) +
                     ", but this waggle-dataplane has " + std::to_string(protocol_version) +
                     "; install the same version of both");
    const role wanted = hello.role() == wire::OWNER ? role::owner : role::reader;
    if (auto admitted = _host.introduce(*this, wanted); !admitted) return close(admitted.failure().message);
    _role = wanted;
    if (_role == role::owner) {
        _input.set_longest(longest_owner_message);
        _changes.emplace(_host.sink(), _host.view().applied_generation);
        _subscribed = true;
    }
    wire::FromDataplane answer;
    answer.mutable_welcome()->set_version(protocol_version);
    answer.mutable_welcome()->set_instance(_host.view().instance);
    answer.mutable_welcome()->set_applied_generation(_host.view().applied_generation);
    send(answer);
}

void session::take_as_owner(const wire::ToDataplane& message) {
    switch (message.body_case()) {
        case wire::ToDataplane::kSnapshotBegin:
            return report(_changes->receive(message.snapshot_begin()));
        case wire::ToDataplane::kSnapshotPart:
            return report(_changes->receive_part(message.snapshot_part()));
        case wire::ToDataplane::kSnapshotEnd:
            return report(_changes->receive(message.snapshot_end()));
        case wire::ToDataplane::kDelta:
            return report(_changes->receive(message.delta()));
        default:
            return take_as_reader(message);
    }
}

void session::take_as_reader(const wire::ToDataplane& message) {
    switch (message.body_case()) {
        case wire::ToDataplane::kQuery: {
            auto started = start_dump(message.query(), _host.view());
            if (!started) return close(started.failure().message);
            _dump = *std::move(started);
            return;
        }
        case wire::ToDataplane::kSubscribe:
            _subscribed = true;
            return;
        case wire::ToDataplane::kHello:
            return close("a second greeting");
        case wire::ToDataplane::BODY_NOT_SET:
            return close("an unknown message; are both programs of one version?");
        default:
            return close("only the owner may change the state");
    }
}

void session::report(change_receiver::outcome outcome) {
    if (!outcome) return close(outcome.failure().message);
    if (!*outcome) return;
    const change_verdict& verdict = **outcome;
    wire::FromDataplane answer;
    if (verdict.outcome) {
        answer.mutable_acknowledged()->set_generation(verdict.generation);
    } else {
        answer.mutable_refused()->set_generation(verdict.generation);
        answer.mutable_refused()->set_reason(verdict.outcome.failure().message);
    }
    send(answer);
}

}  // namespace waggle::api
