#include "control/agent/swarm_host.hh"

#include <algorithm>
#include <random>
#include <sstream>
#include <unordered_set>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "control/agent/swarm_thread.hh"
#include "control/overlay/durable_file.hh"

namespace waggle::control {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds tick_while_choosing{250};
constexpr std::chrono::seconds usual_tick{1};
/// A host that is one of the seeds asks the others for so long before it takes itself for the swarm.
constexpr std::chrono::seconds patience_of_a_seed{3};
constexpr std::chrono::seconds patience_for_leave{3};

std::uint64_t random_number() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

/// New at every start: peers take an address under a new name for the next life of the host that had it.
std::string random_name() {
    constexpr char digits[] = "0123456789abcdef";
    std::uint64_t bits = random_number();
    std::string name;
    for (int i = 0; i < 12; ++i) name += digits[bits >> (4 * i) & 15];
    return name;
}

std::string address_file(const config::config& file) {
    return file.node.state_directory + "/addresses";
}

/// Lines of endpoint and address; what can't be read is as if it had never been written.
std::map<std::string, ip_address> remembered_addresses(const config::config& file) {
    std::map<std::string, ip_address> addresses;
    auto text = read_file(address_file(file));
    if (!text) return addresses;
    std::istringstream lines(*text);
    std::string endpoint;
    std::string address;
    while (lines >> endpoint >> address)
        if (auto ip = ip_address::parse(address)) addresses.emplace(endpoint, *ip);
    return addresses;
}

std::vector<ip_address> own_vteps(const config::config& file) {
    std::vector<ip_address> own;
    for (const auto& each : {file.node.vtep_v4, file.node.vtep_v6})
        if (each) own.push_back(*each);
    return own;
}

gossip::gossip_node_settings settings_of(const config::config& file, const std::string& name) {
    const config::gossip& gossip = *file.gossip;
    gossip::gossip_node_settings settings;
    settings.members.name = name;
    settings.members.advertise = {gossip.advertise    ? *gossip.advertise
                                  : file.node.vtep_v4 ? *file.node.vtep_v4
                                                      : *file.node.vtep_v6,
                                  gossip.port};
    settings.seeds = seeds_of(gossip);
    settings.random_seed = random_number();
    return settings;
}

}  // namespace

std::vector<gossip::ip_endpoint> seeds_of(const config::gossip& section) {
    std::vector<gossip::ip_endpoint> seeds;
    for (const config::seed& each : section.seeds) seeds.push_back({each.ip, each.port});
    return seeds;
}

result<std::unique_ptr<swarm_host>> swarm_host::make(boost::asio::io_context& context,
                                                     const config::config& file, gossip::keyring keys,
                                                     callbacks told) {
    std::string name = random_name();
    std::unique_ptr<swarm_host> made(new swarm_host(context, std::move(told), name, file));
    auto post = [&context](std::function<void()> work) { boost::asio::post(context, std::move(work)); };
    std::weak_ptr<int> alive = made->_alive;
    swarm_host* self = made.get();
    made->_fingerprints = keys.fingerprints();
    gossip::gossip_node_settings settings = settings_of(file, name);
    settings.remembered = made->_memory.read(settings.remembered_limit);
    auto thread = swarm_thread::start(settings, std::move(keys),
                                      {.changes =
                                           [=](std::vector<networkdb::entry_change> changes) {
                                               post([=, changes = std::move(changes)]() {
                                                   if (!alive.expired()) self->on_changes(changes);
                                               });
                                           },
                                       .status =
                                           [=](swarm_report report) {
                                               post([=, report = std::move(report)]() mutable {
                                                   if (!alive.expired()) self->on_report(std::move(report));
                                               });
                                           }});
    if (!thread) return thread.failure();
    made->_thread = std::move(*thread);
    made->tick();
    return made;
}

