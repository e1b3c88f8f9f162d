#include "dataplane/table/rcu_domain.hh"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <utility>

#include <rte_rcu_qsbr.h>

namespace waggle {
namespace {

rte_rcu_qsbr* make_qsbr(unsigned readers) {
    const std::size_t wanted = rte_rcu_qsbr_get_memsize(std::max(readers, 1U));
    const std::size_t bytes = (wanted + RTE_CACHE_LINE_SIZE - 1) / RTE_CACHE_LINE_SIZE * RTE_CACHE_LINE_SIZE;
    auto* qsbr = static_cast<rte_rcu_qsbr*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, bytes));
    if (qsbr == nullptr) throw std::bad_alloc();
    if (rte_rcu_qsbr_init(qsbr, std::max(readers, 1U)) != 0) {
        std::free(qsbr);
        throw std::invalid_argument("rcu_domain: impossible number of readers");
    }
    return qsbr;
}

}  // namespace

rcu_domain::rcu_domain(unsigned readers)
    : _qsbr(make_qsbr(readers), [](rte_rcu_qsbr* qsbr) { std::free(qsbr); }) {
}

rcu_domain::~rcu_domain() {
    // No reader is left by contract, so everything is due.
    for (retired& each : _retired) each.destroy();
}

void rcu_domain::enter(unsigned reader) {
    rte_rcu_qsbr_thread_register(_qsbr.get(), reader);
    rte_rcu_qsbr_thread_online(_qsbr.get(), reader);
}

void rcu_domain::leave(unsigned reader) {
    rte_rcu_qsbr_thread_offline(_qsbr.get(), reader);
    rte_rcu_qsbr_thread_unregister(_qsbr.get(), reader);
}

void rcu_domain::quiescent(unsigned reader) {
    rte_rcu_qsbr_quiescent(_qsbr.get(), reader);
}

void rcu_domain::online(unsigned reader) {
    rte_rcu_qsbr_thread_online(_qsbr.get(), reader);
}

void rcu_domain::offline(unsigned reader) {
    rte_rcu_qsbr_thread_offline(_qsbr.get(), reader);
}

std::uint64_t rcu_domain::start_grace_period() {
    return rte_rcu_qsbr_start(_qsbr.get());
}

bool rcu_domain::is_over(std::uint64_t token) {
    return rte_rcu_qsbr_check(_qsbr.get(), token, false) == 1;
}

void rcu_domain::retire(std::function<void()> destroy) {
    _retired.push_back({start_grace_period(), std::move(destroy)});
}

void rcu_domain::reclaim() {
    while (!_retired.empty() && is_over(_retired.front().token)) {
        const retired due = std::move(_retired.front());
        _retired.pop_front();
        due.destroy();
    }
}

void rcu_domain::synchronize() {
    rte_rcu_qsbr_synchronize(_qsbr.get(), RTE_QSBR_THRID_INVALID);
    reclaim();
}

}  // namespace waggle
