#include "libtrack/corefile/core_notes.h"

#include <elf.h>
#include <sys/procfs.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace mqtrack::corefile {
namespace {

using support::Error;
using support::ErrorCode;
using support::Status;

constexpr std::size_t kAlign = 4;
static_assert(sizeof(elf_gregset_t) == sizeof(threads::CpuRegisters));

std::size_t Aligned(std::size_t bytes) { return (bytes + kAlign - 1) & ~(kAlign - 1); }

template <typename T>
bool Copy(std::span<const std::byte> from, std::size_t at, T& into) {
  if (at > from.size() || from.size() - at < sizeof into) return false;
  std::memcpy(&into, from.data() + at, sizeof into);
  return true;
}

class Reader {
 public:
  Reader(const std::string& where, CoreNotes& notes) : where_(where), notes_(notes) {}

  [[nodiscard]] Status Read(std::span<const std::byte> bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      Elf64_Nhdr header{};
      if (!Copy(bytes, at, header)) return {};  // padding
      at += sizeof header;
      const std::size_t left = bytes.size() - at;
      // Both are below 4 GiB, so no sum overflows.
      if (Aligned(header.n_namesz) > left || header.n_descsz > left - Aligned(header.n_namesz))
        return Damaged("a note that begins at byte " + std::to_string(at - sizeof header) + " of them does not fit");
      const std::string_view owner(reinterpret_cast<const char*>(bytes.data() + at), header.n_namesz);
      at += Aligned(header.n_namesz);
      const Status taken = Take(owner.substr(0, owner.find('\0')), header.n_type, bytes.subspan(at, header.n_descsz));
      if (!taken) return taken;
      at += std::min(Aligned(header.n_descsz), bytes.size() - at);
    }
    return {};
  }

 private:
  [[nodiscard]] Error Damaged(const std::string& what) const {
    return {ErrorCode::kBadInput, "damaged core file: its notes: " + what, where_};
  }

  [[nodiscard]] Status Take(std::string_view owner, std::uint32_t type, std::span<const std::byte> bytes) {
    if (owner == kOwnNote && type == kOwnNoteType)
      notes_.own.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (owner == "LINUX" && type == threads::kExtendedState && !notes_.threads.empty())
      notes_.threads.back().extended.assign(bytes.begin(), bytes.end());
    if (owner != "CORE") return {};
    switch (type) {
      case NT_PRSTATUS:
        return TakeThread(bytes);
      case NT_PRPSINFO:
        return TakeProcess(bytes);
      case NT_FILE:
        return TakeFiles(bytes);
      case NT_AUXV:
        TakeAuxiliary(bytes);
        break;
      default:
        break;
    }
    return {};
  }

  [[nodiscard]] Status TakeThread(std::span<const std::byte> bytes) {
    elf_prstatus status{};
    if (bytes.size() != sizeof status) {
      return Damaged("the registers of a thread have " + std::to_string(bytes.size()) + " bytes, expected are " +
                     std::to_string(sizeof status));
    }
    std::memcpy(&status, bytes.data(), sizeof status);
    CoreThread& thread = notes_.threads.emplace_back();
    thread.tid = status.pr_pid;
    std::memcpy(&thread.general, &status.pr_reg, sizeof thread.general);
    if (notes_.threads.size() == 1) notes_.signal = status.pr_cursig;  // the kernel has the one that crashed first
    return {};
  }

  [[nodiscard]] Status TakeProcess(std::span<const std::byte> bytes) {
    elf_prpsinfo info{};
    if (bytes.size() != sizeof info) {
      return Damaged("the description of the process has " + std::to_string(bytes.size()) + " bytes, expected are " +
                     std::to_string(sizeof info));
    }
    std::memcpy(&info, bytes.data(), sizeof info);
    notes_.pid = info.pr_pid;
    notes_.name.assign(info.pr_fname, ::strnlen(info.pr_fname, sizeof info.pr_fname));
    return {};
  }

