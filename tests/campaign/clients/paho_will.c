// Paho C: gives a new will with each connection of one asynchronous client.
#include "paho_answer.h"
#include "rounds.h"

static MQTTAsync client;

static void Done(void* context, MQTTAsync_successData* data) { sem_post(&answered); }
static void Failed(void* context, MQTTAsync_failureData* data) { abort(); }

void Begin(char** arguments) {
  PrepareAnswers();
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
  if (MQTTAsync_connect(client, &options) != MQTTASYNC_SUCCESS) abort();
  WaitForAnswer();
  MQTTAsync_disconnectOptions leave = MQTTAsync_disconnectOptions_initializer;
  leave.onSuccess = Done;
  if (MQTTAsync_disconnect(client, &leave) != MQTTASYNC_SUCCESS) abort();
  WaitForAnswer();
}
