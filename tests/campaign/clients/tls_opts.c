// libmosquitto: sets the options of TLS before each of many connections with one client.
#include <mosquitto.h>

#include "rounds.h"

static struct mosquitto* client;

void Begin(char** arguments) {
  (void)arguments;
  mosquitto_lib_init();
  client = mosquitto_new("options", true, NULL);
}

void Round(void) {
  if (mosquitto_tls_opts_set(client, 1, "tlsv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384") != MOSQ_ERR_SUCCESS) abort();
}