  /// Two words: how many, and the unit of offsets; three for each; then the names, each with a zero at its end.
  [[nodiscard]] Status TakeFiles(std::span<const std::byte> bytes) {
    std::uint64_t head[2] = {};
    if (!Copy(bytes, 0, head)) return Damaged("the list of mapped files is too short");
    constexpr std::size_t kEntry = 3 * sizeof(std::uint64_t);
    const std::uint64_t count = head[0];
    if (count > (bytes.size() - sizeof head) / kEntry)
      return Damaged("the list of mapped files has " + std::to_string(count) + " entries, and no room for them");
    std::size_t name = sizeof head + count * kEntry;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t entry[3] = {};
      (void)Copy(bytes, sizeof head + i * kEntry, entry);
      const std::string_view rest(reinterpret_cast<const char*>(bytes.data() + name), bytes.size() - name);
      const std::size_t end = rest.find('\0');
      if (end == std::string_view::npos) return Damaged("the name of a mapped file has no end");
      name += end + 1;
      if (entry[0] < entry[1])
        notes_.files.push_back({entry[0], entry[1], entry[2] * head[1], std::string(rest.substr(0, end))});
    }
    std::sort(notes_.files.begin(), notes_.files.end(),
              [](const MappedPart& a, const MappedPart& b) { return a.start < b.start; });
    return {};
  }

  void TakeAuxiliary(std::span<const std::byte> bytes) {
    std::uint64_t entry[2] = {};
    for (std::size_t at = 0; Copy(bytes, at, entry) && entry[0] != AT_NULL; at += sizeof entry)
      notes_.auxiliary.emplace_back(entry[0], entry[1]);
  }

  const std::string& where_;
  CoreNotes& notes_;
};

class Encoder {
 public:
  void Add(std::string_view owner, std::uint32_t type, const void* bytes, std::size_t count) {
    const Elf64_Nhdr header{static_cast<Elf64_Word>(owner.size() + 1), static_cast<Elf64_Word>(count), type};
    Append(&header, sizeof header);
    Append(owner.data(), owner.size());
    bytes_.push_back({});
    bytes_.resize(Aligned(bytes_.size()));
    Append(bytes, count);
    bytes_.resize(Aligned(bytes_.size()));
  }
  std::vector<std::byte> Take() { return std::move(bytes_); }

 private:
  void Append(const void* bytes, std::size_t count) {
    const auto* first = static_cast<const std::byte*>(bytes);
    bytes_.insert(bytes_.end(), first, first + count);
  }
  std::vector<std::byte> bytes_;
};

void AddProcess(const CoreNotes& notes, Encoder& encoder) {
  elf_prpsinfo info{};
  info.pr_sname = 'R';
  info.pr_pid = notes.pid;
  notes.name.copy(info.pr_fname, sizeof info.pr_fname - 1);
  notes.name.copy(info.pr_psargs, sizeof info.pr_psargs - 1);
  encoder.Add("CORE", NT_PRPSINFO, &info, sizeof info);
}

void AddThreads(const CoreNotes& notes, Encoder& encoder) {
  for (const CoreThread& thread : notes.threads) {
    elf_prstatus status{};
    status.pr_pid = thread.tid;
    status.pr_cursig = static_cast<short>(notes.signal);
    std::memcpy(&status.pr_reg, &thread.general, sizeof thread.general);
    encoder.Add("CORE", NT_PRSTATUS, &status, sizeof status);
    if (!thread.extended.empty())
      encoder.Add("LINUX", threads::kExtendedState, thread.extended.data(), thread.extended.size());
  }
}

void AddFiles(const CoreNotes& notes, Encoder& encoder) {
  std::vector<std::uint64_t> words = {notes.files.size(), 1};  // offsets are in bytes
  std::string names;
  for (const MappedPart& part : notes.files) {
    words.insert(words.end(), {part.start, part.end, part.offset});
    names.append(part.path.c_str(), part.path.size() + 1);
  }
  std::string all(reinterpret_cast<const char*>(words.data()), words.size() * sizeof words[0]);
  all += names;
  encoder.Add("CORE", NT_FILE, all.data(), all.size());
}

}  // namespace

std::uint64_t AuxiliaryValue(const CoreNotes& notes, std::uint64_t type) {
  const auto found = std::find_if(notes.auxiliary.begin(), notes.auxiliary.end(),
                                  [&](const auto& entry) { return entry.first == type; });
  return found == notes.auxiliary.end() ? 0 : found->second;
}

std::vector<std::byte> EncodeNotes(const CoreNotes& notes) {
  Encoder encoder;
  AddProcess(notes, encoder);
  AddThreads(notes, encoder);
  std::vector<std::uint64_t> auxiliary;
  for (const auto& [type, value] : notes.auxiliary) auxiliary.insert(auxiliary.end(), {type, value});
  auxiliary.insert(auxiliary.end(), {AT_NULL, 0});
  encoder.Add("CORE", NT_AUXV, auxiliary.data(), auxiliary.size() * sizeof auxiliary[0]);
  AddFiles(notes, encoder);
  if (!notes.own.empty()) encoder.Add(kOwnNote, kOwnNoteType, notes.own.data(), notes.own.size());
  return encoder.Take();
}

Status ReadNotes(std::span<const std::byte> bytes, const std::string& where, CoreNotes& notes) {
  return Reader(where, notes).Read(bytes);
}

}  // namespace mqtrack::corefile
