#include "dataplane/table/tables.hh"

namespace waggle {

tables::tables(rcu_domain& rcu)
    : _overlay_storage(std::make_unique<overlay_slots>()),
      _vtep_storage(std::make_unique<vtep_slots>()),
      _overlays(_overlay_storage->data()),
      _vteps(_vtep_storage->data()),
      _forwarding(rcu),
      _neighbours(rcu),
      _members(rcu),
      _receivers(rcu) {
}

tables::~tables() = default;

}  // namespace waggle
