// Encodings: Linux Standard Base, "DWARF Exception Header Encoding" and ".eh_frame". libdw finds the entries and checks
// their bounds; its dwarf_frame_info tells rows, not whole entries, so the two pointers of an entry are decoded here.
#include "libtrack/symbolize/frame_ranges.h"

#include <dwarf.h>

#include <algorithm>
#include <map>

namespace mqtrack::symbolize {
namespace {

constexpr std::uint8_t kFormatMask = 0x0f, kApplicationMask = 0x70, kIndirect = 0x80;

/// Bytes of a pointer in this encoding; 0 if it is not one of fixed size.
std::size_t PointerBytes(std::uint8_t encoding, std::size_t address_bytes) {
  switch (encoding & kFormatMask) {
    case DW_EH_PE_absptr:
      return address_bytes;
    case DW_EH_PE_udata2:
    case DW_EH_PE_sdata2:
      return 2;
    case DW_EH_PE_udata4:
    case DW_EH_PE_sdata4:
      return 4;
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
      return 8;
    default:
      return 0;
  }
}

/// Reads the two pointers of entries of one section.
class PointerReader {
 public:
  PointerReader(const ElfFile& file, const Elf_Data& data, std::uint64_t section_address)
      : big_endian_(file.is_big_endian()),
        address_bytes_(gelf_getclass(file.elf()) == ELFCLASS32 ? 4 : 8),
        begin_(static_cast<const std::uint8_t*>(data.d_buf)),
        section_address_(section_address) {}

  [[nodiscard]] std::size_t address_bytes() const { return address_bytes_; }

  /// The unsigned or sign-extended value at `at`, of which `bytes` bytes are known to be there.
  [[nodiscard]] std::uint64_t Value(const std::uint8_t* at, std::size_t bytes, bool is_signed) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | at[big_endian_ ? i : bytes - 1 - i];
    if (is_signed && bytes < 8 && (value >> (bytes * 8 - 1)) != 0) value |= ~std::uint64_t{0} << (bytes * 8);
    return value;
  }

  [[nodiscard]] std::uint64_t AddressOf(const std::uint8_t* at) const {
    return section_address_ + static_cast<std::uint64_t>(at - begin_);
  }

  /// An address of 32-bit code wraps at 32 bits.
  [[nodiscard]] std::uint64_t Wrap(std::uint64_t address) const {
    return address_bytes_ == 4 ? address & 0xffffffff : address;
  }

 private:
  bool big_endian_;
  std::size_t address_bytes_;
  const std::uint8_t* begin_;
  std::uint64_t section_address_;
};

/// The encoding of code addresses ('R') of the entries of a CIE, or nothing if it cannot be known.
std::optional<std::uint8_t> CodeEncoding(const Dwarf_CIE& cie, std::size_t address_bytes) {
  const char* augmentation = cie.augmentation;
  if (augmentation == nullptr || *augmentation == '\0') return DW_EH_PE_absptr;
  if (*augmentation != 'z') return std::nullopt;
  const std::uint8_t* at = cie.augmentation_data;
  std::size_t left = cie.augmentation_data_size;
  for (++augmentation; *augmentation != '\0'; ++augmentation) {
    if (*augmentation == 'S' || *augmentation == 'B') continue;
    if (left == 0) return std::nullopt;
    const std::uint8_t encoding = *at;
    ++at, --left;
    if (*augmentation == 'R') return encoding;
    if (*augmentation == 'L') continue;
    if (*augmentation != 'P') return std::nullopt;
    const std::size_t bytes = PointerBytes(encoding, address_bytes);
    if (bytes == 0 || bytes > left) return std::nullopt;
    at += bytes, left -= bytes;
  }
  return DW_EH_PE_absptr;
}

}  // namespace

FrameRanges::FrameRanges(const ElfFile& file) {
  GElf_Shdr header;
  Elf_Data* data = file.SectionData(".eh_frame", &header);
  if (data == nullptr || data->d_buf == nullptr) return;
  const auto* ident = reinterpret_cast<const unsigned char*>(elf_getident(file.elf(), nullptr));
  if (ident == nullptr) return;
  const PointerReader reader(file, *data, header.sh_addr);
  std::map<Dwarf_Off, std::optional<std::uint8_t>> encodings;  // by offset of the CIE
  Dwarf_Off next = 0;
  for (Dwarf_Off offset = 0;; offset = next) {
    Dwarf_CFI_Entry entry;
    // A gap or an error ends the walk: nothing behind it can be trusted to be in step.
    if (dwarf_next_cfi(ident, data, true, offset, &next, &entry) != 0 || next <= offset) break;
    if (entry.CIE_id == DW_CIE_ID_64) {
      encodings[offset] = CodeEncoding(entry.cie, reader.address_bytes());
      continue;
    }
    const auto encoding = encodings.find(entry.fde.CIE_pointer);
    if (encoding == encodings.end() || !encoding->second) continue;
    const std::uint8_t code = *encoding->second;
    const std::uint8_t application = code & kApplicationMask;
    const std::size_t bytes = PointerBytes(code, reader.address_bytes());
    if (bytes == 0 || (code & kIndirect) != 0 || (application != DW_EH_PE_absptr && application != DW_EH_PE_pcrel)) {
      continue;
    }
    if (entry.fde.end < entry.fde.start || static_cast<std::size_t>(entry.fde.end - entry.fde.start) < 2 * bytes) {
      continue;
    }
    std::uint64_t start = reader.Value(entry.fde.start, bytes, (code & 0x08) != 0);
    if (application == DW_EH_PE_pcrel) start += reader.AddressOf(entry.fde.start);
    start = reader.Wrap(start);
    const std::uint64_t length = reader.Value(entry.fde.start + bytes, bytes, false);
    if (length == 0 || start + length < start || !file.HasCodeAt(start)) continue;
    ranges_.push_back({start, start + length});
  }
  std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.start < b.start; });
}

std::optional<std::uint64_t> FrameRanges::StartOf(std::uint64_t vaddr) const {
  const auto above = std::upper_bound(ranges_.begin(), ranges_.end(), vaddr,
                                      [](std::uint64_t v, const Range& r) { return v < r.start; });
  if (above == ranges_.begin() || (above - 1)->end <= vaddr) return std::nullopt;
  return (above - 1)->start;
}

}  // namespace mqtrack::symbolize
