#pragma once

#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "common/result.hh"

namespace waggle::cli {

/// Asks waggle-control over its unix socket, one connection a request. Blocking. Every call fails with one
/// sentence when control is not running, refuses, or stays silent for `timeout`.
class control_client {
public:
    explicit control_client(std::string socket, std::chrono::milliseconds timeout = std::chrono::seconds(10))
        : _socket(std::move(socket)), _timeout(timeout) {}

    /// The document at `path`, such as "/v1/status".
    result<nlohmann::json> get(const std::string& path) const;
    result<nlohmann::json> post(const std::string& path, const nlohmann::json& body) const;
    /// get() of a list: the array in "items".
    result<nlohmann::json> items(const std::string& path) const;

private:
    result<nlohmann::json> exchange(const std::string& method, const std::string& path,
                                    const std::string& body) const;

    std::string _socket;
    std::chrono::milliseconds _timeout;
};

}  // namespace waggle::cli
