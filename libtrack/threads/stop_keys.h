// While threads of another process stand still because of us, nobody may stop us: they would stand still with us.
#pragma once

#include <csignal>

namespace mqtrack::threads {

/// While it lives the signals of the terminal's stop keys wait, on the calling thread and on those that it makes
/// meanwhile. To be made before those: a signal that is sent to a process goes to any of its threads that takes it.
class StopKeysHeld {
 public:
  StopKeysHeld();
  ~StopKeysHeld();
  StopKeysHeld(const StopKeysHeld&) = delete;
  StopKeysHeld& operator=(const StopKeysHeld&) = delete;

  /// Stops here and now if such a key was pressed meanwhile. On any of these threads.
  void Heed() const;

 private:
  sigset_t before_{}, held_{};
};

}  // namespace mqtrack::threads
