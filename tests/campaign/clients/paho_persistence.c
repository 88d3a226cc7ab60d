// Paho C: makes and destroys clients that keep their messages in a folder.
#include <MQTTClient.h>

#include "rounds.h"

static MQTTClient first;
static char* folder;

void Begin(char** arguments) {
  folder = arguments[0];
  MQTTClient_create(&first, "tcp://127.0.0.1:1", "stays", 1 /* no persistence */, NULL);
}

void Round(void) {
  MQTTClient client;
  if (MQTTClient_create(&client, "tcp://127.0.0.1:1", "goes", 0 /* files */, folder) != MQTTCLIENT_SUCCESS) abort();
  MQTTClient_destroy(&client);
}
