#pragma once

#include <map>
#include <string>

#include "control/swarm/membership.hh"
#include "control/swarm/wire/dispatcher.pb.h"

namespace waggle::control::swarm {

/// The tasks of this node, as the managers' chain of messages gives them: a complete list, then changes to
/// it.
class assignments {
public:
    /// A host has 10,000 containers at most, and tasks of services are only rejected.
    static constexpr std::size_t most = 20'000;

    struct task {
        /// Of an attachment task: whole. Of others: id, states, whether it has a container.
        docker::swarmkit::v1::Task what;
        bool is_attachment = false;
        /// What it grants; empty if `fault` says why it is of no use.
        attachment granted;
        network on;
        std::string fault;
        /// The last state that a manager has from this host or told by itself.
        docker::swarmkit::v1::TaskState reported = docker::swarmkit::v1::NEW;
    };

    /// Takes a message up. False if it does not chain to the one before: the stream has to be opened anew.
    bool apply(docker::swarmkit::v1::AssignmentsMessage message);
    /// A new stream begins with a complete list.
    void expect_complete() { _chained = false; }
    /// What an earlier life of this host knew; no manager has confirmed it.
    void restore(docker::swarmkit::v1::Task known);
    void clear();

    std::map<std::string, task>& tasks() { return _tasks; }
    const std::map<std::string, task>& tasks() const { return _tasks; }
    /// A complete list was heard since the start.
    bool complete() const { return _complete; }
    /// Tasks that went beyond `most` and were not taken up, of the present list.
    std::size_t left_out() const { return _left_out; }

private:
    void update(docker::swarmkit::v1::Task&& changed);

    std::map<std::string, task> _tasks;
    std::string _last;
    bool _chained = false;
    bool _complete = false;
    std::size_t _left_out = 0;
};

}  // namespace waggle::control::swarm
