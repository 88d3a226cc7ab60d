// Paho C: gives a new will with each connection of one asynchronous client.
#include <MQTTAsync.h>

#include "rounds.h"

static MQTTAsync client;
static volatile int waiting;

static void Done(void* context, MQTTAsync_successData* data) { waiting = 0; }
static void Failed(void* context, MQTTAsync_failureData* data) { abort(); }

static void Wait(void) {
  while (waiting) usleep(1000);
}

void Begin(char** arguments) {
  char uri[64];
  snprintf(uri, sizeof uri, "tcp://127.0.0.1:%s", arguments[0]);
  MQTTAsync_create(&client, uri, "testator", 1 /* no persistence */, NULL);
}

void Round(void) {
  MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
  will.topicName = "clients/testator/state/of/the/connection";
  will.message = "gone, and nobody knows whether it will ever come back, but for the owner of the machine";
  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
  options.will = &will;
  options.onSuccess = Done;
  options.onFailure = Failed;
  waiting = 1;
  if (MQTTAsync_connect(client, &options) != MQTTASYNC_SUCCESS) abort();
  Wait();
  MQTTAsync_disconnectOptions leave = MQTTAsync_disconnectOptions_initializer;
  leave.onSuccess = Done;
  waiting = 1;
  if (MQTTAsync_disconnect(client, &leave) != MQTTASYNC_SUCCESS) abort();
  Wait();
}
