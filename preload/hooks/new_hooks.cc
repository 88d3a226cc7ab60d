// operator new and delete in all their forms.
//
// Those of libstdc++ and libc++ ride on malloc and free: the hooks only jump to them, leaving no frame behind, and the malloc
// below records the block. tcmalloc, jemalloc and mimalloc bring their own that do not call malloc; with them each form is
// recorded here.
//
// The mangled names are defined with C linkage: the recorder is linked without the C++ library.
#include <cstddef>

#include "preload/hooks/bootstrap_arena.h"
#include "preload/hooks/hook_scope.h"
#include "preload/hooks/real_functions.h"

using mqtrack::hooks::HookScope;
using mqtrack::hooks::IsBootstrap;
using mqtrack::hooks::IsOfCxxLibrary;
using mqtrack::hooks::real;
using mqtrack::hooks::ResolveLate;
using mqtrack::recorder::LiveRecord;

namespace {

using New = void* (*)(std::size_t);
using NewNothrow = void* (*)(std::size_t, const void*);
using AlignedNew = void* (*)(std::size_t, std::size_t);
using AlignedNewNothrow = void* (*)(std::size_t, std::size_t, const void*);

/// A function looked up when the recorder starts or, failing that, when it is first used.
template <typename Function>
struct Late {
  const char* symbol;
  Function function = nullptr;
  bool rides_on_malloc = false;  // valid once `function` is set

  /// Null if the process has none yet. A miss is not final: the C++ library may be loaded later.
  Function Get() {
    Function found = __atomic_load_n(&function, __ATOMIC_ACQUIRE);
    if (found != nullptr) [[likely]] return found;
    void* address = ResolveLate(symbol);
    rides_on_malloc = address != nullptr && IsOfCxxLibrary(address);
    found = reinterpret_cast<Function>(address);
    __atomic_store_n(&function, found, __ATOMIC_RELEASE);
    return found;
  }
  [[nodiscard]] bool OnlyJump() { return Get() != nullptr && rides_on_malloc; }
};

/// Stands for std::nothrow, which the library functions never look at.
constexpr char kNothrow = 0;

/// The throwing forms are served by the non-throwing real ones, so that no exception passes a hook that holds the guard. Only
/// when those fail is the throwing one called, without the guard: it runs the new-handler and throws.
void* NewThrowing(Late<NewNothrow>& quiet, Late<New>& throwing, std::size_t size, const void* frame) {
  if (HookScope hook(frame); hook.records()) {
    if (NewNothrow function = quiet.Get()) {
      if (void* block = function(size, &kNothrow)) return hook.Record(block, size), block;
    } else {
      void* block = real.malloc(size != 0 ? size : 1);
      return hook.Record(block, size), block;
    }
  }
  New function = throwing.Get();
  return function != nullptr ? function(size) : real.malloc(size != 0 ? size : 1);
}

void* AlignedNewThrowing(Late<AlignedNewNothrow>& quiet, Late<AlignedNew>& throwing, std::size_t size, std::size_t alignment,
                         const void* frame) {
  if (HookScope hook(frame); hook.records()) {
    if (AlignedNewNothrow function = quiet.Get()) {
      if (void* block = function(size, alignment, &kNothrow)) return hook.Record(block, size), block;
    } else {
      void* block = real.memalign(alignment, size != 0 ? size : 1);
      return hook.Record(block, size), block;
    }
  }
  AlignedNew function = throwing.Get();
  return function != nullptr ? function(size, alignment) : real.memalign(alignment, size != 0 ? size : 1);
}

void* NewQuiet(Late<NewNothrow>& quiet, std::size_t size, const void* frame) {
  HookScope hook(frame);
  NewNothrow function = quiet.Get();
  void* block = function != nullptr ? function(size, &kNothrow) : real.malloc(size != 0 ? size : 1);
  return hook.Record(block, size), block;
}

void* AlignedNewQuiet(Late<AlignedNewNothrow>& quiet, std::size_t size, std::size_t alignment, const void* frame) {
  HookScope hook(frame);
  AlignedNewNothrow function = quiet.Get();
  void* block = function != nullptr ? function(size, alignment, &kNothrow) : real.memalign(alignment, size != 0 ? size : 1);
  return hook.Record(block, size), block;
}

template <typename Function, typename... Extra>
void Delete(Late<Function>& deletion, void* block, const void* frame, Extra... extra) {
  if (block == nullptr || IsBootstrap(block)) return;
  HookScope hook(frame);
  LiveRecord record;
  hook.Forget(block, record);
  Function function = deletion.Get();
  if (function != nullptr) function(block, extra...);
  else real.free(block);
}

constinit Late<New> new_one{"_Znwm"}, new_array{"_Znam"};
constinit Late<NewNothrow> quiet_one{"_ZnwmRKSt9nothrow_t"}, quiet_array{"_ZnamRKSt9nothrow_t"};
constinit Late<AlignedNew> aligned_one{"_ZnwmSt11align_val_t"}, aligned_array{"_ZnamSt11align_val_t"};
constinit Late<AlignedNewNothrow> aligned_quiet_one{"_ZnwmSt11align_val_tRKSt9nothrow_t"},
    aligned_quiet_array{"_ZnamSt11align_val_tRKSt9nothrow_t"};

}  // namespace

