#pragma once

#include <string>

#include "common/result.hh"
#include "control/swarm/wire/saved.pb.h"

namespace waggle::control::swarm {

/// What the managers said, kept for a start without one. It is never needed to be right: the managers say it
/// anew.
class saved_files {
public:
    saved_files(const std::string& directory, const std::string& runtime_directory);

    /// Empty if there is none or it can't be read.
    waggle::swarm::SavedState state() const;
    waggle::swarm::SavedKeys keys() const;
    result<void> keep(const waggle::swarm::SavedState& what) const;
    /// Mode 0600, and only on a file system in memory: keys that are replaced are gone for good.
    result<void> keep(const waggle::swarm::SavedKeys& what) const;
    result<void> forget() const;

private:
    std::string _state_path;
    std::string _keys_path;
    bool _in_memory = false;
};

}  // namespace waggle::control::swarm
