#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/moment.hh"
#include "dataplane/api/state.hh"

namespace waggle::control {

/// Ports that the dataplane refuses, and the search for them when a refusal does not say which port it is
/// about: the suspects are held back as groups and tried one group after another, a refused group is halved.
class port_faults {
public:
    static constexpr std::chrono::seconds first_retry{5};
    static constexpr std::chrono::seconds longest_retry{300};

    struct fault {
        /// What was refused; a changed definition is tried at once.
        api::access_port refused;
        std::string reason;
        moment retry_at;
        std::chrono::seconds backoff{};
    };

    /// Ports to leave out of what is sent now: faults that are not due and held suspects.
    std::set<std::string> left_out(const api::state& desired, moment now) const;

    /// Forgets faults and suspects that are not wanted any more or are defined differently now.
    void follow(const api::state& desired);
    /// A port was refused by itself. True if this is news: a new fault or another reason.
    bool blame(const std::string& port, const api::access_port& definition, const std::string& reason,
               moment now);
    /// Holds the ports back until they are tried, in one group.
    void hold(std::vector<std::string> ports) { _held.push_front(std::move(ports)); }
    /// Splits a refused group; its halves are tried next.
    void halve(const std::vector<std::string>& group);
    /// Takes the next group to try out of those held back; empty when there is none.
    std::vector<std::string> try_next();
    bool searching() const { return !_held.empty(); }
    /// Gives up the search; faults stay.
    void stop_search() { _held.clear(); }
    /// These ports are in force. Returns those that had been faults.
    std::vector<std::string> absolve(const api::state& in_force);
    /// Another dataplane: every fault gets a new chance soon.
    void retry_soon(moment now);

    const std::map<std::string, fault>& faults() const { return _faults; }
    std::optional<moment> next_retry() const;

private:
    std::map<std::string, fault> _faults;
    std::deque<std::vector<std::string>> _held;
};

}  // namespace waggle::control
