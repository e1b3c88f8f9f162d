#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "dataplane/api/owner_session.hh"

namespace waggle::api {

/// An owner_session on an io_context of its own that a test runs until something has happened.
class owner_driver {
public:
    explicit owner_driver(const std::string& path) {
        owner_session::handlers handlers;
        handlers.connected = [this](std::uint64_t of, std::uint64_t generation) {
            ++connections;
            instance = of;
            applied_generation = generation;
        };
        handlers.acknowledged = [this](std::uint64_t generation) { acknowledged.push_back(generation); };
        handlers.refused = [this](std::uint64_t generation, const std::string& reason) {
            refused.emplace_back(generation, reason);
        };
        handlers.disconnected = [this](const std::string& reason) { losses.push_back(reason); };
        handlers.event = [this](const event& happened) { events.push_back(happened); };
        session = std::make_unique<owner_session>(context, path, std::move(handlers));
    }

    /// False if it did not come true within a generous time.
    template <typename Condition>
    bool run_until(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            context.restart();
            context.run_one_for(std::chrono::milliseconds(100));
        }
        return true;
    }
    bool connect() {
        return run_until([this] { return session->is_connected(); });
    }
    /// Sends the snapshot and waits for the verdict: empty, or why it was refused.
    std::string replace(const state& whole) {
        forget();
        const auto generation = session->send_snapshot(std::make_shared<const state>(whole));
        return generation ? verdict(*generation) : "not connected";
    }
    std::string apply(const delta& change) {
        forget();
        const auto generation = session->send_delta(change);
        return generation ? verdict(*generation) : "not connected";
    }

    boost::asio::io_context context;
    unsigned connections = 0;
    std::uint64_t instance = 0;
    std::uint64_t applied_generation = 0;
    std::vector<std::uint64_t> acknowledged;
    std::vector<std::pair<std::uint64_t, std::string>> refused;
    std::vector<std::string> losses;
    std::vector<event> events;
    std::unique_ptr<owner_session> session;

private:
    /// Generations start again with a restarted dataplane.
    void forget() {
        acknowledged.clear();
        refused.clear();
    }
    std::string verdict(std::uint64_t generation) {
        std::string reason = "no verdict";
        run_until([&] {
            if (!acknowledged.empty() && acknowledged.back() == generation) {
                reason.clear();
                return true;
            }
            if (refused.empty() || refused.back().first != generation) return false;
            reason = refused.back().second;
            return true;
        });
        return reason;
    }
};

}  // namespace waggle::api
