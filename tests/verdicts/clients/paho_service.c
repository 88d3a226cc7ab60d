/* A service on Eclipse Paho C, until a message comes on "end". Usage: paho_service PORT */
#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients/client_work.h"

static MQTTClient client;

static void Subscribe(const char* filter) {
  if (MQTTClient_subscribe(client, filter, 1) != MQTTCLIENT_SUCCESS) exit(1);
}

int main(int argc, char** argv) {
  char uri[64];
  snprintf(uri, sizeof uri, "tcp://127.0.0.1:%s", argc == 2 ? argv[1] : "0");
  if (MQTTClient_create(&client, uri, "service", MQTTCLIENT_PERSISTENCE_NONE, NULL) != MQTTCLIENT_SUCCESS) return 1;
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
  options.keepAliveInterval = 3600;
  if (MQTTClient_connect(client, &options) != MQTTCLIENT_SUCCESS) return 1;
  SubscribeToWork(Subscribe);
  Subscribe("end");
  printf("ready %d\n", (int)getpid());
  fflush(stdout);
  for (int has_ended = 0; !has_ended;) {
    char* topic = NULL;
    int topic_bytes = 0;
    MQTTClient_message* message = NULL;
    if (MQTTClient_receive(client, &topic, &topic_bytes, &message, 1000) < 0) break;
    if (message == NULL) continue;
    has_ended = strcmp(topic, "end") == 0;
    HandleMessage(topic, message->payload, (size_t)message->payloadlen, Subscribe);
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
  }
  MQTTClient_disconnect(client, 1000);
  MQTTClient_destroy(&client);
  return 0;
}
