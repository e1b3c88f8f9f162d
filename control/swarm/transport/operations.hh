#pragma once

#include <algorithm>
#include <chrono>
#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>
#include <memory>
#include <utility>

#include "control/swarm/transport/manager_links.hh"

namespace waggle::control::swarm {

/// `tunnel` knows better than gRPC why a connection broke.
inline call_status to_call_status(const grpc::Status& from, const tls_tunnel& tunnel) {
    call_code code = call_code::unknown;
    switch (from.error_code()) {
        case grpc::StatusCode::OK:
            code = call_code::ok;
            break;
        case grpc::StatusCode::INVALID_ARGUMENT:
            code = call_code::invalid_argument;
            break;
        case grpc::StatusCode::DEADLINE_EXCEEDED:
            code = call_code::deadline_exceeded;
            break;
        case grpc::StatusCode::NOT_FOUND:
            code = call_code::not_found;
            break;
        case grpc::StatusCode::PERMISSION_DENIED:
            code = call_code::permission_denied;
            break;
        case grpc::StatusCode::RESOURCE_EXHAUSTED:
            code = call_code::resource_exhausted;
            break;
        case grpc::StatusCode::FAILED_PRECONDITION:
            code = call_code::failed_precondition;
            break;
        case grpc::StatusCode::ABORTED:
            code = call_code::aborted;
            break;
        case grpc::StatusCode::UNAVAILABLE:
            code = call_code::unavailable;
            break;
        case grpc::StatusCode::UNAUTHENTICATED:
            code = call_code::unauthenticated;
            break;
        default:
            break;
    }
    // A manager's words go to logs and views.
    constexpr std::size_t longest_message = 512;
    std::string message = from.error_message();
    if (code == call_code::unavailable) {
        if (auto why = tunnel.failure(); !why.empty()) message = std::move(why);
    }
    message.resize(std::min(message.size(), longest_message));
    return {code, std::move(message)};
}

/// By the monotonic clock.
inline gpr_timespec deadline_in(std::chrono::milliseconds time) {
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(time.count(), GPR_TIMESPAN));
}

/// A call with one answer.
template <typename Response>
class unary_operation : public operation {
public:
    unary_operation(link_events& told, std::shared_ptr<tls_tunnel> tunnel, call_id call)
        : _told(told), _tunnel(std::move(tunnel)), _call(call) {}

    /// `prepare`: a stub's PrepareAsync function with its request.
    template <typename Prepare>
    void start(std::chrono::milliseconds timeout, Prepare&& prepare) {
        _context.set_deadline(deadline_in(timeout));
        _reader = prepare(&_context);
        _reader->StartCall();
        _reader->Finish(&_answer, &_status, static_cast<operation*>(this));
    }
    bool proceed(bool) override {
        if (_told_of)
            _told.answered(_call, to_call_status(_status, *_tunnel), manager_response(std::move(_answer)));
        return false;
    }
    void cancel() override {
        _told_of = false;
        _context.TryCancel();
    }

private:
    link_events& _told;
    std::shared_ptr<tls_tunnel> _tunnel;
    call_id _call;
    bool _told_of = true;
    grpc::ClientContext _context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> _reader;
    Response _answer;
    grpc::Status _status;
};

/// A stream of messages from a manager.
template <typename Message>
class stream_operation : public operation {
public:
    stream_operation(link_events& told, std::shared_ptr<tls_tunnel> tunnel, stream_id stream)
        : _told(told), _tunnel(std::move(tunnel)), _stream(stream) {}

    template <typename Prepare>
    void start(Prepare&& prepare) {
        _reader = prepare(&_context);
        _reader->StartCall(static_cast<operation*>(this));
    }
    bool proceed(bool ok) override {
        if (_step == step::finishing) {
            if (_told_of) _told.stream_ended(_stream, to_call_status(_status, *_tunnel));
            return false;
        }
        if (ok && _step == step::reading && _told_of) tell();
        if (ok && _told_of) {
            _step = step::reading;
            _message.Clear();
            _reader->Read(&_message, static_cast<operation*>(this));
        } else {
            _step = step::finishing;
            _reader->Finish(&_status, static_cast<operation*>(this));
        }
        return true;
    }
    void cancel() override {
        _told_of = false;
        _context.TryCancel();
    }

private:
    enum class step : std::uint8_t { starting, reading, finishing };
    void tell() {
        if constexpr (std::is_same_v<Message, wire::SessionMessage>) {
            _told.session_heard(_stream, _message);
        } else {
            _told.assignments_heard(_stream, std::move(_message));
        }
    }

    link_events& _told;
    std::shared_ptr<tls_tunnel> _tunnel;
    stream_id _stream;
    bool _told_of = true;
    step _step = step::starting;
    grpc::ClientContext _context;
    std::unique_ptr<grpc::ClientAsyncReader<Message>> _reader;
    Message _message;
    grpc::Status _status;
};

}  // namespace waggle::control::swarm
