#include "control/attach/container_links.hh"

#include <utility>

#include "control/attach/container_links_worker.hh"

namespace waggle::control {

container_links::container_links(boost::asio::io_context& results, settings how, status_callback on_status)
    : _worker(std::make_unique<worker>(results, std::move(how), std::move(on_status))) {
}

container_links::~container_links() {
    stop(false);
}

result<void> container_links::start() {
    return _worker->start();
}

void container_links::set_desired(std::vector<container_link> wanted) {
    _worker->set_desired(std::move(wanted));
}

void container_links::stop(bool remove_links) {
    _worker->stop(remove_links);
}

}  // namespace waggle::control
