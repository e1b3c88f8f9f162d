#pragma once

#include <variant>

#include "config/config.hh"

/// How an overlay is encrypted.
namespace waggle::control {

/// What its keys are exchanged for: its profile, or the one that it prefers; null: neither is the waggle
/// profile.
inline const config::waggle_profile* waggle_of(const config::overlay& overlay) {
    if (overlay.preferred) return &*overlay.preferred;
    return overlay.encryption ? std::get_if<config::waggle_profile>(&*overlay.encryption) : nullptr;
}

/// Docker's profile, whether another one is preferred or not.
inline bool is_docker(const config::overlay& overlay) {
    return overlay.encryption && std::holds_alternative<config::docker_profile>(*overlay.encryption);
}

}  // namespace waggle::control
