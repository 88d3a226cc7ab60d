// Atomic operations on plain fields of the log, with the orders the protocol of libtrack/log/layout.h needs.
#pragma once

#include <atomic>
#include <cstdint>

namespace mqtrack::recorder {

template <typename T>
inline T LoadAcquire(const T& field) {
  return __atomic_load_n(&field, __ATOMIC_ACQUIRE);
}
template <typename T>
inline T LoadRelaxed(const T& field) {
  return __atomic_load_n(&field, __ATOMIC_RELAXED);
}
template <typename T>
inline void StoreRelease(T& field, T value) {
  __atomic_store_n(&field, value, __ATOMIC_RELEASE);
}
template <typename T>
inline void StoreRelaxed(T& field, T value) {
  __atomic_store_n(&field, value, __ATOMIC_RELAXED);
}
/// Nothing moves across it. ThreadSanitizer knows no fences; a full exchange is one as well.
inline void FullFence() {
#if defined(__SANITIZE_THREAD__)
  static constinit std::uint64_t word = 0;
  (void)__atomic_exchange_n(&word, std::uint64_t{0}, __ATOMIC_SEQ_CST);
#else
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}
/// What was loaded before it was loaded before whatever is loaded after it.
inline void LoadFence() {
#if defined(__SANITIZE_THREAD__)
  FullFence();
#else
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
}
template <typename T>
inline T AddRelaxed(T& field, T value) {
  return __atomic_fetch_add(&field, value, __ATOMIC_RELAXED);
}
template <typename T>
inline T AddAcqRel(T& field, T value) {
  return __atomic_fetch_add(&field, value, __ATOMIC_ACQ_REL);
}
template <typename T>
inline T OrRelaxed(T& field, T bits) {
  return __atomic_fetch_or(&field, bits, __ATOMIC_RELAXED);
}
/// What was there before.
template <typename T>
inline T Exchange(T& field, T value) {
  return __atomic_exchange_n(&field, value, __ATOMIC_ACQ_REL);
}
/// Strong compare-and-swap, acquire-release.
template <typename T>
inline bool Swap(T& field, T expected, T desired) {
  return __atomic_compare_exchange_n(&field, &expected, desired, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

}  // namespace mqtrack::recorder
