#include "control/gossip/networkdb/entry_table.hh"

#include <cstring>
#include <functional>
#include <new>

#include "control/gossip/networkdb/packed_key.hh"

namespace waggle::networkdb {
namespace {

/// What the allocator adds to each allocation, about.
constexpr std::size_t of_allocator = 16;

}  // namespace

void entry_table::destroy(entry* one) {
    one->~entry();
    ::operator delete(one);
}

std::string entry::key() const {
    std::string copy;
    copy_key(copy);
    return copy;
}

void entry::copy_key(std::string& into) const {
    if (_key_is_packed)
        packed_key::unpack(reinterpret_cast<const std::uint8_t*>(text()), into);
    else
        into = stored_key();
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

std::size_t entry_table::bytes_of(const entry& one) {
    const std::size_t key = sizeof(entry) + one._key_size;
    if (!one._value_is_shared) return key + one._value_size;
    return key + sizeof(shared_text) + shared_text::memory(one._value_size) + of_allocator;
}

entry* entry_table::make(const entry_content& content, const stored_key& key, const entry* replaced) {
    const std::size_t size = content.value.size();
    const bool is_shared = size >= entry::shared_from;
    const std::size_t behind = key.bytes.size() + (is_shared ? sizeof(shared_text) : size);
    auto* made = new (::operator new(sizeof(entry) + behind)) entry;
    made->_value_is_shared = is_shared;
    made->_value_size = static_cast<std::uint32_t>(size);
    made->_key_size = static_cast<std::uint16_t>(key.bytes.size());
    made->_key_is_packed = key.is_packed;
    char* text = reinterpret_cast<char*>(made + 1);
    if (is_shared) {
        // Those who were told of the replaced one may hold it still.
        const bool is_same = replaced != nullptr && replaced->value() == content.value;
        new (text) shared_text(is_same ? replaced->value_to_keep() : shared_text(content.value));
        text += sizeof(shared_text);
    }
    if (!key.bytes.empty()) std::memcpy(text, key.bytes.data(), key.bytes.size());
    if (!is_shared && size != 0) std::memcpy(text + key.bytes.size(), content.value.data(), size);
    made->_owner = content.owner;
    made->_time = content.time;
    made->_deleted = content.deleted;
    return made;
}

entry* entry_table::put(const entry_content& content, owned_entries& list, owned_entries* previous_list) {
    const stored_key key(content.key);
    auto in = _tables.find(content.table);
    if (in == _tables.end()) in = _tables.try_emplace(std::string(content.table)).first;
    auto& table = *in;
    entry* const replaced = find(table, key);
    entry* const made = make(content, key, replaced);
    made->_table = &table;
    ++table.second;
    if (replaced != nullptr) erase(replaced, previous_list != nullptr ? *previous_list : list);
    made->_next = list.first;
    if (list.first != nullptr) list.first->_previous = made;
    list.first = made;
    _entries.insert(hash_of(table.first, made->stored_key()), made);
    _bytes += bytes_of(*made);
    set_forget_at(made, content.forget_at);
    return made;
}

void entry_table::erase(entry* gone, owned_entries& list) {
    unlink(gone, list);
    set_forget_at(gone, gossip::never);
    _bytes -= bytes_of(*gone);
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
    // A node of the tree has 32 bytes of its own.
    constexpr std::size_t per_forgetting = 32 + sizeof(std::pair<gossip::time_point, entry*>) + of_allocator;
    return _bytes + _entries.size() * of_allocator + _entries.memory() + _forgetting.size() * per_forgetting;
}

}  // namespace waggle::networkdb
