#pragma once

#include "dataplane/pipeline/access_burst.hh"

namespace waggle {

/// Headers and ESP of a burst whose live packets all go to one IPv4 VTEP with one association, without UDP
/// around ESP, and have room in their buffers: each packet is touched once, while the cipher works on the one
/// before. False: it is another burst, or the association's numbers do not suffice, and nothing has happened.
bool seal_usual(worker_context& context, access_burst& b);

}  // namespace waggle
