#pragma once

#include <filesystem>
#include <mutex>
#include <sstream>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "control/api/http_server.hh"
#include "control/cli/command.hh"
#include "control/cli/command_line.hh"

namespace waggle::cli {

/// Control's own HTTP server on a socket of its own, with replies of the test's choice.
class served : public testing::Test {
protected:
    served() {
        std::string pattern = testing::TempDir() + "waggle-control-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
        folder = pattern;
        auto listening =
            control::http_server::listen(context, socket(), [this](const control::http_request& request) {
                const std::lock_guard lock(mutex);
                requests.push_back(request);
                return answer(request);
            });
        if (!listening) throw std::runtime_error(listening.failure().message);
        server = std::move(*listening);
        thread = std::thread([this] { context.run(); });
    }
    ~served() override {
        context.stop();
        thread.join();
        server.reset();
        std::filesystem::remove_all(folder);
    }
    std::string socket() const { return folder / "control.sock"; }
    int run(std::vector<std::string> words) {
        words.insert(words.begin(), {"--runtime-directory", folder});
        out.str("");
        err.str("");
        return run_command_line(words, 100, out, err);
    }

    std::filesystem::path folder;
    boost::asio::io_context context;
    std::mutex mutex;
    std::vector<control::http_request> requests;
    std::function<control::http_reply(const control::http_request&)> answer =
        [](const control::http_request&) {
            return control::http_reply{200, R"({"items": []})"};
        };
    std::unique_ptr<control::http_server> server;
    std::thread thread;
    std::ostringstream out;
    std::ostringstream err;
};

}  // namespace waggle::cli
