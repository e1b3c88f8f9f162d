#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hh"
#include "dataplane/api/report.hh"

namespace waggle::api {

/// A blocking client that reads what the dataplane has, for commands. Not thread-safe. Every call fails
/// with one sentence when the dataplane is not there, refuses, or stays silent for `timeout`.
class reader_client {
public:
    /// A socket that is missing or that nobody serves: "waggle-dataplane is not running (...)".
    static result<reader_client> connect(const std::string& path,
                                         std::chrono::milliseconds timeout = std::chrono::seconds(5));
    reader_client(reader_client&&) noexcept;
    reader_client& operator=(reader_client&&) noexcept;
    ~reader_client();

    result<status_report> status();
    result<std::vector<port_report>> ports();
    result<std::vector<overlay_report>> overlays();
    result<std::vector<vtep_report>> vteps();
    /// Of one overlay or of all. An entry that was there during the whole call is reported exactly once;
    /// the order is arbitrary.
    result<std::vector<forwarding_report>> forwarding(std::optional<vni> overlay = std::nullopt);
    result<std::vector<neighbour_report>> neighbours(std::optional<vni> overlay = std::nullopt);
    /// Counters that are not zero.
    result<std::vector<counter_report>> counters();
    /// Security associations, without their keys.
    result<std::vector<association_report>> associations();
    /// The whole applied state but security associations, as one value.
    result<state> applied_state();

    /// From now on events are sent to this client; they come out of next_event() only.
    result<void> subscribe();
    /// Nothing if none came within `wait`.
    result<std::optional<event>> next_event(std::chrono::milliseconds wait);

private:
    struct connection;
    explicit reader_client(std::unique_ptr<connection> opened);
    std::unique_ptr<connection> _connection;
};

}  // namespace waggle::api
