#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.hh"
#include "config/config.hh"
#include "config/endpoint_checker.hh"

namespace waggle::control {

/// The endpoints of this host that were attached at run time, and the configuration that they make together
/// with the file's. Each is a file of its own below the state directory, on the disk before it counts; a
/// damaged or alien one does not affect the others.
///
/// One that does not fit the file any more (a name, address or MAC that the file gives away, an overlay that
/// is gone) is set aside: it is kept and returns when the file lets it.
class runtime_endpoints {
public:
    /// Reads what an earlier life kept; makes the directory if needed. `state_directory`: node section.
    static result<runtime_endpoints> open(const std::string& state_directory, const config::config& file);

    /// The file was read again: decides anew which endpoints fit.
    void rebase(const config::config& file);

    /// Checks an endpoint (YAML or JSON, the keys of an entry of `endpoints`) against everything known. Fails
    /// with the checks' messages, one a line.
    result<config::endpoint> check(const std::string& text) const;
    /// Keeps a checked endpoint: from here on it is part of merged(), also after a crash.
    result<void> keep(config::endpoint endpoint);
    /// Forgets one, also one that is set aside. Precondition: contains(name).
    result<void> forget(const std::string& name);

    /// The file's configuration alone.
    const config::config& file() const { return _file; }
    /// The file's configuration with the endpoints attached at run time at the end of its list.
    const config::config& merged() const { return _merged; }
    bool contains(const std::string& name) const { return _texts.contains(name); }
    /// Endpoints set aside: name and why.
    const std::map<std::string, std::string>& set_aside() const { return _set_aside; }

private:
    explicit runtime_endpoints(std::string directory) : _directory(std::move(directory)) {}
    void include(config::endpoint endpoint);
    std::string file_of(const std::string& name) const { return _directory + "/" + name + ".yaml"; }

    std::string _directory;
    std::map<std::string, std::string> _texts;
    config::config _file;
    config::config _merged;
    /// Knows what _merged has.
    config::endpoint_checker _checker{config::config{}};
    std::map<std::string, std::string> _set_aside;
};

}  // namespace waggle::control
