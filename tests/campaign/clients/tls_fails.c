// libmosquitto: wants TLS of a listener that has none, and tries again.
#include <mosquitto.h>

#include "rounds.h"

static struct mosquitto* client;

void Begin(char** arguments) {
  mosquitto_lib_init();
  client = mosquitto_new("fails", true, NULL);
  char authority[4096];
  snprintf(authority, sizeof authority, "%s/ca.crt", arguments[1]);
  if (mosquitto_tls_set(client, authority, NULL, NULL, NULL, NULL) != MOSQ_ERR_SUCCESS) abort();
  mosquitto_connect(client, "127.0.0.1", atoi(arguments[0]), 60);
}

void Round(void) {
  if (mosquitto_reconnect(client) == MOSQ_ERR_SUCCESS) {
    while (mosquitto_loop(client, 100, 1) == MOSQ_ERR_SUCCESS) {
    }
  }
}
