// What an asynchronous call of Paho C waits for: its callbacks come on a thread of the library's.
#pragma once

#include <MQTTAsync.h>
#include <semaphore.h>
#include <stdlib.h>

static sem_t answered;

static void PrepareAnswers(void) {
  if (sem_init(&answered, 0, 0) != 0) abort();
}

static void WaitForAnswer(void) {
  while (sem_wait(&answered) != 0) continue;  // a signal came
}
