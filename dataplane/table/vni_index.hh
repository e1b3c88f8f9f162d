#pragma once

#include <cstdint>

#include "common/vni.hh"
#include "dataplane/table/forwarding_entry.hh"
#include "dataplane/table/mapped_memory.hh"
#include "dataplane/table/shared_word.hh"

namespace waggle {

/// VNI to overlay: an array over all 2^24 VNIs, of which only the pages in use take memory.
class vni_index {
public:
    vni_index() : _memory((std::size_t{vni::maximum} + 1) * sizeof(overlay_index), page_size::small) {}

    /// no_overlay if the VNI is not in use.
    overlay_index find(vni id) const { return shared_load(slots()[id.value()], std::memory_order_acquire); }
    /// Writer only; no_overlay takes the VNI out.
    void set(vni id, overlay_index overlay) {
        shared_store(slots()[id.value()], overlay, std::memory_order_release);
    }

private:
    overlay_index* slots() const { return static_cast<overlay_index*>(_memory.data()); }
    mapped_memory _memory;
};

}  // namespace waggle
