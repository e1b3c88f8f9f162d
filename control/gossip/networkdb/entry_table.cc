#include "control/gossip/networkdb/entry_table.hh"

#include <cstring>
#include <functional>
#include <new>

#include "control/gossip/networkdb/packed_key.hh"

namespace waggle::networkdb {
namespace {

void destroy(entry* one) {
    one->~entry();
    ::operator delete(one);
}

}  // namespace

std::string entry::key() const {
    return _key_is_packed ? packed_key::unpack(reinterpret_cast<const std::uint8_t*>(text()))
                          : std::string(stored_key());
}

entry_table::stored_key::stored_key(std::string_view text)
    : is_packed(packed_key::pack(text, packed)),
      bytes(is_packed ? std::string_view(reinterpret_cast<const char*>(packed), sizeof packed) : text) {
    static_assert(sizeof packed == packed_key::hex_size);
}

std::size_t entry_table::hash_of(std::string_view table, std::string_view stored_key) {
    // By the name and not by where it stands: the order of a walk must be the same in every run.
    return text_hash{}(stored_key) + 31 * text_hash{}(table);
}

entry_table::~entry_table() {
    _entries.for_each(destroy);
}

entry* entry_table::find(std::string_view table, std::string_view key) const {
    const auto in = _tables.find(table);
    return in != _tables.end() ? find(*in, stored_key(key)) : nullptr;
}

entry* entry_table::find(const entry::counted_table& table, const stored_key& key) const {
    entry* const* found = _entries.find(hash_of(table.first, key.bytes), [&](const entry* one) {
        return one->_table == &table && one->_key_is_packed == key.is_packed &&
               one->stored_key() == key.bytes;
    });
    return found != nullptr ? *found : nullptr;
}

entry* entry_table::put(const entry_content& content, owned_entries& list, owned_entries* previous_list) {
    const stored_key key(content.key);
    const std::size_t texts = key.bytes.size() + content.value.size();
    auto* made = new (::operator new(sizeof(entry) + texts)) entry;
    char* text = reinterpret_cast<char*>(made + 1);
    for (std::string_view part : {key.bytes, content.value}) {
        if (!part.empty()) std::memcpy(text, part.data(), part.size());
        text += part.size();
    }
    made->_key_size = static_cast<std::uint16_t>(key.bytes.size());
    made->_key_is_packed = key.is_packed;
    made->_value_size = static_cast<std::uint32_t>(content.value.size());
    made->_owner = content.owner;
    made->_time = content.time;
    made->_deleted = content.deleted;
    auto in = _tables.find(content.table);
    if (in == _tables.end()) in = _tables.try_emplace(std::string(content.table)).first;
    auto& table = *in;
    made->_table = &table;
    ++table.second;
    if (entry* replaced = find(table, key)) erase(replaced, previous_list != nullptr ? *previous_list : list);
    made->_next = list.first;
    if (list.first != nullptr) list.first->_previous = made;
    list.first = made;
    _entries.insert(hash_of(table.first, made->stored_key()), made);
    _bytes += sizeof(entry) + texts;
    set_forget_at(made, content.forget_at);
    return made;
}

void entry_table::erase(entry* gone, owned_entries& list) {
    unlink(gone, list);
    set_forget_at(gone, gossip::never);
    _bytes -= sizeof(entry) + gone->stored_key().size() + gone->value().size();
    _entries.erase(hash_of(gone->_table->first, gone->stored_key()), gone);
    if (--gone->_table->second == 0) _tables.erase(gone->_table->first);
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
    // 16 bytes of the allocator for each allocation; a node of the tree has 32 bytes of its own.
    constexpr std::size_t per_entry = 16;
    constexpr std::size_t per_forgetting = 32 + sizeof(std::pair<gossip::time_point, entry*>) + 16;
    return _bytes + _entries.size() * per_entry + _entries.memory() + _forgetting.size() * per_forgetting;
}

}  // namespace waggle::networkdb
