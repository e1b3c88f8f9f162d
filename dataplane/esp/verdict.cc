#include "dataplane/esp/verdict.hh"

namespace waggle::esp {

std::string_view name_of(seal_verdict verdict) {
    static constexpr std::array<std::string_view, seal_verdict_count> names{"sealed", "no_association",
                                                                            "sequence_exhausted", "no_room"};
    return names[static_cast<std::size_t>(verdict)];
}

std::string_view name_of(open_verdict verdict) {
    static constexpr std::array<std::string_view, open_verdict_count> names{
        "opened",     "no_association",    "truncated",       "reserved_spi",
        "misaligned", "replayed",          "too_old",         "authentication_failed",
        "dummy",      "trailer_malformed", "padding_invalid", "wrong_next_header"};
    return names[static_cast<std::size_t>(verdict)];
}

}  // namespace waggle::esp
