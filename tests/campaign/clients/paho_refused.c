// Paho C: an asynchronous client that the broker does not let in asks again and again.
#include "paho_answer.h"
#include "rounds.h"

static MQTTAsync client;

static void Connected(void* context, MQTTAsync_successData* data) { abort(); }
static void Failed(void* context, MQTTAsync_failureData* data) { sem_post(&answered); }

void Begin(char** arguments) {
  PrepareAnswers();
  char uri[64];
  snprintf(uri, sizeof uri, "tcp://127.0.0.1:%s", arguments[0]);
  MQTTAsync_create(&client, uri, "stranger", 1 /* no persistence */, NULL);
}

void Round(void) {
  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
  options.MQTTVersion = 4;
  options.onSuccess = Connected;
  options.onFailure = Failed;
  if (MQTTAsync_connect(client, &options) != MQTTASYNC_SUCCESS) abort();
  WaitForAnswer();
}