void mqtrack::hooks::ResolveNewFunctions() {
  (void)new_one.Get(), (void)new_array.Get(), (void)quiet_one.Get(), (void)quiet_array.Get();
  (void)aligned_one.Get(), (void)aligned_array.Get(), (void)aligned_quiet_one.Get(), (void)aligned_quiet_array.Get();
}

#pragma GCC visibility push(default)
extern "C" {

void* _Znwm(std::size_t size) {
  if (new_one.OnlyJump()) return new_one.function(size);
  return NewThrowing(quiet_one, new_one, size, MQTRACK_HOOK_FRAME);
}
void* _Znam(std::size_t size) {
  if (new_array.OnlyJump()) return new_array.function(size);
  return NewThrowing(quiet_array, new_array, size, MQTRACK_HOOK_FRAME);
}
void* _ZnwmRKSt9nothrow_t(std::size_t size, const void* tag) {
  if (quiet_one.OnlyJump()) return quiet_one.function(size, tag);
  return NewQuiet(quiet_one, size, MQTRACK_HOOK_FRAME);
}
void* _ZnamRKSt9nothrow_t(std::size_t size, const void* tag) {
  if (quiet_array.OnlyJump()) return quiet_array.function(size, tag);
  return NewQuiet(quiet_array, size, MQTRACK_HOOK_FRAME);
}
void* _ZnwmSt11align_val_t(std::size_t size, std::size_t alignment) {
  if (aligned_one.OnlyJump()) return aligned_one.function(size, alignment);
  return AlignedNewThrowing(aligned_quiet_one, aligned_one, size, alignment, MQTRACK_HOOK_FRAME);
}
void* _ZnamSt11align_val_t(std::size_t size, std::size_t alignment) {
  if (aligned_array.OnlyJump()) return aligned_array.function(size, alignment);
  return AlignedNewThrowing(aligned_quiet_array, aligned_array, size, alignment, MQTRACK_HOOK_FRAME);
}
void* _ZnwmSt11align_val_tRKSt9nothrow_t(std::size_t size, std::size_t alignment, const void* tag) {
  if (aligned_quiet_one.OnlyJump()) return aligned_quiet_one.function(size, alignment, tag);
  return AlignedNewQuiet(aligned_quiet_one, size, alignment, MQTRACK_HOOK_FRAME);
}
void* _ZnamSt11align_val_tRKSt9nothrow_t(std::size_t size, std::size_t alignment, const void* tag) {
  if (aligned_quiet_array.OnlyJump()) return aligned_quiet_array.function(size, alignment, tag);
  return AlignedNewQuiet(aligned_quiet_array, size, alignment, MQTRACK_HOOK_FRAME);
}

// One hook per form of delete, each handing on to its own real form.
#define MQTRACK_DELETE(symbol, parameters, types, ...)                              \
  void symbol parameters {                                                          \
    static constinit Late<void(*) types> deletion{#symbol};                         \
    if (deletion.OnlyJump()) return deletion.function(block __VA_OPT__(, ) __VA_ARGS__); \
    Delete(deletion, block, MQTRACK_HOOK_FRAME __VA_OPT__(, ) __VA_ARGS__);         \
  }
MQTRACK_DELETE(_ZdlPv, (void* block), (void*))
MQTRACK_DELETE(_ZdaPv, (void* block), (void*))
MQTRACK_DELETE(_ZdlPvm, (void* block, std::size_t size), (void*, std::size_t), size)
MQTRACK_DELETE(_ZdaPvm, (void* block, std::size_t size), (void*, std::size_t), size)
MQTRACK_DELETE(_ZdlPvRKSt9nothrow_t, (void* block, const void* tag), (void*, const void*), tag)
MQTRACK_DELETE(_ZdaPvRKSt9nothrow_t, (void* block, const void* tag), (void*, const void*), tag)
MQTRACK_DELETE(_ZdlPvSt11align_val_t, (void* block, std::size_t alignment), (void*, std::size_t), alignment)
MQTRACK_DELETE(_ZdaPvSt11align_val_t, (void* block, std::size_t alignment), (void*, std::size_t), alignment)
MQTRACK_DELETE(_ZdlPvmSt11align_val_t, (void* block, std::size_t size, std::size_t alignment),
               (void*, std::size_t, std::size_t), size, alignment)
MQTRACK_DELETE(_ZdaPvmSt11align_val_t, (void* block, std::size_t size, std::size_t alignment),
               (void*, std::size_t, std::size_t), size, alignment)
MQTRACK_DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void* block, std::size_t alignment, const void* tag),
               (void*, std::size_t, const void*), alignment, tag)
MQTRACK_DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void* block, std::size_t alignment, const void* tag),
               (void*, std::size_t, const void*), alignment, tag)
#undef MQTRACK_DELETE

}  // extern "C"
#pragma GCC visibility pop
