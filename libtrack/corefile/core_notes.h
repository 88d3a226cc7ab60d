// What a core file says of its process besides the memory: its notes (elf(5), fs/binfmt_elf.c of Linux).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "libtrack/support/result.h"
#include "libtrack/threads/cpu_registers.h"

namespace mqtrack::corefile {

struct CoreThread {
  pid_t tid = 0;
  threads::CpuRegisters general{};
  std::vector<std::byte> extended;  // as threads::ReadExtendedRegisters
};

/// A part of a file that was mapped, whether the core has its bytes or not.
struct MappedPart {
  std::uint64_t start = 0, end = 0, offset = 0;
  std::string path;  // may end in " (deleted)"
};

struct CoreNotes {
  pid_t pid = 0;     // as the process itself is told; 0: not said
  std::string name;  // at most 15 bytes
  int signal = 0;    // of which it died; 0: it was looked at by a debugger
  std::vector<CoreThread> threads;
  std::vector<MappedPart> files;                                   // by address
  std::vector<std::pair<std::uint64_t, std::uint64_t>> auxiliary;  // the auxiliary vector: AT_…, value
  std::string own;                                                 // the note of owner kOwnNote; empty: none
};

/// Owner of the note that mqtrack adds to what the kernel would say.
inline constexpr char kOwnNote[] = "MQTRACK";
inline constexpr std::uint32_t kOwnNoteType = 1;

/// The value of `type` in an auxiliary vector; 0 if it has none.
[[nodiscard]] std::uint64_t AuxiliaryValue(const CoreNotes& notes, std::uint64_t type);

/// The bytes of a PT_NOTE segment that says all this.
[[nodiscard]] std::vector<std::byte> EncodeNotes(const CoreNotes& notes);

/// Adds what `bytes`, all of one PT_NOTE segment, say. Nothing of them is trusted. `where` names the file in errors.
[[nodiscard]] support::Status ReadNotes(std::span<const std::byte> bytes, const std::string& where, CoreNotes& notes);

}  // namespace mqtrack::corefile
