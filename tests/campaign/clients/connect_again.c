// libmosquitto: connects one client again and again, without a word in between.
#include <mosquitto.h>

#include "rounds.h"

static struct mosquitto* client;
static int port;

void Begin(char** arguments) {
  port = atoi(arguments[0]);
  mosquitto_lib_init();
  client = mosquitto_new("again", true, NULL);
}

void Round(void) {
  if (mosquitto_connect(client, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS) abort();
  mosquitto_disconnect(client);
  while (mosquitto_loop(client, 100, 1) == MOSQ_ERR_SUCCESS) {
  }
}
