#include "preload/recorder/unwinding/frame_entry.h"

#include "preload/recorder/unwinding/table_cursor.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint32_t kLength64 = 0xffffffff;  // announces a length of 64 bits, which nobody writes

/// What the letters behind the 'z' announce.
bool ParseAugmentation(const char* letters, TableCursor& in, FrameEntry& entry) {
  for (; *letters != 0; ++letters) {
    if (*letters == 'R')
      entry.pointer_encoding = in.Read<std::uint8_t>();
    else if (*letters == 'S')
      entry.signal_frame = true;
    else if (*letters == 'L')
      in.Skip(1);
    else if (*letters == 'P')
      in.ReadEncoded(in.Read<std::uint8_t>() & 0x7f, 0);
    else if (!cpu::IsReturnAddressLetter(*letters))
      return false;
  }
  return in.ok();
}

bool ParseCie(const std::uint8_t* cie, const UnwindTables& tables, FrameEntry& entry) {
  if (cie < tables.low || cie + 4 > tables.high) return false;
  TableCursor outer(cie, tables.high);
  const auto length = outer.Read<std::uint32_t>();
  if (length == 0 || length == kLength64 || length > static_cast<std::uint64_t>(tables.high - outer.at())) return false;
  TableCursor in(outer.at(), outer.at() + length);
  if (in.Read<std::uint32_t>() != 0) return false;
  const auto version = in.Read<std::uint8_t>();
  if (version != 1 && version != 3) return false;
  char augmentation[8] = {};
  for (std::size_t i = 0;; ++i) {
    const auto letter = in.Read<char>();
    if (letter == 0) break;
    if (i + 1 >= sizeof augmentation) return false;
    augmentation[i] = letter;
  }
  entry.code_align = in.ReadUleb();
  entry.data_align = in.ReadSleb();
  entry.return_register = version == 1 ? in.Read<std::uint8_t>() : in.ReadUleb();
  if (augmentation[0] == 'z') {
    entry.has_augmentation = true;
    TableCursor extra = in.ReadBlock();
    if (!ParseAugmentation(augmentation + 1, extra, entry)) return false;
  } else if (augmentation[0] != 0) {
    return false;
  }
  entry.common.begin = in.at();
  entry.common.end = in.end();
  return in.ok();
}

bool ParseFde(const std::uint8_t* fde, const UnwindTables& tables, std::uint64_t pc, FrameEntry& entry) {
  if (fde < tables.low || fde + 8 > tables.high) return false;
  TableCursor outer(fde, tables.high);
  const auto length = outer.Read<std::uint32_t>();
  if (length == 0 || length == kLength64 || length > static_cast<std::uint64_t>(tables.high - outer.at())) return false;
  const std::uint8_t* cie_field = outer.at();
  TableCursor in(cie_field, cie_field + length);
  if (!ParseCie(cie_field - in.Read<std::uint32_t>(), tables, entry)) return false;
  entry.start = in.ReadEncoded(entry.pointer_encoding, 0);
  const std::uint64_t range = in.ReadEncoded(entry.pointer_encoding & 0x0f, 0);
  if (!in.ok() || pc < entry.start || pc - entry.start >= range) return false;
  if (entry.has_augmentation) in.Skip(in.ReadUleb());
  entry.own = {in.at(), in.end()};
  return true;
}

/// Binary search of .eh_frame_hdr's table; null if `pc` is before the first entry or the table is of another kind.
const std::uint8_t* FindFde(const UnwindTables& tables, std::uint64_t pc) {
  TableCursor in(tables.header, tables.high);
  const auto version = in.Read<std::uint8_t>();
  const auto frame_encoding = in.Read<std::uint8_t>();
  const auto count_encoding = in.Read<std::uint8_t>();
  const auto table_encoding = in.Read<std::uint8_t>();
  if (version != 1 || count_encoding == DW_EH_PE_omit || table_encoding != (DW_EH_PE_datarel | DW_EH_PE_sdata4))
    return nullptr;
  const auto base = reinterpret_cast<std::uint64_t>(tables.header);
  in.ReadEncoded(frame_encoding, base);
  const std::uint64_t count = in.ReadEncoded(count_encoding, base);
  if (!in.ok() || count == 0 || count > static_cast<std::uint64_t>(in.end() - in.at()) / 8) return nullptr;
  struct Entry {
    std::int32_t start, fde;
  };
  const auto* entries = reinterpret_cast<const Entry*>(in.at());
  const auto start_of = [&](std::uint64_t i) {
    return base + static_cast<std::uint64_t>(std::int64_t{entries[i].start});
  };
  if (pc < start_of(0)) return nullptr;
  std::uint64_t low = 0, high = count;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (start_of(middle) <= pc)
      low = middle;
    else
      high = middle;
  }
  return reinterpret_cast<const std::uint8_t*>(base + static_cast<std::uint64_t>(std::int64_t{entries[low].fde}));
}

}  // namespace

bool FindFrameEntry(const UnwindTables& tables, std::uint64_t pc, FrameEntry& entry) {
  const std::uint8_t* fde = FindFde(tables, pc);
  return fde != nullptr && ParseFde(fde, tables, pc, entry);
}

}  // namespace mqtrack::recorder
