// libmosquitto: connects by TLS to a server whose certificate has alternative names, and leaves, again and again.
#include <mosquitto.h>

#include "rounds.h"

static struct mosquitto* client;
static int port;

void Begin(char** arguments) {
  port = atoi(arguments[0]);
  mosquitto_lib_init();
  client = mosquitto_new("verifies", true, NULL);
  char authority[4096];
  snprintf(authority, sizeof authority, "%s/ca.crt", arguments[1]);
  if (mosquitto_tls_set(client, authority, NULL, NULL, NULL, NULL) != MOSQ_ERR_SUCCESS) abort();
  mosquitto_tls_opts_set(client, 1, "tlsv1.2", NULL);
}

void Round(void) {
  if (mosquitto_connect(client, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS) abort();
  mosquitto_disconnect(client);
  while (mosquitto_loop(client, 100, 1) == MOSQ_ERR_SUCCESS) {
  }
}
