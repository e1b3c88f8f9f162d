#pragma once

#include "control/gossip/networkdb/messages.hh"

namespace waggle::networkdb {

/// A Lamport clock as Serf's, which the stock engines use: hearing of a time moves it beyond that time, so
/// that what happens here afterwards is later than everything heard of.
class lamport_clock {
public:
    lamport_time now() const { return _now; }
    /// The time of a new local event.
    lamport_time increment() { return ++_now; }
    void witness(lamport_time heard) {
        if (heard >= _now) _now = heard + 1;
    }

private:
    lamport_time _now = 0;
};

}  // namespace waggle::networkdb
