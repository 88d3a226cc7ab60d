// The bytes of a mapped log, and nothing trusted about them: bounds checks, atomic loads and the words of an error.
// Private to the reader. Safe while the recorded process writes: whatever may change is read through Load.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "libtrack/log/layout.h"
#include "libtrack/support/result.h"

namespace mqtrack::log {

/// Borrows the mapping and the path; both must outlive it.
class LogView {
 public:
  LogView(const std::byte* data, std::uint64_t size, const std::string& path) : data_(data), size_(size), path_(path) {}

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::byte* data() const { return data_; }
  [[nodiscard]] const Header& header() const { return *reinterpret_cast<const Header*>(data_); }

  /// Whether [offset, offset + bytes) lies in the file; no sum can overflow.
  [[nodiscard]] bool Contains(std::uint64_t offset, std::uint64_t bytes) const {
    return offset <= size_ && bytes <= size_ - offset;
  }
  /// A record at `offset`, which the caller has checked with Contains and for alignment.
  template <typename T>
  [[nodiscard]] const T* At(std::uint64_t offset) const {
    return reinterpret_cast<const T*>(data_ + offset);
  }
  /// Offset of something inside the mapping, for an error.
  [[nodiscard]] std::uint64_t OffsetOf(const void* place) const {
    return static_cast<std::uint64_t>(static_cast<const std::byte*>(place) - data_);
  }
  /// "<what> at offset <offset>: expected <expected>, found <found>; …"
  [[nodiscard]] support::Error Malformed(std::uint64_t offset, const std::string& what, const std::string& expected,
                                         std::uint64_t found) const {
    return {support::ErrorCode::kBadInput,
            "damaged log: " + what + " at offset " + std::to_string(offset) + ": expected " + expected + ", found " +
                std::to_string(found),
            path_};
  }

 private:
  const std::byte* data_;
  std::uint64_t size_;
  const std::string& path_;
};

/// Reads a field that another process may be writing. std::atomic_ref wants a non-const object, but only loads are
/// made, so a read-only mapping is enough.
template <typename T>
[[nodiscard]] T Load(const T& field, std::memory_order order = std::memory_order_acquire) {
  return std::atomic_ref<T>(const_cast<T&>(field)).load(order);
}

}  // namespace mqtrack::log
