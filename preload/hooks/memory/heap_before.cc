#include "preload/hooks/memory/heap_before.h"

#include <malloc.h>

#include "preload/hooks/real_functions.h"
#include "preload/recorder/heap_blocks.h"

namespace mqtrack::hooks {
namespace {

struct mallinfo2 (*figures)() = nullptr;
std::size_t (*usable_bytes)(void*) = nullptr;

}  // namespace

void ResolveHeapFigures() {
  figures = reinterpret_cast<decltype(figures)>(FindNext("mallinfo2"));
  usable_bytes = reinterpret_cast<decltype(usable_bytes)>(FindNext("malloc_usable_size"));
  if (figures == nullptr ||
      !AreOfOneLibrary(reinterpret_cast<const void*>(figures), reinterpret_cast<const void*>(real.malloc)))
    figures = nullptr;
}

void RecordHeapBefore() {
  if (figures == nullptr) return;
  const struct mallinfo2 now = figures();
  recorder::heap_blocks.RecordBefore(now.uordblks + now.hblkhd, usable_bytes);
}

}  // namespace mqtrack::hooks
