// A client of libmosquitto that comes back whenever its connection ends, and loses memory on each way back
// (returning_ways.h).
#include <mosquitto.h>
#include <stdbool.h>
#include <stdio.h>

#include "returning_ways.h"

WAY(OnProtocolError, 127)

static void Connected(struct mosquitto* client, void* data, int code) {
  (void)data;
  if (code != 0) {
    OnRefused();
    return;
  }
  OnLetIn();
  mosquitto_subscribe(client, NULL, "returning/#", 1);
}

static void Disconnected(struct mosquitto* client, void* data, int code) {
  (void)client, (void)data;
  if (code != 0) OnLost();
}

// One message at a time: a queue that the broker does not keep up with would be no leak of the way back.
static bool is_unanswered;

static void Published(struct mosquitto* client, void* data, int id) {
  (void)client, (void)data, (void)id;
  is_unanswered = false;
}

static void Subscribed(struct mosquitto* client, void* data, int id, int count, const int* granted) {
  (void)client, (void)data, (void)id, (void)count, (void)granted;
  OnSubscribed();
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  PrepareToEnd();
  mosquitto_lib_init();
  struct mosquitto* client = mosquitto_new("returning", true, NULL);
  if (client == NULL) return 1;
  mosquitto_connect_callback_set(client, Connected);
  mosquitto_disconnect_callback_set(client, Disconnected);
  mosquitto_subscribe_callback_set(client, Subscribed);
  mosquitto_publish_callback_set(client, Published);
  mosquitto_connect(client, argv[1], atoi(argv[2]), 60);
  while (!is_over) {
    const int result = mosquitto_loop(client, 20, 1);
    if (result == MOSQ_ERR_SUCCESS) {
      if (!is_unanswered) is_unanswered = mosquitto_publish(client, NULL, "returning/t", 1, "m", 1, false) == 0;
      continue;
    }
    OnFailedLoop();
    if (result == MOSQ_ERR_PROTOCOL || result == MOSQ_ERR_MALFORMED_PACKET) OnProtocolError();
    WaitABit();
    mosquitto_reconnect(client);
  }
  mosquitto_destroy(client);
  mosquitto_lib_cleanup();
  return 0;
}
