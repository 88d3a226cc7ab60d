// A client of Eclipse Paho C that comes back whenever its connection ends, and loses memory on each way back
// (returning_ways.h). In one thread, which runs the library's code.
#include <MQTTClient.h>
#include <stdio.h>

#include "returning_ways.h"

// Until it loses the connection.
static void Serve(MQTTClient client) {
  if (MQTTClient_subscribe(client, "elsewhere/#", 1) != MQTTCLIENT_SUCCESS) return;
  OnSubscribed();
  while (!is_over) {
    // One message at a time: a queue that the broker does not keep up with would be no leak of the way back.
    MQTTClient_deliveryToken token;
    const int sent = MQTTClient_publish(client, "returning/t", 1, "m", 1, 0, &token);
    if (sent == MQTTCLIENT_SUCCESS && MQTTClient_waitForCompletion(client, token, 10000) == MQTTCLIENT_SUCCESS) continue;
    OnLost();
    return;
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  PrepareToEnd();
  char uri[64];
  snprintf(uri, sizeof uri, "tcp://%s:%s", argv[1], argv[2]);
  MQTTClient client;
  if (MQTTClient_create(&client, uri, "returning", MQTTCLIENT_PERSISTENCE_NONE, NULL) != MQTTCLIENT_SUCCESS) return 1;
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
  options.MQTTVersion = MQTTVERSION_3_1_1;
  options.cleansession = 1;
  while (!is_over) {
    const int result = MQTTClient_connect(client, &options);
    if (result == MQTTCLIENT_SUCCESS) {
      OnLetIn();
      Serve(client);
      MQTTClient_disconnect(client, 0);
    } else if (result > 0) {
      OnRefused();
    } else {
      OnFailedLoop();
    }
    WaitABit();
  }
  MQTTClient_destroy(&client);
  return 0;
}
