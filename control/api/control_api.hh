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
/// Success is 200; every failure is 4xx or 5xx with {"error": "one sentence"} and, if there is more to say,
/// "problems": [...].
http_reply answer(host& served, const http_request& request);

}  // namespace waggle::control
