#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "control/swarm/membership.hh"

namespace waggle::control::swarm::test {

/// A membership with folders of its own on a context that the test runs.
class membership_host {
public:
    membership_host() : _work(_context.get_executor()) {
        std::string pattern = testing::TempDir() + "membership-XXXXXX";
        if (::mkdtemp(pattern.data()) != nullptr) folder = pattern;
        open();
    }
    ~membership_host() {
        close();
        std::filesystem::remove_all(folder);
    }

    std::string folder;
    std::unique_ptr<membership> member;
    std::vector<view> views;

    void open() {
        membership::callbacks told;
        told.changed = [this] { views.push_back(member->state()); };
        auto opened = membership::open(_context, {folder + "/state", folder, "waggle1"}, std::move(told));
        if (!opened) throw std::runtime_error(opened.failure().message);
        member = std::move(*opened);
    }
    /// As a process that ends without a word.
    void close() {
        member.reset();
        _context.poll();
    }
    /// Runs the context until the condition holds; false after a minute, which no machine needs.
    bool until(const std::function<bool()>& condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            _context.run_one_for(std::chrono::milliseconds(20));
        }
        return true;
    }
    result<void> join(const std::string& token, const std::vector<std::string>& managers) {
        std::optional<result<void>> outcome;
        member->join(token, managers, [&](const result<void>& told) { outcome = told; });
        until([&] { return outcome.has_value(); });
        return outcome.value_or(error{"no answer"});
    }
    bool is(phase wanted) {
        return until([&] { return member->state().phase == wanted; });
    }

private:
    boost::asio::io_context _context;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> _work;
};

}  // namespace waggle::control::swarm::test
