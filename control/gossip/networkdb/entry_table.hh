#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/dense_map.hh"
#include "common/hash_index.hh"
#include "common/shared_text.hh"
#include "control/gossip/core/time.hh"
#include "control/gossip/networkdb/messages.hh"

namespace waggle::networkdb {

struct node;
class entry_table;

/// One entry of a network's tables, deleted ones included while they are remembered. Its key, packed if it
/// can be, stands behind it in the same allocation, and so does a short value: with a key as engines make
/// them and a value of 45 bytes, an entry takes 165 bytes in all. A longer value is shared with those who are
/// told of it.
class entry {
public:
    std::string_view table() const { return _table->first; }
    std::string key() const;
    /// The same into a text whose memory is used again.
    void copy_key(std::string& into) const;
    std::string_view value() const {
        return _value_is_shared ? shared()->view() : std::string_view(text() + _key_size, _value_size);
    }
    /// The same, to be kept.
    shared_text value_to_keep() const { return _value_is_shared ? *shared() : shared_text(value()); }
    node* owner() const { return _owner; }
    lamport_time time() const { return _time; }
    bool deleted() const { return _deleted; }
    /// When it is forgotten; gossip::never for entries of live owners.
    gossip::time_point forget_at() const { return _forget_at; }
    /// The owner's next entry in this network; null at the end.
    entry* next_of_owner() const { return _next; }

private:
    friend class entry_table;
    /// With the number of its entries.
    using counted_table = std::pair<const std::string, std::uint32_t>;
    /// From so many bytes on a value is shared.
    static constexpr std::size_t shared_from = 64;
    ~entry() {
        if (_value_is_shared) shared()->~shared_text();
    }
    const shared_text* shared() const { return std::launder(reinterpret_cast<const shared_text*>(this + 1)); }
    /// Behind the shared value, if it is one.
    const char* text() const {
        return reinterpret_cast<const char*>(this + 1) + (_value_is_shared ? sizeof(shared_text) : 0);
    }
    std::string_view stored_key() const { return {text(), _key_size}; }

    counted_table* _table = nullptr;
    entry* _next = nullptr;
    entry* _previous = nullptr;
    node* _owner = nullptr;
    lamport_time _time = 0;
    gossip::time_point _forget_at = gossip::never;
    std::uint32_t _value_size = 0;
    /// Bytes; of a packed key half of the text's.
    std::uint16_t _key_size = 0;
    bool _key_is_packed : 1 = false;
    bool _value_is_shared : 1 = false;
    bool _deleted : 1 = false;
};

static_assert(sizeof(entry) == 56, "a swarm has many");

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
        _entries.for_each([&](const entry* each) { function(*each); });
    }

private:
    /// A key as it is stored.
    struct stored_key {
        explicit stored_key(std::string_view text);
        stored_key(const stored_key&) = delete;
        stored_key& operator=(const stored_key&) = delete;
        std::uint8_t packed[32];
        bool is_packed;
        std::string_view bytes;
    };
    struct text_hash {
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    static std::size_t hash_of(std::string_view table, std::string_view stored_key);
    entry* find(const entry::counted_table& table, const stored_key& key) const;
    static void destroy(entry* one);
    static std::size_t bytes_of(const entry& one);
    /// Without its links.
    entry* make(const entry_content& content, const stored_key& key, const entry* replaced);
    void unlink(entry* one, owned_entries& list);

    hash_index<entry*> _entries;
    /// Names of tables, which are few as a rule.
    dense_map<std::string, std::uint32_t, text_hash> _tables;
    std::set<std::pair<gossip::time_point, entry*>> _forgetting;
    std::size_t _bytes = 0;
};

}  // namespace waggle::networkdb
