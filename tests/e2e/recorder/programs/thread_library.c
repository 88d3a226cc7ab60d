// A plugin that starts a thread.
#include <pthread.h>

void StartThread(void* (*routine)(void*)) {
  pthread_t thread;
  pthread_create(&thread, 0, routine, 0);
}