swarm_host::swarm_host(boost::asio::io_context& context, callbacks told, std::string name,
                       const config::config& file)
    : _context(context),
      _told(std::move(told)),
      _tables(name),
      _rivals(name, own_vteps(file)),
      _addresses(std::hash<std::string>{}(file.node.name), remembered_addresses(file)),
      _memory(file.node.state_directory),
      _seeds(seeds_of(*file.gossip)),
      _file(file),
      _started(steady_clock::now()),
      _tick(context),
      _leave_timer(context) {
    _report.name = std::move(name);
}

swarm_host::~swarm_host() = default;

void swarm_host::set_keys(gossip::keyring keys) {
    std::vector<std::string> fingerprints = keys.fingerprints();
    if (fingerprints == _fingerprints) return;
    _fingerprints = std::move(fingerprints);
    spdlog::info("gossip: {} {} taken, and {} seals", _fingerprints.size(),
                 _fingerprints.size() == 1 ? "key is" : "keys are", _fingerprints.front());
    _thread->set_keys(std::move(keys));
}

void swarm_host::set_seeds(std::vector<gossip::ip_endpoint> seeds) {
    if (seeds == _seeds) return;
    _seeds = seeds;
    _thread->set_seeds(std::move(seeds));
}

void swarm_host::follow(const config::config& file, const std::map<vni, std::string>& announcements) {
    _file = file;
    _announcements = announcements;
    step_addresses();
    publish();
}

swarm_config swarm_host::add_to(const config::config& file) const {
    return add_swarm(file, _tables, _addresses.chosen());
}

std::vector<std::pair<vni, std::string>> swarm_host::announcements(const config::config& file) const {
    std::vector<std::pair<vni, std::string>> all;
    for (const config::overlay& overlay : file.overlays) {
        auto records = _tables.networks().find(overlay.network_id());
        if (records == _tables.networks().end()) continue;
        for (const auto& [key, host] : records->second.hosts)
            if (!host.record.key_announcement.empty())
                all.emplace_back(overlay.id, host.record.key_announcement);
    }
    return all;
}

bool swarm_host::settled() const {
    if (!_report.connected) return false;
    return std::ranges::all_of(_published, [&](const auto& wanted) {
        return std::ranges::any_of(_report.networks, [&](const swarm_report::network& each) {
            return each.id == wanted.first && each.in_sync;
        });
    });
}

std::string swarm_host::waiting(const std::string& endpoint) const {
    auto found = _addresses.waiting().find(endpoint);
    return found == _addresses.waiting().end() ? std::string() : found->second;
}

std::vector<std::string> swarm_host::problems() const {
    std::vector<std::string> all;
    if (steady_clock::now() - _started > patience_of_a_seed) add_seed_problem(all);
    for (const address_rivalry& each : _rivals.list(_tables)) {
        auto chosen = [&](const auto& one) { return one.second.address == each.address; };
        if (std::ranges::any_of(_addresses.chosen(), chosen)) continue;
        all.push_back("address " + each.address.to_string() + " of this host in network " + each.network +
                      " is that of gossip node " + each.rival + ", too; " +
                      (each.won ? "the others send to this host" : "the others send to that one") +
                      ". Give one of the two endpoints another address");
    }
    for (const auto& [endpoint, reason] : _addresses.waiting())
        all.push_back("endpoint " + endpoint + " " + reason);
    if (_tables.refused() > 0)
        all.push_back(
            std::to_string(_tables.refused()) +
            " records of the gossip were refused as they make no sense; the log names their owners");
    return all;
}

bool swarm_host::has_other_seeds() const {
    return std::ranges::any_of(_seeds, [&](const auto& each) { return each != _thread->address(); });
}

std::string swarm_host::seeds_text() const {
    std::string text;
    for (const gossip::ip_endpoint& each : _seeds) text += (text.empty() ? "" : ", ") + each.to_string();
    return text;
}

