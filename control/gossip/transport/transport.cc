#include "control/gossip/transport/transport.hh"

#include <utility>

#include "control/gossip/transport/worker.hh"

namespace waggle::gossip {

time_point monotonic_now() {
    return time_point(
        std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

result<std::unique_ptr<transport>> transport::open(transport_settings settings, keyring keys,
                                                   gossip_core& core,
                                                   std::function<void(const notice&)> log) {
    auto made = std::make_unique<worker>(settings, std::move(keys), core, std::move(log));
    const result<void> bound = made->bind();
    if (!bound) return bound.failure();
    return std::unique_ptr<transport>(new transport(std::move(made)));
}

transport::transport(std::unique_ptr<worker> made) : _worker(std::move(made)) {
}
transport::~transport() {
    stop();
}

void transport::start(std::function<void(time_point)> first) {
    _worker->start(std::move(first));
}

void transport::post(std::function<void(time_point)> work) {
    _worker->post([this, work = std::move(work)] {
        work(monotonic_now());
        _worker->flush();
    });
}

void transport::set_keys(keyring keys) {
    auto moved = std::make_shared<keyring>(std::move(keys));
    _worker->post([this, moved] { _worker->_keys = std::move(*moved); });
}

void transport::stop() {
    _worker->stop();
}
const transport_counters& transport::counters() const {
    return _worker->_counters;
}
ip_endpoint transport::listening() const {
    return _worker->_listening;
}

}  // namespace waggle::gossip
