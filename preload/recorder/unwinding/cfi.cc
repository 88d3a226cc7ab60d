#include "preload/recorder/unwinding/cfi.h"

#include <dlfcn.h>
#include <link.h>

#include <cstddef>
#include <cstring>

namespace mqtrack::recorder {
namespace {

using FindObjectFunction = int (*)(void*, dl_find_object*);
FindObjectFunction find_object = nullptr;

// DWARF register numbers of x86-64.
constexpr std::uint64_t kRbp = 6, kRsp = 7, kReturnAddress = 16;

// Pointer encodings of .eh_frame (LSB core, "DWARF Extensions").
constexpr std::uint8_t kAbsolute = 0x00, kUnsigned2 = 0x02, kUnsigned4 = 0x03, kUnsigned8 = 0x04, kSigned2 = 0x0a,
                       kSigned4 = 0x0b, kSigned8 = 0x0c, kPcRelative = 0x10, kDataRelative = 0x30, kOmitted = 0xff;

/// Bounded reader over the unwind tables. After a read past the end every read gives 0 and ok() is false.
class Cursor {
 public:
  Cursor(const std::uint8_t* begin, const std::uint8_t* end) : at_(begin), end_(end) {}
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return !ok_ || at_ >= end_; }
  [[nodiscard]] const std::uint8_t* at() const { return at_; }
  [[nodiscard]] const std::uint8_t* end() const { return end_; }
  void Skip(std::uint64_t bytes) {
    if (Has(bytes)) at_ += bytes;
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
  std::uint64_t ReadEncoded(std::uint8_t encoding, std::uint64_t data_base) {
    const auto here = reinterpret_cast<std::uint64_t>(at_);
    std::uint64_t value = 0;
    switch (encoding & 0x0f) {
      case kAbsolute:
      case kUnsigned8:
      case kSigned8:
        value = Read<std::uint64_t>();
        break;
      case kUnsigned2:
        value = Read<std::uint16_t>();
        break;
      case kUnsigned4:
        value = Read<std::uint32_t>();
        break;
      case kSigned2:
        value = static_cast<std::uint64_t>(std::int64_t{Read<std::int16_t>()});
        break;
      case kSigned4:
        value = static_cast<std::uint64_t>(std::int64_t{Read<std::int32_t>()});
        break;
      default:
        ok_ = false;
        return 0;
    }
    switch (encoding & 0x70) {
      case 0:
        return value;
      case kPcRelative:
        return value + here;
      case kDataRelative:
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

/// What a CIE says, as far as a rule needs it.
struct CommonInfo {
  std::uint64_t code_align = 1;
  std::int64_t data_align = 1;
  std::uint64_t return_register = kReturnAddress;
  std::uint8_t pointer_encoding = kAbsolute;
  bool has_augmentation = false, signal_frame = false;
  const std::uint8_t* code = nullptr;
  const std::uint8_t* code_end = nullptr;
};

/// The tables of the object that contains an address.
struct UnwindTables {
  const std::uint8_t* header = nullptr;  // .eh_frame_hdr
  const std::uint8_t* low = nullptr;     // lowest and highest mapped address of the object: nothing outside is read
  const std::uint8_t* high = nullptr;
};

bool ParseCie(const std::uint8_t* cie, const UnwindTables& tables, CommonInfo& info) {
  if (cie < tables.low || cie + 4 > tables.high) return false;
  Cursor outer(cie, tables.high);
  const auto length = outer.Read<std::uint32_t>();
  if (length == 0 || length == 0xffffffff || length > static_cast<std::uint64_t>(tables.high - outer.at()))
    return false;
  Cursor in(outer.at(), outer.at() + length);
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
  info.code_align = in.ReadUleb();
  info.data_align = in.ReadSleb();
  info.return_register = version == 1 ? in.Read<std::uint8_t>() : in.ReadUleb();
  if (augmentation[0] == 'z') {
    info.has_augmentation = true;
    const std::uint64_t bytes = in.ReadUleb();
    if (bytes > static_cast<std::uint64_t>(in.end() - in.at())) return false;
    Cursor extra(in.at(), in.at() + bytes);
    for (const char* letter = augmentation + 1; *letter != 0; ++letter) {
      if (*letter == 'R')
        info.pointer_encoding = extra.Read<std::uint8_t>();
      else if (*letter == 'S')
        info.signal_frame = true;
      else if (*letter == 'L')
        extra.Skip(1);
      else if (*letter == 'P')
        extra.ReadEncoded(extra.Read<std::uint8_t>() & 0x7f, 0);
      else
        return false;
    }
    if (!extra.ok()) return false;
    in.Skip(bytes);
  } else if (augmentation[0] != 0) {
    return false;
  }
  info.code = in.at();
  info.code_end = in.end();
  return in.ok();
}

/// One row of the virtual unwind table, for the registers we follow.
struct Row {
  enum class Where : std::uint8_t { kSame, kAtCfa, kFromFrame, kUndefined, kElsewhere };
  std::uint64_t cfa_register = kRsp;
  std::int64_t cfa_offset = 0;
  bool cfa_is_memory = false, cfa_is_unknown = true;
  Where rbp = Where::kSame, ra = Where::kElsewhere;
  std::int64_t rbp_offset = 0, ra_offset = 0;
};

/// Runs DW_CFA instructions up to the row that covers `pc`.
class Interpreter {
 public:
  Interpreter(const CommonInfo& info, std::uint64_t location, std::uint64_t pc)
      : info_(info), location_(location), pc_(pc) {}

  /// False if the program is malformed or uses what we do not follow.
  bool Run(const std::uint8_t* begin, const std::uint8_t* end, bool initial) {
    Cursor in(begin, end);
    while (!in.done() && !passed_) {
      if (!Step(in)) return false;
    }
    if (initial) initial_ = row_;
    return in.ok();
  }
  [[nodiscard]] const Row& row() const { return row_; }

 private:
  static constexpr int kMaxSaved = 8;

  void Advance(std::uint64_t delta) {
    const std::uint64_t next = location_ + delta * info_.code_align;
    if (next > pc_)
      passed_ = true;
    else
      location_ = next;
  }
  void SetRule(std::uint64_t reg, Row::Where where, std::int64_t offset) {
    if (reg == kRbp) row_.rbp = where, row_.rbp_offset = offset;
    if (reg == info_.return_register) row_.ra = where, row_.ra_offset = offset;
  }
  void Restore(std::uint64_t reg) {
    if (reg == kRbp) row_.rbp = initial_.rbp, row_.rbp_offset = initial_.rbp_offset;
    if (reg == info_.return_register) row_.ra = initial_.ra, row_.ra_offset = initial_.ra_offset;
  }
  void SetCfa(std::uint64_t reg, std::int64_t offset) {
    row_.cfa_register = reg;
    row_.cfa_offset = offset;
    row_.cfa_is_memory = row_.cfa_is_unknown = false;
  }
  /// The expressions for the CFA that occur: "*(rbp + n)", by which GCC and clang find the frame of a function that
  /// realigned its stack; "*(rsp + n) + 8", of OpenSSL's assembly; and the linker's for procedure linkage tables.
  void SetCfaExpression(Cursor& in) {
    const std::uint64_t bytes = in.ReadUleb();
    Cursor expression(in.at(), in.at() + (bytes <= static_cast<std::uint64_t>(in.end() - in.at()) ? bytes : 0));
    in.Skip(bytes);
    row_.cfa_is_unknown = true;
    const std::uint64_t reg = static_cast<std::uint64_t>(expression.Read<std::uint8_t>()) - 0x70;  // DW_OP_breg0
    if (reg != kRbp && reg != kRsp) return;
    const std::int64_t offset = expression.ReadSleb();
    if (reg == kRsp && offset == 8 && SetLinkageCfa(expression)) return;
    if (expression.Read<std::uint8_t>() != 0x06) return;  // DW_OP_deref
    std::uint64_t addend = 0;
    if (!expression.done() && expression.Read<std::uint8_t>() == 0x23)
      addend = expression.ReadUleb();  // DW_OP_plus_uconst
    if (!expression.ok() || !expression.done() || addend != (reg == kRsp ? 8U : 0U)) return;
    SetCfa(reg, offset);
    row_.cfa_is_memory = true;
  }
  /// rsp + 8 + ((rip & 15) >= n) * 8: in the second half of a linkage stub one more word has been pushed.
  bool SetLinkageCfa(const Cursor& expression) {
    constexpr std::uint8_t kRest[] = {0x80, 0,    0x3f, 0x1a, 0,
                                      0x2a, 0x33, 0x24, 0x22};  // breg16 0, lit15, and, lit n, ge, lit3, shl, plus
    if (expression.end() - expression.at() != sizeof kRest) return false;
    for (std::size_t i = 0; i < sizeof kRest; ++i) {
      if (i != 4 && expression.at()[i] != kRest[i]) return false;
    }
    const std::uint64_t pushed_from = static_cast<std::uint64_t>(expression.at()[4]) - 0x30;  // DW_OP_lit0
    SetCfa(kRsp, (pc_ & 15) >= pushed_from ? 16 : 8);
    return true;
  }
  /// A register's expression: only "rbp + n", beside the CFA expression above.
  void SetExpression(Cursor& in, bool is_value) {
    const std::uint64_t reg = in.ReadUleb();
    const std::uint64_t bytes = in.ReadUleb();
    Cursor expression(in.at(), in.at() + (bytes <= static_cast<std::uint64_t>(in.end() - in.at()) ? bytes : 0));
    in.Skip(bytes);
    if (!is_value && expression.Read<std::uint8_t>() == 0x70 + kRbp) {
      const std::int64_t offset = expression.ReadSleb();
      if (expression.ok() && expression.done()) return SetRule(reg, Row::Where::kFromFrame, offset);
    }
    SetRule(reg, Row::Where::kElsewhere, 0);
  }

  bool Step(Cursor& in) {
    const auto op = in.Read<std::uint8_t>();
    const std::uint64_t low = op & 0x3f;
    switch (op & 0xc0) {
      case 0x40:
        Advance(low);
        return true;
      case 0x80: {
        const auto offset = static_cast<std::int64_t>(in.ReadUleb());
        SetRule(low, Row::Where::kAtCfa, offset * info_.data_align);
        return true;
      }
      case 0xc0:
        Restore(low);
        return true;
      default:
        return StepExtended(op, in);
    }
  }

  bool StepExtended(std::uint8_t op, Cursor& in) {
    switch (op) {
      case 0x00:
        return true;  // nop
      case 0x01: {    // set_loc
        const std::uint64_t next = in.ReadEncoded(info_.pointer_encoding, 0);
        if (next > pc_)
          passed_ = true;
        else
          location_ = next;
        return true;
      }
      case 0x02:
        Advance(in.Read<std::uint8_t>());
        return true;  // advance_loc1
      case 0x03:
        Advance(in.Read<std::uint16_t>());
        return true;  // advance_loc2
      case 0x04:
        Advance(in.Read<std::uint32_t>());
        return true;  // advance_loc4
      case 0x05:
      case 0x11: {  // offset_extended(_sf)
        const std::uint64_t reg = in.ReadUleb();
        const std::int64_t offset = op == 0x05 ? static_cast<std::int64_t>(in.ReadUleb()) : in.ReadSleb();
        SetRule(reg, Row::Where::kAtCfa, offset * info_.data_align);
        return true;
      }
      case 0x06:
        Restore(in.ReadUleb());
        return true;  // restore_extended
      case 0x07:
        SetRule(in.ReadUleb(), Row::Where::kUndefined, 0);
        return true;  // undefined
      case 0x08:
        SetRule(in.ReadUleb(), Row::Where::kSame, 0);
        return true;  // same_value
      case 0x09:
        SetRule(in.ReadUleb(), Row::Where::kElsewhere, 0);
        in.ReadUleb();
        return true;  // register
      case 0x0a:      // remember_state
        if (saved_ == kMaxSaved) return false;
        states_[saved_++] = row_;
        return true;
      case 0x0b:  // restore_state
        if (saved_ == 0) return false;
        row_ = states_[--saved_];
        return true;
      case 0x0c:
      case 0x12: {  // def_cfa(_sf)
        const std::uint64_t reg = in.ReadUleb();
        SetCfa(reg, op == 0x0c ? static_cast<std::int64_t>(in.ReadUleb()) : in.ReadSleb() * info_.data_align);
        return true;
      }
      case 0x0d:
        row_.cfa_register = in.ReadUleb();
        return true;  // def_cfa_register
      case 0x0e:
        row_.cfa_offset = static_cast<std::int64_t>(in.ReadUleb());
        return true;  // def_cfa_offset
      case 0x13:
        row_.cfa_offset = in.ReadSleb() * info_.data_align;
        return true;  // def_cfa_offset_sf
      case 0x0f:
        SetCfaExpression(in);
        return true;  // def_cfa_expression
      case 0x10:
        SetExpression(in, false);
        return true;  // expression
      case 0x16:
        SetExpression(in, true);
        return true;  // val_expression
      case 0x14:
      case 0x15:  // val_offset(_sf)
        SetRule(in.ReadUleb(), Row::Where::kElsewhere, 0);
        in.ReadUleb();
        return true;
      case 0x2e:
        in.ReadUleb();
        return true;  // GNU_args_size
      default:
        return false;
    }
  }

  const CommonInfo& info_;
  std::uint64_t location_;
  const std::uint64_t pc_;
  bool passed_ = false;
  Row row_, initial_;
  Row states_[kMaxSaved];
  int saved_ = 0;
};

bool Fits(std::int64_t value) { return value >= -(std::int64_t{1} << 24) && value < (std::int64_t{1} << 24); }

FrameRule RuleOfRow(const Row& row) {
  FrameRule rule;
  if (row.ra == Row::Where::kUndefined) {
    rule.cfa = FrameRule::Cfa::kOutermost;
    return rule;
  }
  if (row.cfa_is_unknown || !Fits(row.cfa_offset) || !Fits(row.rbp_offset)) return {};
  if (row.ra != Row::Where::kAtCfa || row.ra_offset != -8) return {};
  if (row.cfa_register != kRsp && row.cfa_register != kRbp) return {};
  if (row.rbp == Row::Where::kElsewhere || row.rbp == Row::Where::kUndefined) return {};
  const bool realigned = row.cfa_is_memory && row.cfa_register == kRbp;
  if ((row.rbp == Row::Where::kFromFrame) != (realigned && row.rbp != Row::Where::kSame)) return {};
  if (row.cfa_register == kRsp)
    rule.cfa = row.cfa_is_memory ? FrameRule::Cfa::kFromStack : FrameRule::Cfa::kStackPointer;
  else
    rule.cfa = row.cfa_is_memory ? FrameRule::Cfa::kFromMemory : FrameRule::Cfa::kFramePointer;
  rule.cfa_offset = static_cast<std::int32_t>(row.cfa_offset);
  if (row.rbp != Row::Where::kSame) {
    rule.frame_pointer = FrameRule::FramePointer::kSaved;
    rule.frame_pointer_offset = static_cast<std::int32_t>(row.rbp_offset);
  }
  return rule;
}

/// Binary search of .eh_frame_hdr's table; null if `pc` is before the first entry or the table is of another kind.
const std::uint8_t* FindFde(const UnwindTables& tables, std::uint64_t pc) {
  Cursor in(tables.header, tables.high);
  const auto version = in.Read<std::uint8_t>();
  const auto frame_encoding = in.Read<std::uint8_t>();
  const auto count_encoding = in.Read<std::uint8_t>();
  const auto table_encoding = in.Read<std::uint8_t>();
  if (version != 1 || count_encoding == kOmitted || table_encoding != (kDataRelative | kSigned4)) return nullptr;
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

FrameRule RuleFromFde(const std::uint8_t* fde, const UnwindTables& tables, std::uint64_t pc) {
  if (fde < tables.low || fde + 8 > tables.high) return {};
  Cursor outer(fde, tables.high);
  const auto length = outer.Read<std::uint32_t>();
  if (length == 0 || length == 0xffffffff || length > static_cast<std::uint64_t>(tables.high - outer.at())) return {};
  const std::uint8_t* cie_field = outer.at();
  Cursor in(cie_field, cie_field + length);
  CommonInfo info;
  if (!ParseCie(cie_field - in.Read<std::uint32_t>(), tables, info)) return {};
  const std::uint64_t start = in.ReadEncoded(info.pointer_encoding, 0);
  const std::uint64_t range = in.ReadEncoded(info.pointer_encoding & 0x0f, 0);
  if (!in.ok() || pc < start || pc - start >= range) return {};
  if (info.has_augmentation) in.Skip(in.ReadUleb());
  if (info.signal_frame) {
    FrameRule rule;
    rule.cfa = FrameRule::Cfa::kSignalFrame;
    return rule;
  }
  Interpreter interpreter(info, start, pc);
  if (!interpreter.Run(info.code, info.code_end, true) || !interpreter.Run(in.at(), in.end(), false)) return {};
  return RuleOfRow(interpreter.row());
}

}  // namespace

void InitialiseCfi() { find_object = reinterpret_cast<FindObjectFunction>(::dlsym(RTLD_DEFAULT, "_dl_find_object")); }

FrameRule FindRule(std::uint64_t pc, CodeRange* object) {
  dl_find_object found;
  if (find_object == nullptr || find_object(reinterpret_cast<void*>(pc), &found) != 0) return {};
  if (found.dlfo_eh_frame == nullptr) return {};
  const UnwindTables tables{static_cast<const std::uint8_t*>(found.dlfo_eh_frame),
                            static_cast<const std::uint8_t*>(found.dlfo_map_start),
                            static_cast<const std::uint8_t*>(found.dlfo_map_end)};
  if (object != nullptr) {
    // The header of the search table: where .eh_frame begins, how many functions there are, where the first one is.
    std::uint64_t words[2];
    std::memcpy(words, found.dlfo_eh_frame, sizeof words);
    *object = {reinterpret_cast<std::uintptr_t>(found.dlfo_map_start),
               reinterpret_cast<std::uintptr_t>(found.dlfo_map_end),
               (words[0] * 31 + words[1]) * 31 + reinterpret_cast<std::uintptr_t>(found.dlfo_eh_frame)};
  }
  const std::uint8_t* fde = FindFde(tables, pc);
  return fde == nullptr ? FrameRule{} : RuleFromFde(fde, tables, pc);
}

bool FindObject(std::uint64_t pc, LoadedObject& object) {
  dl_find_object found;
  if (find_object == nullptr || find_object(reinterpret_cast<void*>(pc), &found) != 0) return false;
  object.start = reinterpret_cast<std::uintptr_t>(found.dlfo_map_start);
  object.end = reinterpret_cast<std::uintptr_t>(found.dlfo_map_end);
  object.bias = found.dlfo_link_map->l_addr;
  object.name = found.dlfo_link_map->l_name;
  return true;
}

}  // namespace mqtrack::recorder
