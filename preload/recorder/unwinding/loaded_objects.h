// The objects that the dynamic loader has mapped, found without a lock.
//
// glibc's _dl_find_object answers for a whole object, save for a program whose segments have gaps between them (one
// linked for huge pages, node): of such a program it knows the executable segments only, each for itself, and says of
// none where the program was loaded. What it leaves out is taken from the program's own headers.
#pragma once

#include <link.h>

#include <cstdint>

namespace mqtrack::recorder {

/// An object mapped by the dynamic loader.
struct LoadedObject {
  std::uintptr_t start = 0, end = 0;            // of all its segments; with what lies between them
  std::uintptr_t bias = 0;                      // runtime address - ELF virtual address
  const char* name = nullptr;                   // as the loader knows it; "" for most executables
  bool is_program = false;                      // the executable
  bool has_gaps = false;                        // other objects may lie between its segments
  const std::uint8_t* unwind_header = nullptr;  // .eh_frame_hdr; null if there is none
};

/// Binds glibc's lock-free lookup and looks for the program. Without the former (glibc before 2.35, other C libraries)
/// no object is found. Called before all else here.
void InitialiseLoadedObjects();

/// False where there is no such lookup: of no address is known then what covers it.
[[nodiscard]] bool CanFindObjects();

/// The object that contains `address`; false if there is none. Takes no lock, allocates nothing; async-signal-safe.
[[nodiscard]] bool FindObject(std::uint64_t address, LoadedObject& object);

/// What of `object` can be read around `address`: nothing in front of `low`, nothing from `high` on. Both are null if
/// the address is none of the object's.
struct ReadableRange {
  const std::uint8_t* low = nullptr;
  const std::uint8_t* high = nullptr;
};
[[nodiscard]] ReadableRange ReadableAround(const LoadedObject& object, std::uintptr_t address);

/// The program headers of `object`, as far as they can be found in memory.
struct ProgramHeaders {
  const ElfW(Phdr) * first = nullptr;
  std::size_t count = 0;
};
[[nodiscard]] ProgramHeaders HeadersOf(const LoadedObject& object);

}  // namespace mqtrack::recorder
