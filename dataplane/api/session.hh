#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hh"
#include "dataplane/api/change_receiver.hh"
#include "dataplane/api/dump.hh"
#include "dataplane/api/file_descriptor.hh"
#include "dataplane/api/framing.hh"
#include "dataplane/api/wire.hh"

namespace waggle::api {

/// One client of the server. Never blocks; memory is bounded by the longest message allowed to it plus
/// `output_limit` and what one message adds to it.
class session {
public:
    enum class role : std::uint8_t { unknown, reader, owner };
    using clock = std::chrono::steady_clock;

    /// The server, as a session needs it.
    class host {
    public:
        virtual ~host() = default;
        /// Lets a client in that has introduced itself, or says why not.
        virtual result<void> introduce(session& client, role wanted) = 0;
        virtual state_sink& sink() = 0;
        virtual dump_view& view() = 0;
    };

    /// No further request is worked on while so much waits to be sent.
    static constexpr std::size_t output_limit = 1 << 20;
    /// A subscriber that lets events pile up to this is disconnected.
    static constexpr std::size_t output_hard_limit = 4 << 20;

    session(file_descriptor connection, host& served_by);
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    int get() const { return _connection.get(); }
    role who() const { return _role; }
    clock::time_point connected() const { return _connected; }
    /// To be destroyed.
    bool is_finished() const { return _finished; }
    bool is_subscribed() const { return _subscribed; }
    /// True if the other end is gone, even if messages of it are still unread.
    bool is_abandoned() const;
    /// The epoll events it waits for.
    std::uint32_t interest() const;

    /// Called when epoll reports `events`.
    void handle(std::uint32_t events);
    void send_event(const wire::FromDataplane& message);
    /// Tells the client why, as far as its socket takes it, and finishes.
    void close(const std::string& reason);
    /// Closes a client that is too slow.
    void check_deadlines(clock::time_point now, std::chrono::milliseconds hello_deadline,
                         std::chrono::milliseconds stall_deadline);

private:
    bool is_paused() const { return _dump != nullptr || pending() >= output_limit; }
    std::size_t pending() const { return _output.size() - _sent; }
    void receive();
    void advance();
    void answer_some();
    void send(const wire::FromDataplane& message);
    void flush();
    void take(std::string_view frame);
    void take(const wire::Hello& hello);
    void take_as_owner(const wire::ToDataplane& message);
    void take_as_reader(const wire::ToDataplane& message);
    void report(change_receiver::outcome outcome);

    file_descriptor _connection;
    host& _host;
    role _role = role::unknown;
    bool _finished = false;
    bool _subscribed = false;
    /// The client has closed its end; what it sent before is still worked on.
    bool _ended = false;
    /// There is more to answer than one turn allowed.
    bool _has_more = false;
    frame_reader _input{longest_reader_message};
    std::string _output;
    std::size_t _sent = 0;
    std::unique_ptr<dump> _dump;
    std::optional<change_receiver> _changes;
    clock::time_point _connected = clock::now();
    std::optional<clock::time_point> _partial_since;
    clock::time_point _last_sent = clock::now();
};

}  // namespace waggle::api
