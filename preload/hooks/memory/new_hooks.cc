// operator new and delete in all their forms.
//
// Those of libstdc++ and libc++ ride on malloc and free: the hooks only jump to them, leaving no frame behind, and the
// malloc below records the block. tcmalloc, jemalloc and mimalloc bring their own that do not call malloc; with them
// each form is recorded here. A C program has none of its own; each plugin in it may then have a different one, and
// gets the one it would have got without us.
//
// The mangled names are defined with C linkage: the recorder is linked without the C++ library.
#include <cstddef>

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/memory/bootstrap_arena.h"
#include "preload/hooks/real_functions.h"

using mqtrack::hooks::FindForCaller;
using mqtrack::hooks::FindNext;
using mqtrack::hooks::HookScope;
using mqtrack::hooks::IsBootstrap;
using mqtrack::hooks::IsOfCxxLibrary;
using mqtrack::hooks::Phase;
using mqtrack::hooks::phase;
using mqtrack::hooks::real;
using mqtrack::hooks::StartOnce;
using mqtrack::recorder::StartFrame;
using mqtrack::recorder::cpu::KeptFrame;

namespace {

using New = void* (*)(std::size_t);
using NewNothrow = void* (*)(std::size_t, const void*);
using AlignedNew = void* (*)(std::size_t, std::size_t);
using AlignedNewNothrow = void* (*)(std::size_t, std::size_t, const void*);

/// The next definition of one form after ours.
template <typename Function>
struct Next {
  const char* symbol;
  Function function = nullptr;  // null: there is none that the whole process shares
  bool rides_on_malloc = false;

