/* Clients and subscriptions of Eclipse Paho C, some of which are left over: what is alive is said on stdout, then it
   waits for the end of stdin. Usage: paho_clients PORT */
#include <MQTTAsync.h>
#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>

static void Check(int result, const char* what) {
  if (result == MQTTCLIENT_SUCCESS) return;
  fprintf(stderr, "cannot %s: %d\n", what, result);
  exit(1);
}

int main(int argc, char** argv) {
  char uri[64];
  snprintf(uri, sizeof uri, "tcp://127.0.0.1:%s", argc == 2 ? argv[1] : "0");

  MQTTClient kept, ended, five;
  Check(MQTTClient_create(&kept, uri, "kept", MQTTCLIENT_PERSISTENCE_NONE, NULL), "create");
  Check(MQTTClient_create(&ended, uri, "ended", MQTTCLIENT_PERSISTENCE_NONE, NULL), "create");
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
  Check(MQTTClient_connect(ended, &options), "connect");
  Check(MQTTClient_subscribe(ended, "ended/1", 1), "subscribe");
  Check(MQTTClient_disconnect(ended, 1000), "disconnect");
  MQTTClient_destroy(&ended);

  options.cleansession = 0;
  for (int round = 0; round < 3; ++round) {
    Check(MQTTClient_connect(kept, &options), "connect");
    Check(MQTTClient_subscribe(kept, "rooms/4/light", 1), "subscribe");
    char fresh[32];
    snprintf(fresh, sizeof fresh, "replies/%d", round);
    Check(MQTTClient_subscribe(kept, fresh, 1), "subscribe"); /* the leak */
    char* several[] = {"several/1", "several/words"};
    int qos[] = {1, 1};
    Check(MQTTClient_subscribeMany(kept, 2, several, qos), "subscribe to two");
    Check(MQTTClient_unsubscribe(kept, "several/words"), "unsubscribe");
    Check(MQTTClient_disconnect(kept, 1000), "disconnect");
  }

  MQTTClient_createOptions five_options = MQTTClient_createOptions_initializer;
  five_options.MQTTVersion = MQTTVERSION_5;
  Check(MQTTClient_createWithOptions(&five, uri, "five", MQTTCLIENT_PERSISTENCE_NONE, NULL, &five_options), "create");
  MQTTClient_connectOptions connect5 = MQTTClient_connectOptions_initializer5;
  MQTTResponse response = MQTTClient_connect5(five, &connect5, NULL, NULL);
  Check(response.reasonCode, "connect");
  MQTTResponse_free(response);
  response = MQTTClient_subscribe5(five, "five/a", 1, NULL, NULL);
  Check(response.reasonCode == MQTTREASONCODE_GRANTED_QOS_1 ? 0 : -1, "subscribe");
  MQTTResponse_free(response);

  MQTTAsync async;
  Check(MQTTAsync_create(&async, uri, "async", MQTTCLIENT_PERSISTENCE_NONE, NULL), "create");
  MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;
  if (MQTTAsync_subscribe(async, "not/connected", 1, &answer) == MQTTASYNC_SUCCESS) return 1;
  puts("ready");
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}
