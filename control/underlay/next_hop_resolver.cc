#include "control/underlay/next_hop_resolver.hh"

#include <utility>

#include "control/underlay/next_hop_worker.hh"

namespace waggle::control {

next_hop_resolver::next_hop_resolver(boost::asio::io_context& results, underlay_settings how,
                                     change_callback on_change)
    : _worker(std::make_unique<worker>(results, std::move(how), std::move(on_change))) {
}

next_hop_resolver::~next_hop_resolver() {
    stop();
}

result<void> next_hop_resolver::start() {
    return _worker->start();
}

void next_hop_resolver::set_vteps(std::vector<ip_address> vteps) {
    _worker->set_vteps(std::move(vteps));
}

void next_hop_resolver::set_settings(underlay_settings how) {
    _worker->set_settings(std::move(how));
}

void next_hop_resolver::stop() {
    _worker->stop();
}

}  // namespace waggle::control
