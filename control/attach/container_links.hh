#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "common/result.hh"
#include "control/attach/container_link.hh"

namespace waggle::control {

/// Makes the container links of this host equal to a list, and keeps them so: creates, adopts what an earlier
/// life left, repairs, removes. Each link is there completely or not at all. All work is done on a thread of
/// its own; no function but stop() waits for it.
///
/// The record of where links are is the kernel's: before a link is made in a namespace, Waggle's namespace
/// gives that namespace an id. A later life of this process walks those ids to find every link it left.
class container_links {
public:
    /// Called on the io_context of the constructor, for every change of an endpoint's status.
    using status_callback = std::function<void(const link_status&)>;

    struct settings {
        /// Marks our links ("waggle:NODE:OVERLAY:ENDPOINT" in their alias).
        std::string node;
        /// Path of Waggle's own namespace, in which the TAPs are.
        std::string waggle_namespace;
    };

    container_links(boost::asio::io_context& results, settings how, status_callback on_status);
    /// Ends the thread; links stay as they are.
    ~container_links();
    container_links(const container_links&) = delete;
    container_links& operator=(const container_links&) = delete;

    /// Opens Waggle's namespace (it must exist) and starts the thread. Links of an earlier life are left
    /// alone until the first set_desired().
    result<void> start();

    /// Replaces the list of wanted links and returns at once. Links of ours that are not in it are removed.
    void set_desired(std::vector<container_link> wanted);

    /// Ends the work and waits for it; with `remove_links` every link of ours is removed first.
    void stop(bool remove_links);

private:
    class worker;
    std::unique_ptr<worker> _worker;
};

}  // namespace waggle::control
