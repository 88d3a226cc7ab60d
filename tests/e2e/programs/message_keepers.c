/* Three clients in one service, two of libmosquitto and one of Paho C, each of which keeps 1,000 bytes of every message
   it gets. Says "ready" when all are subscribed to keep/ID/#, and "kept N" after each message; ends when its standard
   input does. Usage: message_keepers PORT [CAFILE], with TLS if there is a CAFILE. */
#include <MQTTClient.h>
#include <mosquitto.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_int subscribed, kept;
static void* volatile last;

static void Check(int result, const char* what) {
  if (result == 0) return;
  fprintf(stderr, "cannot %s: %d\n", what, result);
  exit(1);
}

static void Keep(void) {
  last = malloc(1000);
  printf("kept %d\n", atomic_fetch_add(&kept, 1) + 1);
  fflush(stdout);
}

static void OnConnect(struct mosquitto* client, void* filter, int result) {
  Check(result, "connect");
  Check(mosquitto_subscribe(client, NULL, filter, 1), "subscribe");
}
static void OnSubscribed(struct mosquitto* client, void* filter, int message, int count, const int* granted) {
  (void)client, (void)filter, (void)message, (void)count, (void)granted;
  ++subscribed;
}
static void OnMessage(struct mosquitto* client, void* filter, const struct mosquitto_message* message) {
  (void)client, (void)filter, (void)message;
  Keep();
}
static void StartMosquitto(const char* id, char* filter, int port, const char* ca_file) {
  struct mosquitto* client = mosquitto_new(id, true, filter);
  mosquitto_connect_callback_set(client, OnConnect);
  mosquitto_subscribe_callback_set(client, OnSubscribed);
  mosquitto_message_callback_set(client, OnMessage);
  if (ca_file != NULL) {
    Check(mosquitto_tls_set(client, ca_file, NULL, NULL, NULL, NULL), "use TLS");
    Check(mosquitto_tls_insecure_set(client, true), "accept any name");
  }
  Check(mosquitto_connect(client, "127.0.0.1", port, 60), "connect");
  Check(mosquitto_loop_start(client), "start a thread");
}

static int OnArrival(void* context, char* topic, int topic_bytes, MQTTClient_message* message) {
  (void)context, (void)topic_bytes;
  Keep();
  MQTTClient_freeMessage(&message);
  MQTTClient_free(topic);
  return 1;
}
static void StartPaho(const char* id, const char* filter, const char* port, const char* ca_file) {
  char uri[64];
  snprintf(uri, sizeof uri, "%s://127.0.0.1:%s", ca_file != NULL ? "ssl" : "tcp", port);
  MQTTClient client;
  Check(MQTTClient_create(&client, uri, id, MQTTCLIENT_PERSISTENCE_NONE, NULL), "create");
  Check(MQTTClient_setCallbacks(client, NULL, NULL, OnArrival, NULL), "set callbacks");
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
  MQTTClient_SSLOptions ssl = MQTTClient_SSLOptions_initializer;
  ssl.enableServerCertAuth = 0;
  if (ca_file != NULL) options.ssl = &ssl;
  Check(MQTTClient_connect(client, &options), "connect");
  Check(MQTTClient_subscribe(client, filter, 1), "subscribe");
}

int main(int argc, char** argv) {
  const char* port = argc > 1 ? argv[1] : "0";
  const char* ca_file = argc > 2 ? argv[2] : NULL;
  mosquitto_lib_init();
  StartMosquitto("keeper-a", (char*)"keep/keeper-a/#", atoi(port), ca_file);
  StartMosquitto("keeper-b", (char*)"keep/keeper-b/#", atoi(port), ca_file);
  StartPaho("keeper-c", "keep/keeper-c/#", port, ca_file);
  while (subscribed < 2) continue;
  puts("ready");
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}
