// A cursor over hostile bytes: every read is checked, little-endian, and fails once and for all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "libtrack/support/result.h"

namespace mqtrack::support {

/// Reads fixed-width values from a buffer it does not own. After a failed read ok() is false, further reads give zeros,
/// and error() says offset, expected and found; so a caller may read a whole structure and check once.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes, std::string where = {}) : bytes_(bytes), where_(std::move(where)) {}

  /// The next trivially copyable value, little-endian as in memory of every supported machine.
  template <typename T>
  T Read() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    const std::string_view raw = ReadBytes(sizeof(T));
    if (raw.size() == sizeof(T)) std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }

  /// The next `size` bytes, a view into the buffer; empty on failure.
  std::string_view ReadBytes(std::size_t size) {
    if (failed_) return {};
    if (size > remaining()) {
      failed_ = true;
      wanted_ = size;
      return {};
    }
    const std::string_view result = bytes_.substr(offset_, size);
    offset_ += size;
    return result;
  }

  /// Moves to an absolute offset; beyond the end fails.
  void Seek(std::size_t offset) {
    if (failed_) return;
    if (offset > bytes_.size()) {
      failed_ = true;
      wanted_ = offset - bytes_.size();
      offset_ = bytes_.size();
      return;
    }
    offset_ = offset;
  }

  [[nodiscard]] bool ok() const { return !failed_; }
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - offset_; }
  /// What the first failed read missed. Only meaningful when !ok().
  [[nodiscard]] Error error() const {
    return {ErrorCode::kBadInput,
            "truncated: " + std::to_string(wanted_) + " bytes expected at offset " + std::to_string(offset_) + ", " +
                std::to_string(remaining()) + " found",
            where_};
  }

 private:
  std::string_view bytes_;
  std::string where_;
  std::size_t offset_ = 0;
  std::size_t wanted_ = 0;
  bool failed_ = false;
};

}  // namespace mqtrack::support
