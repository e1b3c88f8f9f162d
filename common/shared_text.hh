#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace waggle {

/// A text that never changes and that several hold, in whatever threads: one pointer, one allocation. Each
/// object is of one thread; copies may go to others.
class shared_text {
public:
    /// Empty, without an allocation.
    shared_text() = default;
    /// At most 4 GiB.
    shared_text(std::string_view text) {
        if (text.empty()) return;
        _buffer = new (::operator new(sizeof(header) + text.size()))
            header{{1}, static_cast<std::uint32_t>(text.size())};
        std::memcpy(static_cast<void*>(_buffer + 1), text.data(), text.size());
    }
    shared_text(const std::string& text) : shared_text(std::string_view(text)) {}
    shared_text(const char* text) : shared_text(std::string_view(text)) {}
    shared_text(const shared_text& other) : _buffer(other._buffer) {
        if (_buffer != nullptr) _buffer->holders.fetch_add(1, std::memory_order_relaxed);
    }
    shared_text(shared_text&& other) noexcept : _buffer(std::exchange(other._buffer, nullptr)) {}
    shared_text& operator=(shared_text other) noexcept {
        std::swap(_buffer, other._buffer);
        return *this;
    }
    ~shared_text() {
        // The last one sees what all others did.
        if (_buffer == nullptr || _buffer->holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
        _buffer->~header();
        ::operator delete(_buffer);
    }

    std::string_view view() const {
        if (_buffer == nullptr) return {};
        return {reinterpret_cast<const char*>(_buffer + 1), _buffer->size};
    }
    operator std::string_view() const { return view(); }
    /// True if both hold the same bytes in memory.
    bool is_same_as(const shared_text& other) const { return _buffer == other._buffer; }
    friend bool operator==(const shared_text& a, const shared_text& b) { return a.view() == b.view(); }

    /// Bytes of heap that a text of `size` bytes takes, without what the allocator adds.
    static constexpr std::size_t memory(std::size_t size) { return size == 0 ? 0 : sizeof(header) + size; }

private:
    struct header {
        std::atomic<std::uint32_t> holders;
        std::uint32_t size;
    };

    header* _buffer = nullptr;
};
static_assert(sizeof(shared_text) == sizeof(void*));

}  // namespace waggle
