#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "control/gossip/core/time.hh"
#include "control/gossip/networkdb/messages.hh"

namespace waggle::networkdb {

struct node;
class entry_table;

/// One entry of a network's tables, deleted ones included while they are remembered. Its texts stand behind
/// it in the same allocation: with a key of 64 and a value of 45 bytes, an entry takes 220 bytes in all.
class entry {
public:
    std::string_view table() const { return {text(), _table_size}; }
    std::string_view key() const { return {text() + _table_size, _key_size}; }
    std::string_view value() const { return {text() + _table_size + _key_size, _value_size}; }
    node* owner() const { return _owner; }
    lamport_time time() const { return _time; }
    bool deleted() const { return _deleted; }
    /// When it is forgotten; gossip::never for entries of live owners.
    gossip::time_point forget_at() const { return _forget_at; }
    /// The owner's next entry in this network; null at the end.
    entry* next_of_owner() const { return _next; }

private:
    friend class entry_table;
    const char* text() const { return reinterpret_cast<const char*>(this + 1); }

    entry* _next = nullptr;
    entry* _previous = nullptr;
    node* _owner = nullptr;
    lamport_time _time = 0;
    gossip::time_point _forget_at = gossip::never;
    std::uint32_t _value_size = 0;
    std::uint16_t _table_size = 0;
    std::uint16_t _key_size = 0;
    bool _deleted = false;
};

/// The head of the list of one owner's entries in one network.
struct owned_entries {
    entry* first = nullptr;
};

/// What an entry is made of.
struct entry_content {
    std::string_view table;
    std::string_view key;
    std::string_view value;
    node* owner = nullptr;
    lamport_time time = 0;
    bool deleted = false;
    gossip::time_point forget_at = gossip::never;
};

/// All entries of one network: found by table and key, listed by owner, forgotten in the order of their
/// times; each at a cost that does not grow with their number (forgetting: its logarithm).
class entry_table {
public:
    entry_table() = default;
    ~entry_table();
    entry_table(const entry_table&) = delete;
    entry_table& operator=(const entry_table&) = delete;

    /// Null if there is none.
    entry* find(std::string_view table, std::string_view key) const;
    /// Puts an entry in place of the one with the same table and key, if any. `list`: its owner's, and
    /// `previous_list` that of the entry it replaces (both may be the same). The texts may be of the replaced
    /// entry.
    entry* put(const entry_content& content, owned_entries& list, owned_entries* previous_list);
    /// `list`: its owner's. The entry is gone afterwards.
    void erase(entry* gone, owned_entries& list);
    void set_forget_at(entry* one, gossip::time_point when);

    /// The entry to be forgotten next; null if there is none.
    entry* next_to_forget() const { return _forgetting.empty() ? nullptr : _forgetting.begin()->second; }
    std::size_t size() const { return _entries.size(); }
    /// Heap memory of the entries and the structures that find them, bytes.
    std::size_t memory() const;

    template <typename Function>
    void for_each(Function&& function) const {
        for (const entry* each : _entries) function(*each);
    }

private:
    using name = std::pair<std::string_view, std::string_view>;
    struct name_hash {
        using is_transparent = void;
        std::size_t operator()(const name& of) const noexcept {
            std::hash<std::string_view> hash;
            return hash(of.first) * 0x9e37'79b9'7f4a'7c15U ^ hash(of.second);
        }
        std::size_t operator()(const entry* of) const noexcept { return (*this)(name_of(of)); }
    };
    struct name_equal {
        using is_transparent = void;
        bool operator()(const entry* a, const entry* b) const { return name_of(a) == name_of(b); }
        bool operator()(const name& a, const entry* b) const { return a == name_of(b); }
        bool operator()(const entry* a, const name& b) const { return name_of(a) == b; }
    };
    static name name_of(const entry* of) { return {of->table(), of->key()}; }
    void unlink(entry* one, owned_entries& list);

    std::unordered_set<entry*, name_hash, name_equal> _entries;
    std::set<std::pair<gossip::time_point, entry*>> _forgetting;
    std::size_t _bytes = 0;
};

}  // namespace waggle::networkdb
