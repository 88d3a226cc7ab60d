/* A service on libmosquitto, until its standard input ends. Usage: mosquitto_service PORT */
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clients/client_work.h"

static struct mosquitto* client;
static int waits_for; /* answers to subscriptions to work */

static void Subscribe(const char* filter) {
  if (mosquitto_subscribe(client, NULL, filter, 1) != MOSQ_ERR_SUCCESS) exit(1);
}

static void OnConnect(struct mosquitto* self, void* unused, int code) {
  (void)self, (void)unused;
  if (code != 0) exit(1);
  waits_for = 3;
  SubscribeToWork(Subscribe);
}

static void OnSubscribe(struct mosquitto* self, void* unused, int message, int count, const int* granted) {
  (void)self, (void)unused, (void)message, (void)count, (void)granted;
  if (waits_for == 0 || --waits_for != 0) return;
  printf("ready %d\n", (int)getpid());
  fflush(stdout);
}

static void OnMessage(struct mosquitto* self, void* unused, const struct mosquitto_message* message) {
  (void)self, (void)unused;
  HandleMessage(message->topic, message->payload, (size_t)message->payloadlen, Subscribe);
}

int main(int argc, char** argv) {
  mosquitto_lib_init();
  client = mosquitto_new("service", true, NULL);
  if (argc != 2 || client == NULL) return 1;
  mosquitto_connect_callback_set(client, OnConnect);
  mosquitto_subscribe_callback_set(client, OnSubscribe);
  mosquitto_message_callback_set(client, OnMessage);
  if (mosquitto_connect(client, "127.0.0.1", atoi(argv[1]), 3600) != MOSQ_ERR_SUCCESS) return 1;
  if (mosquitto_loop_start(client) != MOSQ_ERR_SUCCESS) return 1;
  while (getchar() != EOF) continue;
  mosquitto_disconnect(client);
  mosquitto_loop_stop(client, false);
  mosquitto_destroy(client);
  mosquitto_lib_cleanup();
  return 0;
}
