#include "libtrack/threads/stop_keys.h"

#include <pthread.h>

#include <initializer_list>

namespace mqtrack::threads {

StopKeysHeld::StopKeysHeld() {
  sigset_t keys;
  ::sigemptyset(&keys);
  for (const int signal : {SIGTSTP, SIGTTIN, SIGTTOU}) ::sigaddset(&keys, signal);
  ::pthread_sigmask(SIG_BLOCK, &keys, &before_);
  ::pthread_sigmask(SIG_BLOCK, nullptr, &held_);
}

StopKeysHeld::~StopKeysHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void StopKeysHeld::Heed() const {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &held_, nullptr);
}

}  // namespace mqtrack::threads
