// Paho C: an asynchronous client that the broker does not let in asks again and again.
#include <MQTTAsync.h>

#include "rounds.h"

static MQTTAsync client;
static volatile int waiting;

static void Connected(void* context, MQTTAsync_successData* data) { abort(); }
static void Failed(void* context, MQTTAsync_failureData* data) { waiting = 0; }

void Begin(char** arguments) {
  char uri[64];
  snprintf(uri, sizeof uri, "tcp://127.0.0.1:%s", arguments[0]);
  MQTTAsync_create(&client, uri, "stranger", 1 /* no persistence */, NULL);
}

void Round(void) {
  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
  options.MQTTVersion = 4;
  options.onSuccess = Connected;
  options.onFailure = Failed;
  waiting = 1;
  if (MQTTAsync_connect(client, &options) != MQTTASYNC_SUCCESS) abort();
  while (waiting) usleep(1000);
}