  void Resolve() {
    void* address = FindNext(symbol);
    rides_on_malloc = address != nullptr && IsOfCxxLibrary(address);
    function = reinterpret_cast<Function>(address);
  }
  /// What to jump to if nothing is to be recorded here; else null.
  [[nodiscard]] Function JumpTarget(const void* caller) const {
    if (phase == Phase::kCold) StartOnce();
    if (function == nullptr) return reinterpret_cast<Function>(FindForCaller(symbol, caller));
    return rides_on_malloc ? function : nullptr;
  }
};

/// Stands for std::nothrow, which the library functions never look at.
constexpr char kNothrow = 0;

/// The throwing forms are served by the non-throwing real ones, so that no exception passes a hook that holds the
/// guard. Only when those fail is the throwing one called, without the guard: it runs the new-handler and throws.
void* NewThrowing(Next<NewNothrow>& quiet, Next<New>& throwing, std::size_t size, StartFrame frame) {
  if (HookScope hook(frame); hook.records()) {
    if (NewNothrow function = quiet.function) {
      if (void* block = function(size, &kNothrow)) return hook.Record(block, size), block;
    } else {
      void* block = real.malloc(size != 0 ? size : 1);
      return hook.Record(block, size), block;
    }
  }
  New function = throwing.function;
  return function != nullptr ? function(size) : real.malloc(size != 0 ? size : 1);
}

void* AlignedNewThrowing(Next<AlignedNewNothrow>& quiet, Next<AlignedNew>& throwing, std::size_t size,
                         std::size_t alignment, StartFrame frame) {
  if (HookScope hook(frame); hook.records()) {
    if (AlignedNewNothrow function = quiet.function) {
      if (void* block = function(size, alignment, &kNothrow)) return hook.Record(block, size), block;
    } else {
      void* block = real.memalign(alignment, size != 0 ? size : 1);
      return hook.Record(block, size), block;
    }
  }
  AlignedNew function = throwing.function;
  return function != nullptr ? function(size, alignment) : real.memalign(alignment, size != 0 ? size : 1);
}

void* NewQuiet(Next<NewNothrow>& quiet, std::size_t size, StartFrame frame) {
  HookScope hook(frame);
  NewNothrow function = quiet.function;
  void* block = function != nullptr ? function(size, &kNothrow) : real.malloc(size != 0 ? size : 1);
  return hook.Record(block, size), block;
}

void* AlignedNewQuiet(Next<AlignedNewNothrow>& quiet, std::size_t size, std::size_t alignment, StartFrame frame) {
  HookScope hook(frame);
  AlignedNewNothrow function = quiet.function;
  void* block =
      function != nullptr ? function(size, alignment, &kNothrow) : real.memalign(alignment, size != 0 ? size : 1);
  return hook.Record(block, size), block;
}

template <typename Function, typename... Extra>
void Delete(Next<Function>& deletion, void* block, StartFrame frame, Extra... extra) {
  if (block == nullptr || IsBootstrap(block)) return;
  HookScope hook(frame);
  hook.Forget(block);
  Function function = deletion.function;
  if (function != nullptr)
    function(block, extra...);
  else
    real.free(block);
}

constinit Next<New> new_one{"_Znwm"}, new_array{"_Znam"};
constinit Next<NewNothrow> quiet_one{"_ZnwmRKSt9nothrow_t"}, quiet_array{"_ZnamRKSt9nothrow_t"};
constinit Next<AlignedNew> aligned_one{"_ZnwmSt11align_val_t"}, aligned_array{"_ZnamSt11align_val_t"};
constinit Next<AlignedNewNothrow> aligned_quiet_one{"_ZnwmSt11align_val_tRKSt9nothrow_t"},
    aligned_quiet_array{"_ZnamSt11align_val_tRKSt9nothrow_t"};

using Del = void (*)(void*);
using DelSized = void (*)(void*, std::size_t);  // or aligned
using DelSizedAligned = void (*)(void*, std::size_t, std::size_t);
using DelNothrow = void (*)(void*, const void*);
using DelAlignedNothrow = void (*)(void*, std::size_t, const void*);
constinit Next<Del> delete_one{"_ZdlPv"}, delete_array{"_ZdaPv"};
constinit Next<DelSized> sized_one{"_ZdlPvm"}, sized_array{"_ZdaPvm"};
constinit Next<DelSized> delete_aligned_one{"_ZdlPvSt11align_val_t"}, delete_aligned_array{"_ZdaPvSt11align_val_t"};
constinit Next<DelSizedAligned> sized_aligned_one{"_ZdlPvmSt11align_val_t"},
    sized_aligned_array{"_ZdaPvmSt11align_val_t"};
constinit Next<DelNothrow> delete_quiet_one{"_ZdlPvRKSt9nothrow_t"}, delete_quiet_array{"_ZdaPvRKSt9nothrow_t"};
constinit Next<DelAlignedNothrow> delete_aligned_quiet_one{"_ZdlPvSt11align_val_tRKSt9nothrow_t"},
    delete_aligned_quiet_array{"_ZdaPvSt11align_val_tRKSt9nothrow_t"};

template <typename... Functions>
void ResolveAll(Next<Functions>&... next) {
  (next.Resolve(), ...);
}

}  // namespace

void mqtrack::hooks::ResolveNewFunctions() {
  new_one.Resolve();
  if (new_one.function == nullptr) return;  // then there are no others
  ResolveAll(new_array, quiet_one, quiet_array, aligned_one, aligned_array, aligned_quiet_one, aligned_quiet_array,
             delete_one, delete_array, sized_one, sized_array, delete_aligned_one, delete_aligned_array,
             sized_aligned_one, sized_aligned_array, delete_quiet_one, delete_quiet_array, delete_aligned_quiet_one,
             delete_aligned_quiet_array);
}

