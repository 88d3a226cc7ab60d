// Writes to pages that the loader has made read-only (RELRO), and gives each its protection back.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mqtrack::redirection {

/// What /proc/self/maps said about this process's memory when it was made. Its memory comes from mmap.
class Protections {
 public:
  Protections();
  ~Protections();
  Protections(const Protections&) = delete;
  Protections& operator=(const Protections&) = delete;
  /// PROT_ bits of the page at `address`; -1 if nothing is mapped there.
  [[nodiscard]] int At(std::uintptr_t address) const;

 private:
  struct Range {
    std::uintptr_t low, high;
    int protection;
  };
  void Add(const char* line);
  Range* ranges_ = nullptr;
  std::size_t count_ = 0, capacity_ = 0;
};

/// Stores words one at a time, each in one piece, so that a thread that reads the slot sees the old or the new value.
class PageWriter {
 public:
  explicit PageWriter(const Protections& protections);
  ~PageWriter() { Restore(); }
  PageWriter(const PageWriter&) = delete;
  PageWriter& operator=(const PageWriter&) = delete;
  /// False if the page is not mapped, or cannot be made writable; then nothing was changed.
  [[nodiscard]] bool Store(std::uintptr_t slot, std::uintptr_t value);

 private:
  void Restore();
  const Protections& protections_;
  std::uintptr_t page_bytes_;
  std::uintptr_t page_ = 0;  // the page that was looked at last
  int before_ = -1;          // its protection
  bool writable_ = false;
};

}  // namespace mqtrack::redirection
