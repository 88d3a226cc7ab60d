// Functions of allocators' own interfaces, which have no hooks: mallocx and sdallocx of jemalloc, tc_malloc, mi_malloc.
// Hooks of these names cannot be exported: programs find out by weak references whether such an allocator is there
// (`if (mallocx)`), and would find one. The recorder notes instead that a loaded file calls them, and readers say that
// the heap is not known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mqtrack::log {

/// The first such call that was found. Stands at the end of the header's kHeaderBytes, where there are zeros if there
/// is none.
struct UnseenCall {
  char function[48];  // "" if none is known; its first character is stored last, release
  char file[80];      // the base name of the file that calls it, cut if longer
};
inline constexpr std::uint64_t kUnseenCallAt = 32768 - sizeof(UnseenCall);
static_assert(sizeof(UnseenCall) == 128);

/// Behind "je_", or by themselves.
inline constexpr std::string_view kJemallocCalls[] = {"mallocx", "rallocx", "xallocx", "dallocx", "sdallocx"};
/// Behind "je_" only: the standard ones of a jemalloc that was built with that prefix.
inline constexpr std::string_view kPrefixedCalls[] = {"malloc", "calloc",         "realloc",       "free",   "memalign",
                                                      "valloc", "posix_memalign", "aligned_alloc", "pvalloc"};
/// Behind "tc_", where these have many forms, such as tc_new_nothrow.
inline constexpr std::string_view kTcmallocOperators[] = {"new", "newarray", "delete", "deletearray"};
/// Behind "tc_".
inline constexpr std::string_view kTcmallocCalls[] = {
    "malloc",  "malloc_skip_new_handler", "calloc", "realloc", "free", "free_sized", "cfree", "memalign",
    "pvalloc", "posix_memalign",          "valloc"};
/// Behind "mi_", and behind "mi_heap_".
inline constexpr std::string_view kMimallocCalls[] = {"malloc",
                                                      "malloc_aligned",
                                                      "malloc_aligned_at",
                                                      "malloc_small",
                                                      "mallocn",
                                                      "zalloc",
                                                      "zalloc_aligned",
                                                      "zalloc_aligned_at",
                                                      "zalloc_small",
                                                      "calloc",
                                                      "calloc_aligned",
                                                      "calloc_aligned_at",
                                                      "realloc",
                                                      "realloc_aligned",
                                                      "realloc_aligned_at",
                                                      "reallocf",
                                                      "reallocn",
                                                      "reallocarr",
                                                      "reallocarray",
                                                      "recalloc",
                                                      "recalloc_aligned",
                                                      "recalloc_aligned_at",
                                                      "rezalloc",
                                                      "rezalloc_aligned",
                                                      "rezalloc_aligned_at",
                                                      "aligned_alloc",
                                                      "aligned_recalloc",
                                                      "aligned_offset_recalloc",
                                                      "memalign",
                                                      "posix_memalign",
                                                      "valloc",
                                                      "pvalloc",
                                                      "free",
                                                      "cfree",
                                                      "free_size",
                                                      "free_size_aligned",
                                                      "free_aligned",
                                                      "strdup",
                                                      "strndup",
                                                      "mbsdup",
                                                      "wcsdup",
                                                      "dupenv_s",
                                                      "wdupenv_s",
                                                      "realpath",
                                                      "new",
                                                      "new_n",
                                                      "new_nothrow",
                                                      "new_aligned",
                                                      "new_aligned_nothrow",
                                                      "new_realloc",
                                                      "new_reallocn",
                                                      "alloc_new",
                                                      "alloc_new_n",
                                                      "destroy"};

template <std::size_t N>
[[nodiscard]] constexpr bool IsOneOf(const std::string_view (&names)[N], std::string_view name) {
  for (const std::string_view known : names) {
    if (known == name) return true;
  }
  return false;
}

/// Takes `prefix` off the front of `name`; false, and nothing is done, if it does not begin so.
[[nodiscard]] constexpr bool TakeOff(std::string_view prefix, std::string_view& name) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  return true;
}

/// True if `name` makes blocks or gives them back, in a way that only its own allocator knows.
[[nodiscard]] constexpr bool IsAllocatorsOwn(std::string_view name) {
  if (TakeOff("mi_", name)) {
    // mi_heap_new makes a heap, and no block.
    return (TakeOff("heap_", name) && name.starts_with("new")) ? false : IsOneOf(kMimallocCalls, name);
  }
  if (TakeOff("tc_", name)) {
    std::size_t stem = 0;
    while (stem < name.size() && name[stem] != '_') ++stem;
    return IsOneOf(kTcmallocCalls, name) || IsOneOf(kTcmallocOperators, {name.data(), stem});
  }
  if (TakeOff("je_", name)) return IsOneOf(kJemallocCalls, name) || IsOneOf(kPrefixedCalls, name);
  return IsOneOf(kJemallocCalls, name);
}

}  // namespace mqtrack::log
