#include "control/swarm/membership.hh"

#include <mutex>
#include <utility>

#include <boost/asio/post.hpp>

#include "control/overlay/durable_file.hh"
#include "control/swarm/member_thread.hh"

namespace waggle::control::swarm {
namespace {

/// The half on the io_context's thread. What the other thread tells comes through the context and finds this
/// object only while it lives.
class membership_on_context : public membership {
public:
    membership_on_context(boost::asio::io_context& context, callbacks told)
        : _context(context), _told(std::move(told)), _self(std::make_shared<membership_on_context*>(this)) {}
    ~membership_on_context() override { *_self = nullptr; }

    void start(const settings& chosen) {
        member_thread::callbacks tell;
        tell.changed = [this](view seen) {
            on_context([seen = std::move(seen)](membership_on_context& to) mutable {
                to._view = std::move(seen);
                if (to._told.changed) to._told.changed();
            });
        };
        tell.joined = [this](result<void> outcome) {
            on_context([outcome = std::move(outcome)](membership_on_context& to) {
                answer(to._join_done, outcome);
            });
        };
        tell.left = [this](result<void> outcome) {
            on_context([outcome = std::move(outcome)](membership_on_context& to) {
                answer(to._leave_done, outcome);
            });
        };
        tell.stopped = [this] {
            on_context([](membership_on_context& to) {
                to._stopped = true;
                const error over{"the membership has been stopped"};
                answer(to._join_done, result<void>(over));
                answer(to._leave_done, result<void>(over));
                if (auto done = std::exchange(to._stop_done, nullptr)) done();
            });
        };
        _thread = std::make_unique<member_thread>(chosen, std::move(tell));
        _view = _thread->first();
    }

    void join(std::string token, std::vector<std::string> managers,
              std::function<void(result<void>)> done) override {
        if (_stopped || _join_done) {
            wipe(token);
            return refuse(std::move(done),
                          _stopped ? "the membership has been stopped" : "a join is under way already");
        }
        _join_done = std::move(done);
        _thread->post(
            [token = std::move(token), managers = std::move(managers)](member& core, instant at) mutable {
                core.join(std::move(token), std::move(managers), at);
            });
    }

    void want(std::map<std::string, wanted_attachment> wanted) override {
        _thread->post([wanted = std::move(wanted)](member& core, instant at) mutable {
            core.want(std::move(wanted), at);
        });
    }

    void leave(std::function<void(result<void>)> done) override {
        if (_stopped || _leave_done)
            return refuse(std::move(done),
                          _stopped ? "the membership has been stopped" : "a leave is under way already");
        _leave_done = std::move(done);
        _thread->post([](member& core, instant at) { core.leave(at); });
    }

    void stop(bool release, std::function<void()> done) override {
        if (_stopped) {
            boost::asio::post(_context, [done = std::move(done)] {
                if (done) done();
            });
            return;
        }
        _stop_done = std::move(done);
        _thread->post([release](member& core, instant at) { core.stop(release, at); });
    }

    const view& state() const override { return _view; }

private:
    template <typename Work>
    void on_context(Work&& work) {
        boost::asio::post(_context, [self = _self, work = std::forward<Work>(work)]() mutable {
            if (*self != nullptr) work(**self);
        });
    }
    static void answer(std::function<void(result<void>)>& whom, const result<void>& outcome) {
        if (auto done = std::exchange(whom, nullptr)) done(outcome);
    }
    void refuse(std::function<void(result<void>)> done, const std::string& why) {
        boost::asio::post(_context, [done = std::move(done), why] {
            if (done) done(error{why});
        });
    }

    boost::asio::io_context& _context;
    callbacks _told;
    /// Read and written on the context's thread only.
    std::shared_ptr<membership_on_context*> _self;
    view _view;
    bool _stopped = false;
    std::function<void(result<void>)> _join_done;
    std::function<void(result<void>)> _leave_done;
    std::function<void()> _stop_done;
    /// Last, so that it ends first.
    std::unique_ptr<member_thread> _thread;
};

}  // namespace

result<std::unique_ptr<membership>> membership::open(boost::asio::io_context& context,
                                                     const swarm::settings& chosen, callbacks told) {
    if (auto made = make_directory(chosen.directory); !made) return made.failure();
    static std::once_flag once;
    std::call_once(once, silence_grpc);
    auto opened = std::make_unique<membership_on_context>(context, std::move(told));
    opened->start(chosen);
    return std::unique_ptr<membership>(std::move(opened));
}

}  // namespace waggle::control::swarm
