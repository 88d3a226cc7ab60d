// The function of a name behind ours.
#pragma once

#include <dlfcn.h>

namespace mqtrack::crash {

template <typename Type>
class RealFunction;

/// Looked up once, at the first call or by Find: a look-up takes the loader's lock, which a handler must not. Callable
/// only if Find says so.
template <typename Result, typename... Arguments>
class RealFunction<Result(Arguments...)> {
 public:
  constexpr explicit RealFunction(const char* name) : name_(name) {}

  bool Find() {
    if (Known() != nullptr) return true;
    auto* found = reinterpret_cast<Pointer>(::dlsym(RTLD_NEXT, name_));
    __atomic_store_n(&known_, found, __ATOMIC_RELEASE);
    return found != nullptr;
  }
  Result operator()(Arguments... arguments) {
    if (Known() == nullptr) (void)Find();
    return Known()(arguments...);
  }

 private:
  using Pointer = Result (*)(Arguments...);
  [[nodiscard]] Pointer Known() const { return __atomic_load_n(&known_, __ATOMIC_ACQUIRE); }

  const char* name_;
  Pointer known_ = nullptr;
};

}  // namespace mqtrack::crash
