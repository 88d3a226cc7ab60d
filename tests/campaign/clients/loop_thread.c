// libmosquitto: clients with a thread of the library's own, each of which leaves before its thread is waited for.
#include <dirent.h>
#include <mosquitto.h>

#include "rounds.h"

static int port;

static int Threads(void) {
  int count = 0;
  DIR* tasks = opendir("/proc/self/task");
  while (readdir(tasks) != NULL) ++count;
  closedir(tasks);
  return count - 2;
}

static void OnConnect(struct mosquitto* client, void* data, int result) { mosquitto_disconnect(client); }

void Begin(char** arguments) {
  port = atoi(arguments[0]);
  mosquitto_lib_init();
}

void Round(void) {
  struct mosquitto* client = mosquitto_new(NULL, true, NULL);
  mosquitto_connect_callback_set(client, OnConnect);
  if (mosquitto_connect(client, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS) abort();
  if (mosquitto_loop_start(client) != MOSQ_ERR_SUCCESS) abort();
  while (Threads() > 1) usleep(1000);
  mosquitto_loop_stop(client, false);
  mosquitto_destroy(client);
}