void swarm_host::add_seed_problem(std::vector<std::string>& problems) const {
    const std::string port = std::to_string(_thread->address().port);
    if (_report.connected) {
        if (_report.seeds_are_down)
            problems.push_back("none of the gossip's seeds (" + seeds_text() +
                               ") is up; the hosts that run know each other, but a new one would not find "
                               "them. Start one of the seeds, or name other ones");
    } else if (has_other_seeds()) {
        problems.push_back("no seed of the gossip answers (" + seeds_text() +
                           "), and no other host is known; trying on. Are they up, do "
                           "they have the same gossip keys, and is port " +
                           port + " open for TCP and UDP?");
    } else if (!_report.hosts_to_remember.empty()) {
        problems.push_back(std::to_string(_report.hosts_to_remember.size()) +
                           " other hosts of the gossip were there earlier and none answers; trying on. Are "
                           "they up, do they have the same gossip keys, and is port " +
                           port + " open for TCP and UDP?");
    }
}

void swarm_host::on_changes(const std::vector<networkdb::entry_change>& changes) {
    auto news = table_news::nothing;
    auto now = steady_clock::now();
    for (const networkdb::entry_change& each : changes) {
        news = std::max(news, _tables.apply(each, now));
        _rivals.apply(each);
    }
    for (const std::string& each : _tables.take_messages()) spdlog::warn("{}", each);
    tell(news);
}

void swarm_host::tell(table_news news) {
    if (_stopping) return;
    if (news == table_news::others) _told.changed();
    if (news == table_news::names || news == table_news::places) _told.places_changed();
}

void swarm_host::on_report(swarm_report report) {
    bool news = report.connected != _report.connected;
    _report = std::move(report);
    if (_stopping) return;
    _rates.add(sample_of(_thread->counters()), steady_clock::now());
    _memory.keep(_report.hosts_to_remember, steady_clock::now());
    if (news && _report.connected) spdlog::info("this host is in the gossip as {}", _report.name);
    step_addresses();
}

void swarm_host::tick() {
    if (_stopping) return;
    tell(_tables.advance(steady_clock::now()));
    _thread->report();
    step_addresses();
    if (_addresses.waiting().empty())
        _tick.expires_after(usual_tick);
    else
        _tick.expires_after(tick_while_choosing);
    _tick.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) tick();
    });
}

bool swarm_host::is_seed() const {
    return std::ranges::find(_seeds, _thread->address()) != _seeds.end();
}

void swarm_host::step_addresses() {
    swarm_standing standing;
    standing.claim_keys = _report.claim_keys;
    standing.connected = _report.connected && (_report.present > 1 || _seeds.empty());
    if ((is_seed() || _seeds.empty()) && steady_clock::now() - _started > patience_of_a_seed)
        standing.connected = true;
    for (const swarm_report::network& each : _report.networks)
        if (each.in_sync) standing.in_sync.insert(each.id);
    standing.rivalries = _rivals.list(_tables);
    if (!_addresses.step(_file, _tables, standing, steady_clock::now())) return;
    remember_addresses();
    publish();
    _told.changed();
}

void swarm_host::publish() {
    gossip::publication wanted =
        wanted_publication(_file, _addresses.chosen(), _addresses.claims(), _announcements);
    if (wanted == _published) return;
    _published = wanted;
    _thread->publish(std::move(wanted));
}

void swarm_host::remember_addresses() const {
    std::string text;
    for (const auto& [endpoint, address] : _addresses.chosen())
        text += endpoint + " " + address.address.to_string() + "\n";
    if (auto written = write_durably(address_file(_file), text); !written)
        spdlog::warn("chosen addresses can't be kept for the next start: {}", written.failure().message);
}

void swarm_host::stop(bool leave, std::function<void()> done) {
    _stopping = true;
    _tick.cancel();
    _memory.flush();
    if (!leave) {
        _thread->stop();
        return done();
    }
    _thread->leave();
    wait_for_leave(steady_clock::now() + patience_for_leave, std::move(done));
}

void swarm_host::wait_for_leave(steady_clock::time_point until, std::function<void()> done) {
    _thread->report();
    if (_thread->left() || steady_clock::now() >= until) {
        _thread->stop();
        return done();
    }
    _leave_timer.expires_after(std::chrono::milliseconds(50));
    _leave_timer.async_wait([this, until, done = std::move(done)](boost::system::error_code) mutable {
        wait_for_leave(until, std::move(done));
    });
}

}  // namespace waggle::control
