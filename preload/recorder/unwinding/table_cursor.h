// Reading unwind tables, byte by byte, within bounds.
#pragma once

#include <dwarf.h>  // constants only

#include <cstdint>
#include <cstring>

namespace mqtrack::recorder {

/// Bounded reader over the unwind tables. After a read past the end every read gives 0 and ok() is false.
class TableCursor {
 public:
  TableCursor(const std::uint8_t* begin, const std::uint8_t* end) : at_(begin), end_(end) {}
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return !ok_ || at_ >= end_; }
  [[nodiscard]] const std::uint8_t* at() const { return at_; }
  [[nodiscard]] const std::uint8_t* end() const { return end_; }
  /// Passes over `bytes`.
  void Skip(std::uint64_t bytes) {
    if (Has(bytes)) at_ += bytes;
  }
  /// A block of bytes whose length comes first; passes over it. Of a block that is too long, an empty one.
  TableCursor ReadBlock() {
    const std::uint64_t bytes = ReadUleb();
    const std::uint8_t* begin = at_;
    Skip(bytes);
    return {begin, at_};
  }
  template <typename T>
  T Read() {
    T value{};
    if (!Has(sizeof(T))) return value;
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  std::uint64_t ReadUleb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = Read<std::uint8_t>();
      if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
  }
  std::int64_t ReadSleb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;;) {
      const auto byte = Read<std::uint8_t>();
      if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      shift += 7;
      if ((byte & 0x80) != 0) continue;
      if (shift < 64 && (byte & 0x40) != 0) value |= ~std::uint64_t{0} << shift;
      return static_cast<std::int64_t>(value);
    }
  }
  /// A pointer in the encoding DW_EH_PE_*. `data_base`: what DW_EH_PE_datarel counts from.
  std::uint64_t ReadEncoded(std::uint8_t encoding, std::uint64_t data_base) {
    const auto here = reinterpret_cast<std::uint64_t>(at_);
    std::uint64_t value = 0;
    switch (encoding & 0x0f) {
      case DW_EH_PE_absptr:
      case DW_EH_PE_udata8:
      case DW_EH_PE_sdata8:
        value = Read<std::uint64_t>();
        break;
      case DW_EH_PE_udata2:
        value = Read<std::uint16_t>();
        break;
      case DW_EH_PE_udata4:
        value = Read<std::uint32_t>();
        break;
      case DW_EH_PE_sdata2:
        value = static_cast<std::uint64_t>(std::int64_t{Read<std::int16_t>()});
        break;
      case DW_EH_PE_sdata4:
        value = static_cast<std::uint64_t>(std::int64_t{Read<std::int32_t>()});
        break;
      default:
        ok_ = false;
        return 0;
    }
    switch (encoding & 0x70) {
      case DW_EH_PE_absptr:
        return value;
      case DW_EH_PE_pcrel:
        return value + here;
      case DW_EH_PE_datarel:
        return value + data_base;
      default:
        ok_ = false;
        return 0;
    }
  }

 private:
  bool Has(std::uint64_t bytes) {
    ok_ = ok_ && bytes <= static_cast<std::uint64_t>(end_ - at_);
    return ok_;
  }
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_ = true;
};

}  // namespace mqtrack::recorder
