/* Clients and subscriptions of libmosquitto, some of which are left over: what is alive is said on stdout, then it
   waits for the end of stdin. Usage: mosquitto_clients PORT */
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>

static int connected, answers;

static void OnConnect(struct mosquitto* client, void* data, int result) {
  (void)client, (void)data;
  if (result == 0) ++connected;
}
static void OnAnswer(struct mosquitto* client, void* data, int message, int count, const int* granted) {
  (void)client, (void)data, (void)message, (void)count, (void)granted;
  ++answers;
}

static void Check(int result, const char* what) {
  if (result == MOSQ_ERR_SUCCESS) return;
  fprintf(stderr, "cannot %s: %s\n", what, mosquitto_strerror(result));
  exit(1);
}

static void WaitFor(struct mosquitto* client, const int* counter, int value) {
  for (int turns = 0; *counter < value; ++turns) {
    if (turns == 300) Check(MOSQ_ERR_CONN_LOST, "wait any longer");
    Check(mosquitto_loop(client, 100, 1), "talk to the broker");
  }
}

static void Connect(struct mosquitto* client, int port) {
  const int before = connected;
  Check(mosquitto_connect(client, "127.0.0.1", port, 60), "connect");
  WaitFor(client, &connected, before + 1);
}

static void Subscribe(struct mosquitto* client, const char* filter) {
  const int before = answers;
  Check(mosquitto_subscribe(client, NULL, filter, 1), "subscribe");
  WaitFor(client, &answers, before + 1);
}

int main(int argc, char** argv) {
  const int port = argc == 2 ? atoi(argv[1]) : 0;
  mosquitto_lib_init();
  struct mosquitto *kept = mosquitto_new("kept", false, NULL), *clean = mosquitto_new("clean", true, NULL);
  struct mosquitto* ended = mosquitto_new("ended", true, NULL);
  struct mosquitto* generated = mosquitto_new(NULL, true, NULL);
  mosquitto_connect_callback_set(kept, OnConnect);
  mosquitto_subscribe_callback_set(kept, OnAnswer);
  mosquitto_connect_callback_set(clean, OnConnect);
  mosquitto_subscribe_callback_set(clean, OnAnswer);
  mosquitto_destroy(ended);
  if (mosquitto_subscribe(generated, NULL, "never/connected", 0) == MOSQ_ERR_SUCCESS) return 1;

  char* const several[] = {"several/1", "several/words"};
  for (int round = 0; round < 3; ++round) {
    Connect(kept, port);
    Subscribe(kept, "rooms/4/light"); /* the same one again */
    char fresh[32];
    snprintf(fresh, sizeof fresh, "replies/%d", round);
    Subscribe(kept, fresh); /* and one more each time: the leak */
    Check(mosquitto_subscribe_multiple(kept, NULL, 2, several, 1, 0, NULL), "subscribe to two");
    Check(mosquitto_unsubscribe(kept, NULL, "several/words"), "unsubscribe");
    mosquitto_disconnect(kept);

    Connect(clean, port); /* what it had is gone */
    Subscribe(clean, fresh);
    mosquitto_disconnect(clean);
  }
  puts("ready");
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}
