#pragma once

#include "dataplane/esp/verdict.hh"
#include "dataplane/table/drop_reason.hh"

namespace waggle {

/// Which counter a packet belongs to that could not be sealed.
constexpr drop_reason reason_of(esp::seal_verdict verdict) {
    switch (verdict) {
        case esp::seal_verdict::sequence_exhausted:
            return drop_reason::sequence_exhausted;
        case esp::seal_verdict::no_room:
            return drop_reason::no_tailroom;
        default:
            return drop_reason::no_association;
    }
}

/// Which counter a packet belongs to that could not be opened.
constexpr drop_reason reason_of(esp::open_verdict verdict) {
    switch (verdict) {
        case esp::open_verdict::truncated:
            return drop_reason::esp_truncated;
        case esp::open_verdict::reserved_spi:
            return drop_reason::reserved_spi;
        case esp::open_verdict::misaligned:
            return drop_reason::esp_misaligned;
        case esp::open_verdict::replayed:
            return drop_reason::replayed;
        case esp::open_verdict::too_old:
            return drop_reason::replay_too_old;
        case esp::open_verdict::authentication_failed:
            return drop_reason::authentication_failed;
        case esp::open_verdict::dummy:
            return drop_reason::esp_dummy;
        case esp::open_verdict::trailer_malformed:
            return drop_reason::esp_trailer;
        case esp::open_verdict::padding_invalid:
            return drop_reason::esp_padding;
        case esp::open_verdict::wrong_next_header:
            return drop_reason::esp_next_header;
        default:
            return drop_reason::unknown_spi;
    }
}

}  // namespace waggle
