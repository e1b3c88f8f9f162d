#pragma once

#include <chrono>
#include <cstring>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>

#include "dataplane/api/file_descriptor.hh"
#include "dataplane/api/framing.hh"
#include "dataplane/api/wire.hh"

namespace waggle::api {

/// A client that sends whatever a test wants.
class raw_client {
public:
    explicit raw_client(const std::string& path) : _socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        if (::connect(_socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("cannot connect");
    }

    void send_bytes(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(_socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            // The server may have closed in the middle: the test looks at what it said.
            if (count <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    void send(const wire::ToDataplane& message) {
        std::string bytes;
        append_frame(bytes, message);
        send_bytes(bytes);
    }
    void greet(wire::Role role, std::uint32_t version = protocol_version) {
        wire::ToDataplane message;
        message.mutable_hello()->set_version(version);
        message.mutable_hello()->set_role(role);
        send(message);
    }
    void ask(wire::Query::What what) {
        wire::ToDataplane message;
        message.mutable_query()->set_what(what);
        send(message);
    }
    /// The next message; nothing when the connection is closed or nothing came for long.
    std::optional<wire::FromDataplane> receive() {
        for (;;) {
            const auto frame = _input.next();
            if (frame.ok() && *frame) {
                wire::FromDataplane message;
                if (!message.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size()))) return {};
                return message;
            }
            pollfd watched{_socket.get(), POLLIN, 0};
            if (::poll(&watched, 1, 60'000) != 1) return {};
            const auto space = _input.space(65536);
            const ssize_t count = ::recv(_socket.get(), space.data(), space.size(), 0);
            if (count <= 0) return {};
            _input.received(static_cast<std::size_t>(count));
        }
    }
    /// Why the server closed the connection; "nothing" if it did not say.
    std::string farewell() {
        while (const auto message = receive())
            if (message->has_closing()) return message->closing().reason();
        return "nothing";
    }
    int get() const { return _socket.get(); }

private:
    file_descriptor _socket;
    frame_reader _input{longest_answer};
};

}  // namespace waggle::api
