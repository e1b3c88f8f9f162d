#pragma once

#include "control/api/host.hh"
#include "control/api/http_server.hh"

namespace waggle::control {

/// The API's paths:
/// GET  /v1/status                      an object
/// GET  /v1/{overlays,endpoints,peers,networks,diff,announcements}   {"items": [...]}
/// POST /v1/attach                      body: one endpoint with the keys of the YAML file
/// POST /v1/detach                      body: {"name": "..."}
/// POST /v1/reload                      no body
/// POST /v1/accept                      body: {"announcement": "..."}
/// POST /v1/rekey                       body: {"overlay": "..."}; empty for all
/// GET  /v1/node                        an object: this host as a member of a Docker swarm
/// POST /v1/join                        body: {"token": "...", "managers": ["192.0.2.1:2377"]}
/// POST /v1/leave                       no body; like join it only begins, /v1/node tells how it went
/// Success is 200; every failure is 4xx or 5xx with {"error": "one sentence"} and, if there is more to say,
/// "problems": [...].
http_reply answer(host& served, const http_request& request);

}  // namespace waggle::control