#pragma GCC visibility push(default)
extern "C" {

void* _Znwm(std::size_t size) {
  if (auto target = new_one.JumpTarget(__builtin_return_address(0))) return target(size);
  const KeptFrame kept;
  return NewThrowing(quiet_one, new_one, size, MQTRACK_HOOK_FRAME);
}
void* _Znam(std::size_t size) {
  if (auto target = new_array.JumpTarget(__builtin_return_address(0))) return target(size);
  const KeptFrame kept;
  return NewThrowing(quiet_array, new_array, size, MQTRACK_HOOK_FRAME);
}
void* _ZnwmRKSt9nothrow_t(std::size_t size, const void* tag) {
  if (auto target = quiet_one.JumpTarget(__builtin_return_address(0))) return target(size, tag);
  const KeptFrame kept;
  return NewQuiet(quiet_one, size, MQTRACK_HOOK_FRAME);
}
void* _ZnamRKSt9nothrow_t(std::size_t size, const void* tag) {
  if (auto target = quiet_array.JumpTarget(__builtin_return_address(0))) return target(size, tag);
  const KeptFrame kept;
  return NewQuiet(quiet_array, size, MQTRACK_HOOK_FRAME);
}
void* _ZnwmSt11align_val_t(std::size_t size, std::size_t alignment) {
  if (auto target = aligned_one.JumpTarget(__builtin_return_address(0))) return target(size, alignment);
  const KeptFrame kept;
  return AlignedNewThrowing(aligned_quiet_one, aligned_one, size, alignment, MQTRACK_HOOK_FRAME);
}
void* _ZnamSt11align_val_t(std::size_t size, std::size_t alignment) {
  if (auto target = aligned_array.JumpTarget(__builtin_return_address(0))) return target(size, alignment);
  const KeptFrame kept;
  return AlignedNewThrowing(aligned_quiet_array, aligned_array, size, alignment, MQTRACK_HOOK_FRAME);
}
void* _ZnwmSt11align_val_tRKSt9nothrow_t(std::size_t size, std::size_t alignment, const void* tag) {
  if (auto target = aligned_quiet_one.JumpTarget(__builtin_return_address(0))) return target(size, alignment, tag);
  const KeptFrame kept;
  return AlignedNewQuiet(aligned_quiet_one, size, alignment, MQTRACK_HOOK_FRAME);
}
void* _ZnamSt11align_val_tRKSt9nothrow_t(std::size_t size, std::size_t alignment, const void* tag) {
  if (auto target = aligned_quiet_array.JumpTarget(__builtin_return_address(0))) return target(size, alignment, tag);
  const KeptFrame kept;
  return AlignedNewQuiet(aligned_quiet_array, size, alignment, MQTRACK_HOOK_FRAME);
}

// One hook per form of delete, each handing on to its own real form.
#define MQTRACK_DELETE(symbol, next, parameters, ...)                                                                \
  void symbol parameters {                                                                                           \
    if (auto target = next.JumpTarget(__builtin_return_address(0))) return target(block __VA_OPT__(, ) __VA_ARGS__); \
    const KeptFrame kept;                                                                                            \
    Delete(next, block, MQTRACK_HOOK_FRAME __VA_OPT__(, ) __VA_ARGS__);                                              \
  }
MQTRACK_DELETE(_ZdlPv, delete_one, (void* block))
MQTRACK_DELETE(_ZdaPv, delete_array, (void* block))
MQTRACK_DELETE(_ZdlPvm, sized_one, (void* block, std::size_t size), size)
MQTRACK_DELETE(_ZdaPvm, sized_array, (void* block, std::size_t size), size)
MQTRACK_DELETE(_ZdlPvRKSt9nothrow_t, delete_quiet_one, (void* block, const void* tag), tag)
MQTRACK_DELETE(_ZdaPvRKSt9nothrow_t, delete_quiet_array, (void* block, const void* tag), tag)
MQTRACK_DELETE(_ZdlPvSt11align_val_t, delete_aligned_one, (void* block, std::size_t alignment), alignment)
MQTRACK_DELETE(_ZdaPvSt11align_val_t, delete_aligned_array, (void* block, std::size_t alignment), alignment)
MQTRACK_DELETE(_ZdlPvmSt11align_val_t, sized_aligned_one, (void* block, std::size_t size, std::size_t alignment), size,
               alignment)
MQTRACK_DELETE(_ZdaPvmSt11align_val_t, sized_aligned_array, (void* block, std::size_t size, std::size_t alignment),
               size, alignment)
MQTRACK_DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, delete_aligned_quiet_one,
               (void* block, std::size_t alignment, const void* tag), alignment, tag)
MQTRACK_DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, delete_aligned_quiet_array,
               (void* block, std::size_t alignment, const void* tag), alignment, tag)
#undef MQTRACK_DELETE

}  // extern "C"
#pragma GCC visibility pop
