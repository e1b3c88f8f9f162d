#pragma once

#include <cstddef>

namespace waggle {

/// Huge pages for what is read at random places all over, small ones for what is mostly never touched.
enum class page_size { huge, small };

/// Zeroed anonymous memory of its own, given back on destruction. Pages are taken when first touched;
/// huge ones are asked for from 2 MB on.
class mapped_memory {
public:
    mapped_memory() = default;
    /// Throws std::bad_alloc if the kernel refuses.
    explicit mapped_memory(std::size_t bytes, page_size pages = page_size::huge);
    ~mapped_memory();
    mapped_memory(mapped_memory&& other) noexcept;
    mapped_memory& operator=(mapped_memory&& other) noexcept;

    /// At least page aligned.
    void* data() const { return _data; }
    std::size_t size() const { return _size; }

private:
    void* _data = nullptr;
    std::size_t _size = 0;
};

}  // namespace waggle
