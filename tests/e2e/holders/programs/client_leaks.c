/* Leaks of client libraries' users, by what each library's documentation says must be freed and is not. Each is made in
 * a function of its own, whose name begins with lose_. Waits to be looked at, or ends, so that others can say what is
 * lost.
 *
 *   client_leaks PORT wait|end */
#include <MQTTAsync.h>
#include <MQTTClient.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kMessages = 10, kPatienceMs = 1000 };
#define FAR __attribute__((noinline))

static int port;
static char address[64];
static int acknowledged, received;
static struct mosquitto_message* last_message;

static void fail(const char* what, int code) {
  fprintf(stderr, "%s: %d\n", what, code);
  exit(2);
}
static void check(const char* what, int code) {
  if (code != 0) fail(what, code);
}

static void on_acknowledged(struct mosquitto* client, void* data, int packet) {
  (void)client, (void)data, (void)packet;
  ++acknowledged;
}
static void on_subscribed(struct mosquitto* client, void* data, int packet, int count, const int* granted) {
  (void)client, (void)data, (void)packet, (void)count, (void)granted;
  ++acknowledged;
}
/* mosquitto_message_copy: "contents must be freed with mosquitto_message_free_contents". The last one is kept. */
static void on_message(struct mosquitto* client, void* data, const struct mosquitto_message* message) {
  (void)client, (void)data;
  last_message = malloc(sizeof *last_message);
  check("copy", mosquitto_message_copy(last_message, message));
  ++received;
}

static struct mosquitto* connected(const char* id) {
  struct mosquitto* client = mosquitto_new(id, 1, NULL);
  mosquitto_publish_callback_set(client, &on_acknowledged);
  mosquitto_subscribe_callback_set(client, &on_subscribed);
  mosquitto_message_callback_set(client, &on_message);
  check("connect", mosquitto_connect(client, "127.0.0.1", port, 60));
  return client;
}
static void await(struct mosquitto* client, const int* count, int wanted) {
  while (*count < wanted) check("loop", mosquitto_loop(client, kPatienceMs, 1));
}

/* Never destroyed. */
FAR void lose_client(void) {
  struct mosquitto* client = connected("never-destroyed");
  mosquitto_username_pw_set(client, "name", "secret");
  acknowledged = 0;
  check("publish", mosquitto_publish(client, NULL, "nobody/hears", 5, "hello", 1, 0));
  await(client, &acknowledged, 1);
  mosquitto_disconnect(client);
}
FAR void lose_messages(void) {
  struct mosquitto* client = connected("copies-messages");
  acknowledged = received = 0;
  check("subscribe", mosquitto_subscribe(client, NULL, "copies/#", 1));
  await(client, &acknowledged, 1);
  for (int i = 0; i < kMessages; ++i)
    check("publish", mosquitto_publish(client, NULL, "copies/a", 5 + i, "hello and goodbye", 1, 0));
  await(client, &received, kMessages);
  await(client, &acknowledged, 1 + kMessages);
  mosquitto_disconnect(client);
  mosquitto_destroy(client);
}
FAR void lose_tokens(void) {
  char** tokens = NULL;
  int count = 0;
  check("tokens", mosquitto_sub_topic_tokenise("a/topic/of/five/levels", &tokens, &count));
  check("count", count - 5);
}
FAR void lose_properties(void) {
  mosquitto_property* properties = NULL;
  for (int i = 0; i < 4; ++i)
    check("property", mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY, "a name", "a value"));
}

/* Never freed with MQTTClient_freeMessage and MQTTClient_free. */
FAR void lose_received(void) {
  MQTTClient client;
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
  check("create", MQTTClient_create(&client, address, "frees-no-message", MQTTCLIENT_PERSISTENCE_NONE, NULL));
  check("paho connect", MQTTClient_connect(client, &options));
  check("paho subscribe", MQTTClient_subscribe(client, "paho/#", 1));
  for (int i = 0; i < kMessages; ++i) {
    MQTTClient_deliveryToken token;
    check("paho publish",
          MQTTClient_publish(client, "paho/a", 20 + i, "a payload of up to 30 characters", 1, 0, &token));
    check("completion", MQTTClient_waitForCompletion(client, token, 60 * kPatienceMs));
    char* topic = NULL;
    int length = 0;
    MQTTClient_message* message = NULL;
    while (message == NULL) check("receive", MQTTClient_receive(client, &topic, &length, &message, kPatienceMs));
  }
  check("paho disconnect", MQTTClient_disconnect(client, kPatienceMs));
  MQTTClient_destroy(&client);
}
/* Never destroyed. */
FAR void lose_paho_clients(void) {
  MQTTClient client;
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
  check("create", MQTTClient_create(&client, address, "paho-never-destroyed", MQTTCLIENT_PERSISTENCE_NONE, NULL));
  check("paho connect", MQTTClient_connect(client, &options));
  check("paho disconnect", MQTTClient_disconnect(client, kPatienceMs));
  MQTTAsync other;
  check("create", MQTTAsync_create(&other, address, "paho-async", MQTTCLIENT_PERSISTENCE_NONE, NULL));
}
FAR void lose_paho_properties(void) {
  MQTTProperties properties = MQTTProperties_initializer;
  MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};
  property.value.data = (MQTTLenString){6, "a name"};
  property.value.value = (MQTTLenString){7, "a value"};
  for (int i = 0; i < 3; ++i) check("paho property", MQTTProperties_add(&properties, &property));
}

/* So far down that nothing of it is met again. */
static FAR void far_below(void (*work)(void)) {
  volatile char distance[200000];
  distance[0] = 0;
  work();
  (void)distance[1];
}
static FAR void wipe(void) {
  volatile char old[300000];
  for (unsigned i = 0; i < sizeof old; ++i) old[i] = 0;
}

int main(int count, char** arguments) {
  if (count != 3) return 2;
  port = atoi(arguments[1]);
  snprintf(address, sizeof address, "tcp://127.0.0.1:%d", port);
  mosquitto_lib_init();
  void (*const all[])(void) = {&lose_client,   &lose_messages,     &lose_tokens,         &lose_properties,
                               &lose_received, &lose_paho_clients, &lose_paho_properties};
  for (unsigned i = 0; i < sizeof all / sizeof *all; ++i) {
    far_below(all[i]);
    wipe();
  }
  puts("ready");
  fflush(stdout);
  if (strcmp(arguments[2], "wait") == 0) pause();
  return 0;
}
