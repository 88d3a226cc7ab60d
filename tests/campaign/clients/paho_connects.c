// Paho C: connects to a host by its name, and leaves, again and again with one client.
#include <MQTTClient.h>

#include "rounds.h"

static MQTTClient client;
static int must_succeed;

void Begin(char** arguments) {
  must_succeed = strcmp(arguments[1], "succeeds") == 0;
  MQTTClient_create(&client, arguments[0], "connects", 1 /* no persistence */, NULL);
}

void Round(void) {
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
  options.connectTimeout = 5;
  if ((MQTTClient_connect(client, &options) == MQTTCLIENT_SUCCESS) != must_succeed) abort();
  if (must_succeed) MQTTClient_disconnect(client, 1000);
}
