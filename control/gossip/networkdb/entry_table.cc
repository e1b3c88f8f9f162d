#include "control/gossip/networkdb/entry_table.hh"

#include <cstring>
#include <new>

namespace waggle::networkdb {
namespace {

std::size_t size_of(const entry& one) {
    return sizeof(entry) + one.table().size() + one.key().size() + one.value().size();
}

void destroy(entry* one) {
    one->~entry();
    ::operator delete(one);
}

}  // namespace

entry_table::~entry_table() {
    for (entry* each : _entries) destroy(each);
}

entry* entry_table::find(std::string_view table, std::string_view key) const {
    auto found = _entries.find(name{table, key});
    return found == _entries.end() ? nullptr : *found;
}

entry* entry_table::put(const entry_content& content, owned_entries& list, owned_entries* previous_list) {
    std::size_t texts = content.table.size() + content.key.size() + content.value.size();
    auto* made = new (::operator new(sizeof(entry) + texts)) entry;
    char* text = reinterpret_cast<char*>(made + 1);
    for (std::string_view part : {content.table, content.key, content.value}) {
        if (!part.empty()) std::memcpy(text, part.data(), part.size());
        text += part.size();
    }
    made->_table_size = static_cast<std::uint16_t>(content.table.size());
    made->_key_size = static_cast<std::uint16_t>(content.key.size());
    made->_value_size = static_cast<std::uint32_t>(content.value.size());
    made->_owner = content.owner;
    made->_time = content.time;
    made->_deleted = content.deleted;
    if (entry* replaced = find(made->table(), made->key()))
        erase(replaced, previous_list != nullptr ? *previous_list : list);
    made->_next = list.first;
    if (list.first != nullptr) list.first->_previous = made;
    list.first = made;
    _entries.insert(made);
    _bytes += size_of(*made);
    set_forget_at(made, content.forget_at);
    return made;
}

void entry_table::erase(entry* gone, owned_entries& list) {
    unlink(gone, list);
    set_forget_at(gone, gossip::never);
    _bytes -= size_of(*gone);
    _entries.erase(gone);
    destroy(gone);
}

void entry_table::set_forget_at(entry* one, gossip::time_point when) {
    if (one->_forget_at == when) return;
    if (one->_forget_at != gossip::never) _forgetting.erase({one->_forget_at, one});
    one->_forget_at = when;
    if (when != gossip::never) _forgetting.emplace(when, one);
}

void entry_table::unlink(entry* one, owned_entries& list) {
    if (one->_previous != nullptr)
        one->_previous->_next = one->_next;
    else
        list.first = one->_next;
    if (one->_next != nullptr) one->_next->_previous = one->_previous;
}

std::size_t entry_table::memory() const {
    // Next pointer, stored hash and entry pointer of a set's node; 16 bytes of the allocator for each of both
    // allocations; a node of the tree has 32 bytes of its own.
    constexpr std::size_t per_entry = 3 * sizeof(void*) + 2 * 16;
    constexpr std::size_t per_forgetting = 32 + sizeof(std::pair<gossip::time_point, entry*>) + 16;
    return _bytes + _entries.size() * per_entry + _entries.bucket_count() * sizeof(void*) +
           _forgetting.size() * per_forgetting;
}

}  // namespace waggle::networkdb
